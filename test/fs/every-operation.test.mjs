// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

test('each row of the table of operations has its test file here', () => {
  const table = readFileSync(new URL('../../src/wire/ops.h', import.meta.url), 'utf8');
  const rows = [...table.matchAll(/^ +X\( *\d+, +[A-Z_]+, +([a-z_]+),/gm)].map(([, name]) => name);
  const unseen = ['names', 'stage', 'commit', 'unstage', 'place', 'wait', 'end', 'same', 'patch']; // readdir, large-write, pwrite and unchanged; test/companion
  const files = readdirSync(new URL('.', import.meta.url));
  assert.ok(rows.length >= 24, `only ${rows.length} rows were found`);
  assert.deepEqual(
    rows.filter((name) => !unseen.includes(name) && !files.includes(`${name}.test.mjs`)),
    [],
  );
});
