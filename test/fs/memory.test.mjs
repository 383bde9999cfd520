// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSandboxFs } from '@rivet-dev/agent-os-sandbox';
import { suite } from '../helpers/suite.mjs';

const { sandbox } = await suite();

/** A client that does something whenever its token is read: user code that runs in the middle of a call. */
function meddling(meddle) {
  return {
    baseUrl: sandbox.baseUrl,
    get token() {
      meddle();
      return sandbox.token;
    },
  };
}

const taken = (buffer) => structuredClone(buffer, { transfer: [buffer] });

for (const [way, meddle] of [
  ['transferred', (view) => taken(view.buffer)],
  ['resized', (view) => view.buffer.resize(0)],
])
  test(`a buffer that is ${way} while the client is read does no harm`, async () => {
    const basePath = await sandbox.directory();
    let view;
    let armed = false;
    const fs = createSandboxFs({ client: meddling(() => armed && meddle(view)), basePath });
    for (let i = 0; i < 20; i++) {
      view = new Uint8Array(new ArrayBuffer(2 ** 20, { maxByteLength: 2 ** 20 })).fill(1);
      armed = true;
      // What was taken away is refused, or written as what is left of it: nothing.
      const written = await fs.writeFile('/file', view).then(() => true, (error) => error.code);
      armed = false;
      assert.ok(written === true || written === 'ERR_INVALID_ARG_TYPE', String(written));
      if (written === true) assert.equal((await fs.readFile('/file')).length, 0);
    }
    await fs.close();
  });

test('a client that closes its file system while it is read has it closed', async () => {
  let fs;
  let armed = false;
  fs = createSandboxFs({ client: meddling(() => armed && fs.close()) });
  armed = true;
  await assert.rejects(fs.stat('/'), { code: 'EBADF' });
});
