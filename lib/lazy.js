// lazy.js: a client that is a function: the sandbox starts when the first operation needs it, once however many wait,
// for every file system and toolkit that was given the same function. The addon keeps the operations that wait.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

const { setTimeout, clearTimeout } = require('node:timers'); // now: a test may put others in their place
const binding = require('./load.js');
const { typeError, rangeError, valueError } = require('./usage.js');

const sandboxes = new WeakMap(); // by their function

// What stands for the client in the addon.
class Sandbox {
  #start;
  #starting = false;
  #timer; // of the deadline that is next; undefined: nothing waits
  #due = Infinity; // when that is, on the clock of performance.now
  #idle; // { idleTimeoutMs, onIdle }; undefined: it is left running
  #client; // while it is there, where #idle is
  #watch; // timer
  #ending; // promise of onIdle

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
    await this.#ending; // in any case nothing of the user's runs within the addon's call
    try {
      const client = await (0, this.#start)();
      end = () => {
        binding.lazyStarted(this, client);
        this.#client = client;
        this.#watchFor();
      };
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

  setIdle(idle) {
    if (this.#idle !== undefined && (this.#idle.onIdle !== idle.onIdle || this.#idle.idleTimeoutMs !== idle.idleTimeoutMs))
      throw valueError('The options "idleTimeoutMs" and "onIdle" were given otherwise with the same client');
    this.#idle = idle;
    this.#watchFor();
  }

  #watchFor(ms = this.#idle?.idleTimeoutMs) {
    clearTimeout(this.#watch);
    if (ms === undefined || this.#client === undefined) return;
    this.#watch = setTimeout(() => this.#look(this.#client), ms);
    this.#watch.unref();
  }

  // How long it is not idle yet, in ms; undefined: there is no client.
  #left() {
    const idle = binding.lazyIdleMs(this);
    return idle < 0 ? undefined : Math.max(0, this.#idle.idleTimeoutMs - idle);
  }

  async #look(client) {
    if (this.#left() === 0 && (await runsSomething(client))) return this.#watchFor();
    if (client !== this.#client) return undefined; // another one meanwhile, with a timer of its own
    const left = this.#left();
    if (left === undefined) this.#client = undefined;
    else if (left > 0) this.#watchFor(left);
    else this.#end(client);
    return undefined;
  }

  #end(client) {
    binding.lazyForget(this);
    this.#client = undefined;
    const tell = (error) => process.emitWarning(error instanceof Error ? error : String(error));
    this.#ending = Promise.resolve(client).then(this.#idle.onIdle).catch(tell);
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

// A program that has no place among the server's processes is not in its list: it runs while its supervisor does, which has
// the name of its record as an argument.
const SUPERVISES = "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -qxE 'run-[0-9a-f]{16}'";

// Whether a process of the sandbox runs, or that cannot be found out.
async function runsSomething(client) {
  const toolkit = binding.createSandboxToolkit({ client, companion: false });
  try {
    const { processes } = await toolkit.tools['list-processes'].execute({});
    if (processes.some(({ status }) => status === 'running')) return true;
    return (await toolkit.tools['run-command'].execute({ command: 'sh', args: ['-c', SUPERVISES] })).exitCode === 0;
  } catch (error) {
    return error.code !== 'ENOENT'; // without a shell there is no supervisor
  } finally {
    await toolkit.close();
  }
}

function readIdle(client, { idleTimeoutMs, onIdle }) {
  if (typeof client !== 'function') throw valueError('"options.idleTimeoutMs" and "onIdle" need a client that is a function');
  if (typeof idleTimeoutMs !== 'number') throw typeError('"options.idleTimeoutMs" property', 'of type number', idleTimeoutMs);
  if (!(idleTimeoutMs >= 1 && idleTimeoutMs < 2 ** 31)) throw rangeError('"options.idleTimeoutMs" property', '1 to 2147483647 ms');
  if (typeof onIdle !== 'function') throw typeError('"options.onIdle" property', 'of type function', onIdle);
  return { idleTimeoutMs, onIdle };
}

/** The options as the addon takes them: where the client is a function, what stands for it. */
function withSandbox(options) {
  if (options === null || typeof options !== 'object') return options;
  const { client, idleTimeoutMs, onIdle, ...rest } = options;
  const idle = idleTimeoutMs === undefined && onIdle === undefined ? undefined : readIdle(client, { idleTimeoutMs, onIdle });
  if (typeof client !== 'function') return { client, ...rest };
  if (!sandboxes.has(client)) sandboxes.set(client, new Sandbox(client));
  const sandbox = sandboxes.get(client);
  if (idle !== undefined) sandbox.setIdle(idle);
  return { ...rest, client: sandbox };
}

module.exports = { withSandbox };
