// lazy.js: a client that is a function: the sandbox starts when the first operation needs it, once however many wait,
// for every file system and toolkit that was given the same function. The addon keeps the operations that wait.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

const { setTimeout, clearTimeout } = require('node:timers'); // now: a test may put others in their place
const binding = require('./load.js');

const sandboxes = new WeakMap(); // by their function

// What stands for the client in the addon.
class Sandbox {
  #start;
  #starting = false;
  #timer; // of the deadline that is next; undefined: nothing waits
  #due = Infinity; // when that is, on the clock of performance.now

  constructor(start) {
    this.#start = start;
    binding.makeLazy(this);
  }

  // The addon's: an operation waits, `ms` at most.
  need(ms) {
    const due = performance.now() + ms;
    if (due < this.#due) this.#expireAt(due);
    if (!this.#starting) this.#begin();
  }

  async #begin() {
    this.#starting = true;
    let end;
    await undefined; // nothing of the user's runs within the addon's call
    try {
      const client = await (0, this.#start)();
      end = () => binding.lazyStarted(this, client);
    } catch (error) {
      end = () => binding.lazyFailed(this, error);
    }
    this.#starting = false; // before what has waited goes on: it may need the sandbox again
    this.#expireAt(Infinity);
    try {
      end();
    } catch (error) {
      binding.lazyFailed(this, error); // it is no client
    }
  }

  #expireAt(due) {
    clearTimeout(this.#timer);
    this.#due = due;
    const wait = () => setTimeout(() => this.#expire(), Math.max(0, due - performance.now()));
    this.#timer = due === Infinity ? undefined : wait();
  }

  #expire() {
    this.#expireAt(Infinity);
    const ms = binding.lazyExpire(this);
    if (ms >= 0) this.#expireAt(performance.now() + ms);
  }
}

/** The options as the addon takes them: where the client is a function, what stands for it. */
function withSandbox(options) {
  if (options === null || typeof options !== 'object') return options;
  const { client } = options;
  if (typeof client !== 'function') return options;
  if (!sandboxes.has(client)) sandboxes.set(client, new Sandbox(client));
  return { ...options, client: sandboxes.get(client) };
}

module.exports = { withSandbox };
