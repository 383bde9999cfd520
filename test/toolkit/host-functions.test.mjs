// The tools as core's successor takes them. In its VM: test/successor.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSandboxHostFunctions } from '@rivet-dev/agent-os-sandbox';
import { eventually } from '../helpers/eventually.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, toolkit } = await suite();
const functions = createSandboxHostFunctions({ client: sandbox.client, env: { ALWAYS: 'there' } });

/** Calls one as that core does: its schema first. */
const call = (name, input) => functions[name].execute(functions[name].inputSchema.parse(input));

const command = (key) => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

test('they are the tools of the toolkit, by names of JavaScript', () => {
  const { tools } = toolkit();
  assert.deepEqual(Object.keys(functions).map(command), Object.keys(tools));
  for (const [key, { inputSchema, examples, timeout, ...rest }] of Object.entries(functions)) {
    const tool = tools[command(key)];
    assert.deepEqual(Object.keys(rest), ['execute']); // another key is an error there
    assert.equal(inputSchema.description, tool.description);
    assert.ok(inputSchema.description.length <= 200);
    assert.deepEqual([examples, timeout], [tool.examples, tool.timeout]);
    for (const { input } of examples) inputSchema.parse(input);
    const fields = Object.keys(inputSchema.shape).filter((name) => name !== 'Env');
    assert.deepEqual(fields, Object.keys(tool.inputSchema.shape));
  }
});

test('a collection has functions alone, hidden or not', () => {
  assert.deepEqual(Reflect.ownKeys(functions).filter((key) => typeof functions[key]?.execute !== 'function'), []);
  assert.equal(Object.getPrototypeOf(functions), Object.prototype);
});

test('every field is optional, described, and of a type that has one flag', () => {
  for (const [key, { inputSchema }] of Object.entries(functions)) {
    const { properties, required, type } = inputSchema.toJSONSchema();
    assert.deepEqual([type, required], ['object', undefined], key);
    for (const [name, property] of Object.entries(properties)) {
      assert.match(property.type, /^(string|number|boolean|array|object)$/, `${key} ${name}`);
      assert.ok(property.description.length <= 200, `${key} ${name}`);
      if (property.type === 'array') assert.equal(property.items.type, 'string', `${key} ${name}`);
    }
    assert.equal(properties.json.type, 'string', key);
  }
});

test('the last field with the flag --env is the list', () => {
  const fields = Object.entries(functions.runCommand.inputSchema.shape).filter(([name]) => name.toLowerCase() === 'env');
  assert.deepEqual(fields.map(([name, schema]) => [name, schema.unwrap().type]), [['env', 'record'], ['Env', 'array']]);
});

test('variables come as an object, as a list, and in json', async () => {
  const program = { command: 'sh', args: ['-c', 'echo "$A $B $ALWAYS"'] };
  assert.equal((await call('runCommand', { ...program, env: { A: '1', B: '2' } })).stdout, '1 2 there\n');
  assert.equal((await call('runCommand', { ...program, Env: ['A=1', 'B=2'] })).stdout, '1 2 there\n');
  assert.equal((await call('runCommand', { ...program, json: '{"env":{"A":"1"}}' })).stdout, '1  there\n');
  assert.equal((await call('runCommand', { ...program, json: '{"env":["A=1"]}', Env: ['B=2'] })).stdout, ' 2 there\n');
});

test('a process from its start to its end', async () => {
  const { id } = await call('createProcess', { command: 'cat', json: '{"args":[]}' });
  assert.deepEqual(await call('sendInput', { id, input: 'yes' }), { sent: true });
  const printed = async () => (await call('getProcessLogs', { id })).logs.map((log) => log.data).join('');
  assert.equal(await eventually(printed), 'yes\n');
  assert.ok((await call('listProcesses', {})).processes.some((process) => process.id === id));
  assert.equal((await call('stopProcess', { id })).id, id);
  assert.equal((await call('killProcess', { id })).id, id);
});

test('a call can be given up, and its client may be a function', async () => {
  const lazy = createSandboxHostFunctions({ client: async () => sandbox.client });
  assert.equal((await lazy.runCommand.execute({ command: 'uname' })).stdout, 'Linux\n');
  const signal = AbortSignal.abort(new Error('no more of it'));
  await assert.rejects(lazy.runCommand.execute({ command: 'uname' }, { signal }), /no more of it/);
});

test('what is wrong rejects, by name', async () => {
  await assert.rejects(call('runCommand', {}), /^Error: usage: run-command: "command" is required/);
  await assert.rejects(call('stopProcess', { id: 'nope' }), /nope/);
  assert.equal(functions.runCommand.inputSchema.safeParse({ nope: 1 }).success, false);
  await assert.rejects(functions.runCommand.execute());
});

test('wrong options are refused as those of a toolkit are', () => {
  assert.throws(() => createSandboxHostFunctions(), { code: 'ERR_INVALID_ARG_TYPE' });
  const { client } = sandbox;
  assert.throws(() => createSandboxHostFunctions({ client, registerCommand: true }), /"registerCommand" is unknown/);
});
