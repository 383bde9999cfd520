// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSandboxToolkit } from '@rivet-dev/agent-os-sandbox';
import { suite } from '../helpers/suite.mjs';

const { toolkit } = await suite();

const TOOLS = [
  'run-command',
  'create-process',
  'list-processes',
  'stop-process',
  'kill-process',
  'get-process-logs',
  'send-input',
];

test('it is a toolkit named sandbox, with the seven tools of the documentation', () => {
  const kit = toolkit();
  assert.equal(kit.name, 'sandbox');
  assert.equal(typeof kit.description, 'string');
  assert.deepEqual(Object.keys(kit.tools).sort(), [...TOOLS].sort());
});

test('each has a description that the VM accepts, a schema, examples that fit it, and a function', () => {
  const kit = toolkit();
  for (const [name, tool] of Object.entries(kit.tools)) {
    assert.ok(
      tool.description.length > 20 && tool.description.length <= 200,
      `${name}: ${tool.description.length} characters`,
    );
    assert.equal(typeof tool.execute, 'function');
    assert.ok(tool.timeout > 0 && tool.timeout <= 30_000); // core keeps the host alive so long after each call
    assert.equal(tool.inputSchema.constructor.name, 'ZodObject');
    assert.ok(tool.examples.length > 0, name);
    for (const { description, input } of tool.examples) {
      assert.ok(description.length > 0);
      tool.inputSchema.parse(input);
    }
  }
  assert.ok(kit.description.length > 0 && kit.description.length <= 200);
});

test('every field says what it is for', () => {
  for (const [name, tool] of Object.entries(toolkit().tools))
    for (const [field, type] of Object.entries(tool.inputSchema.shape)) assert.ok(type.description, `${name} ${field}`);
});

test('two toolkits are two objects', () => {
  assert.notEqual(toolkit().tools, toolkit().tools);
  assert.throws(() => createSandboxToolkit(), { code: 'ERR_INVALID_ARG_TYPE' });
});
