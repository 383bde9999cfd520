// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from '../helpers/eventually.mjs';
import { programs } from '../helpers/programs.mjs';
import { ownTmpdir } from '../helpers/temporary.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const temporary = ownTmpdir();

/** The demo without its set-up. Its group is its own, so that it can be interrupted as a terminal does it. */
const demo = (env = {}) =>
  spawn('scripts/node', ['24', 'scripts/demo.mjs'], {
    cwd: ROOT,
    detached: true,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });

async function leavesNothing() {
  await eventually(async () => (await readdir(temporary)).length === 0, 'its temporary directory removed');
  // A service of core's own ends a moment after its host, when it sees its input end.
  await eventually(async () => (await programs(temporary, 'environ')).length === 0, 'its programs ended');
}

for (const [title, env] of [
  ['the demo', {}],
  ['the demo without a root of its own', { SBX_NO_ISOLATION: '1' }],
]) {
  test(`${title} does all that the documentation says, in plain lines here, and leaves nothing`, async () => {
    const child = demo(env);
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    assert.equal(code, 0, output);
    assert.match(output, /root of its own: \/app|temporary basePath/);
    const steps = [
      'run-command',
      'create-process',
      'list-processes',
      'get-process-logs',
      'stop-process',
      'kill-process',
      'send-input',
      '--help',
    ];
    for (const step of steps) assert.match(output, new RegExp(`^✔ agentos-sandbox ${step}.* \\d+(\\.\\d)? m?s$`, 'm'));
    assert.match(output, /"stdout":"hello\\n"/);
    assert.match(output, /you said yes/);
    assert.match(output, /begun\\ndone\\n.*"durationMs":3[1-9]\d{3}/);
    assert.doesNotMatch(output, /\x1b|✖/);
    await leavesNothing();
  });
}

test('interrupted, it clears up and says so', async () => {
  for (const after of [1, 2, 6]) {
    const child = demo();
    let lines = 0;
    const output = [];
    createInterface(child.stdout).on('line', (line) => {
      output.push(line);
      if (line.startsWith('✔') && ++lines === after) process.kill(-child.pid, 'SIGINT');
    });
    const [code] = await once(child, 'exit');
    assert.equal(code, 130, output.join('\n'));
    await leavesNothing();
  }
});
