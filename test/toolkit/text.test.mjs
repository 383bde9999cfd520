// Text that names a tool, a flag or a field names one that exists: what an agent reads of the toolkit, the errors and
// hints in the sources, and the documents.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createSandboxToolkit } from '@rivet-dev/agent-os-sandbox';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (...name) => readFileSync(path.join(root, ...name), 'utf8');

// Nothing is asked of it.
const kit = createSandboxToolkit({ client: { baseUrl: 'http://127.0.0.1:9', statFs() {}, runProcess() {} } });
after(() => kit.close());

const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const fields = Object.values(kit.tools).flatMap(({ inputSchema }) => Object.keys(inputSchema.shape));
const ours = ['plain', 'wait', 'help', 'json']; // the command's own
const flags = new Set([...fields.map(kebab), ...ours]);
const flagsOf = (tool) => [...Object.keys(kit.tools[tool].inputSchema.shape).map(kebab), ...ours];

/** The words that look like the name of a tool. */
const toolsIn = (text) =>
  [...text.matchAll(/(?<![\w./-])(?:run|create|list|get|stop|kill|send)-[a-z-]*[a-z](?![\w(])/g)].map(([word]) => word);
const flagsIn = (text) => [...text.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)].map(([, flag]) => flag);

function check(where, text) {
  for (const tool of toolsIn(text)) assert.ok(tool in kit.tools, `${where}: there is no tool ${tool}: ${text}`);
  for (const flag of flagsIn(text)) assert.ok(flags.has(flag), `${where}: there is no flag --${flag}: ${text}`);
}

/** The string literals of C, those that the compiler joins as one. */
const literals = (source) =>
  [...source.matchAll(/"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*/g)].map(([text]) => text.replace(/"\s+"/g, ''));

test('the check sees what is wrong', () => {
  assert.throws(() => check('here', 'use create-program'), /no tool create-program/);
  assert.throws(() => check('here', 'with --no-such-flag'), /no flag --no-such-flag/);
  assert.deepEqual(literals('f("a" /**/, "b"\n    "c", \'x\')'), ['"a"', '"bc"']);
});

test('what is shown of a tool', () => {
  check('the toolkit', kit.description);
  for (const [name, { description, inputSchema, examples }] of Object.entries(kit.tools)) {
    check(name, description);
    for (const [field, type] of Object.entries(inputSchema.shape)) check(`${name}, ${field}`, type.description);
    assert.ok(examples.length > 0, name);
    for (const example of examples) {
      check(`${name}, an example`, example.description);
      inputSchema.parse(example.input);
    }
  }
});

test('the words in the sources', () => {
  const folders = ['src/core', 'src/command', 'src/napi'];
  let seen = 0;
  for (const folder of folders)
    for (const file of readdirSync(path.join(root, folder), { recursive: true }).filter((name) => name.endsWith('.c')))
      for (const literal of literals(read(folder, file))) {
        const isOption = /^"--[a-z-]+"$/.test(literal); // one word for the supervisor
        if (isOption) continue;
        check(`${folder}/${file}`, literal.slice(1, -1));
        seen += toolsIn(literal).length;
        if (!file.startsWith('tool') && !file.startsWith('create')) continue;
        for (const [, name] of /[{}[\]:]/.test(literal) ? [] : literal.matchAll(/\\"([a-zA-Z]+)\\"/g))
          assert.ok(fields.includes(name), `${folder}/${file}: there is no field ${name}: ${literal}`);
      }
  assert.ok(seen > 10);
});

test('what is written beside them: the glue, documents, examples', () => {
  const folders = { lib: '.js', docs: '.md', examples: '.mjs' };
  const files = Object.entries(folders).flatMap(([folder, end]) => {
    const names = readdirSync(path.join(root, folder)).filter((name) => name.endsWith(end));
    return names.map((name) => `${folder}/${name}`);
  });
  assert.ok(files.length > 15);
  for (const file of [...files, 'ARCHITECTURE.md', 'lib/index.d.mts']) {
    for (const tool of toolsIn(read(file))) assert.ok(tool in kit.tools, `${file}: there is no tool ${tool}`);
    for (const [line, tool] of read(file).matchAll(/agentos-sandbox ([a-z]+-[a-z-]+)[^\n`]*/g))
      for (const flag of flagsIn(line)) assert.ok(flagsOf(tool).includes(flag), `${file}: ${tool} has no --${flag}`);
  }
});

test('the documents', () => {
  for (const file of ['README.md', 'CHANGELOG.md', 'lib/index.d.ts']) {
    for (const tool of toolsIn(read(file))) assert.ok(tool in kit.tools, `${file}: there is no tool ${tool}`);
    const section = file === 'README.md' ? read(file).split('\n## ').find((part) => part.startsWith('The command')) : '';
    for (const flag of flagsIn(section)) assert.ok(flags.has(flag), `${file}: there is no flag --${flag}`);
    for (const [line, tool] of read(file).matchAll(/agentos-sandbox ([a-z]+-[a-z-]+)[^\n`]*/g))
      for (const flag of flagsIn(line)) assert.ok(flagsOf(tool).includes(flag), `${file}: ${tool} has no --${flag}`);
  }
});
