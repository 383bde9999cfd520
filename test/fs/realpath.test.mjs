// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { suite } from '../helpers/suite.mjs';

const { open } = await suite();

test('normalises, and answers in the form it was asked', async () => {
  const { fs } = await open();
  await fs.writeFile('/a/b/file', '');
  const answers = {
    '/a/b/file': '/a/b/file',
    '/a/./b//file': '/a/b/file',
    '/a/b/../b/file': '/a/b/file',
    '/../../a/b': '/a/b',
    '/a/b/': '/a/b',
    '/': '/',
    'a/b/file': 'a/b/file',
    'a/./b/../b//file': 'a/b/file',
    '../a': 'a',
    '': '',
  };
  for (const [asked, answer] of Object.entries(answers))
    assert.equal(await fs.realpath(asked), answer, `of '${asked}'`);
});
