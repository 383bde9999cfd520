// expect.mjs: what an error of the addon looks like, in one place.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import util from 'node:util';

/** Linux's numbers and libuv's words, whatever host the test runs on. */
const LINUX = new Map([...util.getSystemErrorMap()].map(([number, [code, text]]) => [code, { number, text }]));

/** The rejection of a promise, or what a function throws; fails where there is none. */
export async function rejection(action) {
  try {
    await (typeof action === 'function' ? action() : action);
  } catch (error) {
    return error;
  }
  assert.fail('it succeeded');
}

/**
 * A system error of Node's kind: its code (one of those, where several are allowed), Linux's errno, Node's
 * word for the call, the path (and `dest`, of two) unless it is not given here; and the message that is made
 * from them. `hint` is what stands behind it, `cause` the server's own words.
 * @param {Promise<unknown> | (() => unknown)} action
 * @param {{ code: string | string[], syscall: string, path?: string, dest?: string, cause?: RegExp, hint?: RegExp }} expected
 */
export async function expectError(action, { code, syscall, path, dest, cause, hint }) {
  const error = await rejection(action);
  assert.ok(error instanceof Error, `an Error, not ${util.inspect(error)}`);
  const shown = util.inspect(error);
  assert.ok([code].flat().includes(error.code), shown);
  const { number, text } = LINUX.get(error.code);
  assert.equal(error.errno, number, shown);
  assert.equal(error.syscall, syscall, shown);
  if (path !== undefined) assert.equal(error.path, path, shown);
  if (path !== undefined) assert.equal(error.dest, dest, shown);
  const paths = [error.path, error.dest].filter((name) => name !== undefined).map((name) => `'${name}'`);
  const message = `${error.code}: ${text}, ${[syscall, paths.join(' -> ')].filter(Boolean).join(' ')}`;
  assert.equal(hint ? error.message.slice(0, message.length) : error.message, message, shown);
  if (hint) assert.match(error.message.slice(message.length), hint);
  if (cause) {
    assert.ok(error.cause instanceof Error, `a cause that is an Error, not ${util.inspect(error.cause)}`);
    assert.match(error.cause.message, cause);
  }
  return error;
}

/** A TypeError for an argument of the wrong type, or, with `code`, of the wrong value. */
export async function expectTypeError(action, words, code = 'ERR_INVALID_ARG_TYPE') {
  const error = await rejection(action);
  assert.ok(error instanceof TypeError, util.inspect(error));
  assert.equal(error.code, code);
  assert.match(error.message, words);
  return error;
}
