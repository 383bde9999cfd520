// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSandboxFs } from '@rivet-dev/agent-os-sandbox';
import { expectTypeError } from '../helpers/expect.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, open, proxied } = await suite();
const { client } = sandbox;

const NO_STRINGS = [undefined, null, 5, true, {}, [], Symbol('s'), Buffer.from('/x'), new URL('file:///x'), () => '/x'];

test('options of the companion that are none', async () => {
  const make = (companion) => () => createSandboxFs({ client: sandbox.client, companion });
  await expectTypeError(make({ path: '/x', paht: '/y' }), /"paht" is unknown/, 'ERR_INVALID_ARG_VALUE');
  await expectTypeError(make({}), /companion\.path/);
});

test('no options, and options that are no object', async () => {
  for (const options of [undefined, null, 5, 'x', true, Symbol('s')])
    await expectTypeError(() => createSandboxFs(options), /options/);
});

test('a client that is missing, or is no client', async () => {
  for (const wrong of [
    undefined,
    null,
    5,
    'http://127.0.0.1',
    {},
    [],
    { baseUrl: 5 },
    Promise.resolve(client),
  ])
    await expectTypeError(() => createSandboxFs({ client: wrong }), /client/);
});

test('an option of the wrong type says what was expected', async () => {
  const wrong = {
    basePath: [5, null, {}, true],
    timeoutMs: ['1', null, {}, true],
    readOnly: [1, null, 'yes'],
    maxFullReadBytes: ['1', null, {}],
  };
  for (const [option, values] of Object.entries(wrong))
    for (const value of values)
      await expectTypeError(() => createSandboxFs({ client, [option]: value }), new RegExp(option));
});

test('a number that is no time or no size', async () => {
  for (const option of ['timeoutMs', 'maxFullReadBytes'])
    for (const value of [-1, NaN, 0.5, -Infinity])
      await assert.rejects(
        async () => createSandboxFs({ client, [option]: value }),
        (error) => {
          assert.match(error.code, /^ERR_(OUT_OF_RANGE|INVALID_ARG_VALUE)$/);
          assert.match(error.message, new RegExp(option));
          return true;
        },
      );
});

test('an option that is undefined is one that is not given', async () => {
  const { fs } = await open({ timeoutMs: undefined, readOnly: undefined, maxFullReadBytes: undefined });
  await fs.writeFile('/x', '');
});

test('an unknown option is named', async () => {
  for (const option of ['basepath', 'timeout', 'path'])
    await expectTypeError(
      () => createSandboxFs({ client, [option]: '/' }),
      new RegExp(`\\b${option}\\b`),
      'ERR_INVALID_ARG_VALUE',
    );
});

test('a basePath that can be no path', async () => {
  for (const basePath of ['a\0b', '\ud800'])
    await assert.rejects(async () => createSandboxFs({ client, basePath }), Error);
});

const PATH_METHODS = {
  readFile: [],
  readTextFile: [],
  readDir: [],
  readDirWithTypes: [],
  readDirStat: [],
  writeFile: ['x'],
  createDir: [],
  mkdir: [],
  exists: [],
  stat: [],
  lstat: [],
  removeFile: [],
  removeDir: [],
  rename: ['/x'],
  realpath: [],
  symlink: ['/x'],
  readlink: [],
  link: ['/x'],
  chmod: [0o644],
  chown: [1, 1],
  utimes: [1, 1],
  truncate: [1],
  pread: [0, 1],
  pwrite: [0, Buffer.from('x')],
  copy: ['/x'],
  statfs: [],
};

test('a path that is no string is a rejected TypeError, and nothing is sent', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await open({ client });
  for (const [method, rest] of Object.entries(PATH_METHODS)) {
    assert.equal(typeof fs[method], 'function', method);
    for (const wrong of NO_STRINGS) {
      const promise = fs[method](wrong, ...rest);
      assert.ok(promise instanceof Promise, `${method} rejects, it does not throw`);
      await expectTypeError(promise, /string/);
    }
  }
  for (const method of ['rename', 'link', 'symlink', 'copy']) await expectTypeError(fs[method]('/x', 5), /string/);
  for (const wrong of NO_STRINGS) await expectTypeError(() => fs.prepareOpenSync(wrong, 0), /string/);
  assert.equal(await proxy.count(), 0);
});

test('the other arguments are looked at too, and nothing is sent', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await open({ client });
  for (const content of [undefined, null, 5, true, {}, [1, 2], Symbol('s'), new Date()]) {
    await expectTypeError(fs.writeFile('/x', content), /string/);
    await expectTypeError(fs.pwrite('/x', 0, content), /Uint8Array|view/);
  }
  for (const wrong of ['1', null, undefined, {}]) {
    await expectTypeError(fs.pread('/x', wrong, 1), /number/);
    await expectTypeError(fs.pread('/x', 0, wrong), /number/);
    await expectTypeError(fs.pwrite('/x', wrong, Buffer.from('x')), /number/);
    await expectTypeError(fs.truncate('/x', wrong), /number/);
    await expectTypeError(fs.chmod('/x', wrong), /number/);
    await expectTypeError(() => fs.prepareOpenSync('/x', wrong), /number/);
  }
  for (const [method, ...args] of [
    ['pread', -1, 1],
    ['pread', 0, -1],
    ['pread', 0.5, 1],
    ['pread', NaN, 1],
    ['truncate', -1],
    ['truncate', 1.5],
  ])
    await assert.rejects(fs[method]('/x', ...args), (error) =>
      /^(ERR_OUT_OF_RANGE|ERR_INVALID_ARG_VALUE|EINVAL)$/.test(error.code),
    );
  for (const options of [5, 'recursive', { recursive: 'yes' }, { recursive: 1 }])
    await expectTypeError(fs.mkdir('/x', options), /recursive|options/);
  assert.equal(await proxy.count(), 0);
});
