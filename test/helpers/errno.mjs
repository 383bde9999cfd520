// errno.mjs: calls that must fail, made by the driver and by a program of the sandbox.
//
// A call is [code, function, arguments, method]: Node's function and the driver's method where that has another name.
// Of an argument that begins with "@" that is a directory.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { rejection } from './expect.mjs';

const PROGRAM = `
const fs = require('node:fs');
const codes = JSON.parse(Buffer.from(process.argv[1], 'base64')).map(([name, args]) => {
  try { fs[name + 'Sync'](...args); return 'none'; } catch (error) { return error.code; }
});
console.log(JSON.stringify(codes));`;

const place = (args, base) => args.map((arg) => (typeof arg === 'string' && arg[0] === '@' ? base + arg.slice(1) : arg));

/** The calls as lines to compare, each with the code of the table, or with those given. */
export const shown = (calls, codes = calls.map(([code]) => code)) =>
  calls.map(([, name, args], i) => `${codes[i]} ${name} ${args.join(' ').slice(0, 60)}`);

/** The same lines, with the codes that a program of the sandbox gets. */
export async function onLinux(sandbox, base, calls) {
  const request = JSON.stringify(calls.map(([, name, args]) => [name, place(args, base)]));
  const args = ['-e', PROGRAM, Buffer.from(request).toString('base64')];
  const { stdout, stderr } = await sandbox.client.runProcess({ command: 'node', args });
  assert.equal(stderr, '');
  return shown(calls, JSON.parse(stdout));
}

/** The same lines, with the codes that the driver's methods reject with. */
export async function byDriver(fs, base, calls) {
  const codes = [];
  for (const [, name, args, method = name] of calls) {
    const error = await rejection(fs[method](...place(args, base)));
    assert.equal(error.path === undefined, false, method);
    codes.push(error.code);
  }
  return shown(calls, codes);
}
