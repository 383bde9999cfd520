// companion.test.mjs: no tool reaches the companion: it is in no listing, and no id that may be its own is one that a tool
// takes.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../helpers/eventually.mjs';
import { rejection } from '../helpers/expect.mjs';
import { call, suite } from '../helpers/suite.mjs';

const { sandbox, toolkit } = await suite();
const kit = toolkit();

const REACHING = {
  'stop-process': {},
  'kill-process': {},
  'send-input': { input: 'x' },
  'get-process-logs': {},
};

/** The pids of the companion's processes: of its supervisors, which say so in their arguments. */
const pids = async () => {
  const each = 'for p in /proc/[0-9]*; do';
  const script = `${each} [ "$(tr '\\0' '\\n' <"$p/cmdline" | sed -n 2p)" = supervise ] && echo "\${p#/proc/}"; done; :`;
  return (await sandbox.sh(script)).split('\n').filter(Boolean);
};

test('no tool stops the companion, ends it or writes to it, and none lists it', async () => {
  const running = call(kit, 'run-command', { command: 'sleep 8; echo done' });
  const own = await call(kit, 'create-process', { command: 'sleep', args: ['600'] });
  const companions = await eventually(async () => {
    const found = await pids();
    return found.length >= 2 && found;
  }, 'its supervisors');
  const { processes } = await call(kit, 'list-processes');
  for (const { command, args, pid } of processes) {
    assert.doesNotMatch([command, ...args].join(' '), /companion|supervise/);
    assert.ok(!companions.includes(String(pid)), `${command} is listed with the pid of a companion's`);
  }
  const shown = new Set(processes.map(({ id }) => id));
  const last = Math.max(...[...shown].map((id) => Number(/^proc_(\d+)$/.exec(id)?.[1] ?? 0)));
  const guesses = Array.from({ length: last + 20 }, (_, i) => `proc_${i + 1}`).filter((id) => !shown.has(id));
  for (const id of [...guesses, ...companions, ...companions.map((pid) => `proc_${pid}`)])
    for (const [tool, input] of Object.entries(REACHING)) {
      const { code, message } = await rejection(call(kit, tool, { id, ...input }));
      assert.deepEqual([code, message.includes(id)], ['ESRCH', true], `${tool} ${id}: ${message}`);
    }
  const { exitCode, stdout } = await running;
  assert.deepEqual([exitCode, stdout], [0, 'done\n']);
  const left = (await call(kit, 'list-processes')).processes.find(({ id }) => id === own.id);
  assert.equal(left.status, 'running');
});
