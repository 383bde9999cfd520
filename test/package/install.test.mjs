// install.test.mjs: the package as a user gets it: packed, installed into an empty folder without any build, loaded
// both ways, and at work on a real server.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { startSandbox } from '../helpers/sandbox.mjs';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const name = '@rivet-dev/agent-os-sandbox';
const target = `${process.platform}-${process.arch}`;

let folder; // of the user
let installed; // the package in it

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'agent-os-sandbox-package-'));
  const { stdout } = await npm(root, 'pack', '--json', '--pack-destination', folder);
  const [{ filename }] = JSON.parse(stdout);
  await mkdir(path.join(folder, 'user'));
  await writeFile(path.join(folder, 'user/package.json'), '{ "private": true }');
  // Install scripts are allowed on purpose: there must be none.
  await npm(path.join(folder, 'user'), 'install', '--prefer-offline', '--no-audit', path.join(folder, filename));
  installed = path.join(folder, 'user/node_modules', name);
});

after(() => rm(folder, { recursive: true, force: true }));

function npm(cwd, ...args) {
  // What an outer `npm test` tells its children about itself is not for this one.
  const outer = /^npm_(package|lifecycle|command|config_(local|global)_prefix)/;
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !outer.test(key)));
  return run('npm', args, { cwd, env, maxBuffer: 2 ** 24 });
}

// Runs a script as a user's program, on the Node that runs this test.
async function program(file, text, ...args) {
  const cwd = path.join(folder, 'user');
  await writeFile(path.join(cwd, file), text);
  const { stdout } = await run(process.execPath, [file, ...args], { cwd, timeout: 60_000 });
  return JSON.parse(stdout);
}

// The program headers of a 64-bit ELF file.
function segments(file) {
  const [offset, size, count] = [Number(file.readBigUInt64LE(32)), file.readUInt16LE(54), file.readUInt16LE(56)];
  return Array.from({ length: count }, (_, i) => offset + i * size)
    .map((at) => ({ type: file.readUInt32LE(at), align: Number(file.readBigUInt64LE(at + 48)) }));
}

const loaded = (file) => segments(file).filter(({ type }) => type === 1);

test('the package holds what runs and nothing to build', async () => {
  const files = (await readdir(installed, { recursive: true })).map((file) => file.split(path.sep).join('/'));
  for (const file of ['lib/index.js', 'lib/index.mjs', 'lib/index.d.ts', 'lib/index.d.mts', 'wasm/agentos-sandbox',
    `prebuilds/${target}/agent-os-sandbox.node`, 'README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md',
    'CHANGELOG.md', 'examples/on-demand.mjs', 'examples/server-without-telemetry', 'LICENSE', 'THIRD-PARTY-NOTICES.txt']) {
    assert.ok(files.includes(file), `${file} is missing`);
  }
  const foreign = files.filter((file) => /\.gyp|\.[ch]$|^(src|test|scripts|build|node_modules)(\/|$)/.test(file));
  assert.deepEqual(foreign, []);
  const { scripts = {}, gypfile } = JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8'));
  for (const hook of ['preinstall', 'install', 'postinstall', 'prepare']) assert.equal(scripts[hook], undefined);
  assert.equal(gypfile, false);
});

test('the addon is stripped and tells nothing of where it was built', async () => {
  const addon = await readFile(path.join(installed, `prebuilds/${target}/agent-os-sandbox.node`));
  for (const place of [root, '/root/', '/home/', '.cache/agent-os-sandbox', 'node-gyp']) {
    assert.equal(addon.includes(place), false, `it holds ${place}`);
  }
  assert.equal(addon.includes('.debug_info'), false);
  assert.ok(addon.length < 5_000_000, `it has ${addon.length} bytes`);
});

test('it holds the companion for each machine, whichever this one is', async () => {
  const addon = await readFile(path.join(installed, `prebuilds/${target}/agent-os-sandbox.node`));
  for (const [platform, machine] of [['linux-x64', 0x3e], ['linux-arm64', 0xb7]]) {
    const companion = await readFile(path.join(root, 'build/companion', platform, 'agentos-companion'));
    assert.deepEqual([...companion.subarray(0, 4)], [0x7f, 0x45, 0x4c, 0x46]); // ELF
    assert.equal(companion.readUInt16LE(18), machine);
    assert.ok(addon.includes(companion), `the one for ${platform} is missing`);
    for (const place of [root, '/root/', '/home/', '.cache/agent-os-sandbox']) {
      assert.equal(companion.includes(place), false, `it holds ${place}`);
    }
    assert.ok(companion.length <= 102_400, `it has ${companion.length} bytes`);
    assert.ok(loaded(companion).every(({ align }) => align >= (machine === 0xb7 ? 65536 : 4096)));
    assert.ok(!segments(companion).some(({ type }) => type === 3)); // it asks for no interpreter
  }
});

test('the WebAssembly command is one', async () => {
  const command = await readFile(path.join(installed, 'wasm/agentos-sandbox'));
  assert.ok(WebAssembly.validate(command));
});

test('require and import give the same', async () => {
  const required = await program('names.cjs', `console.log(JSON.stringify(Object.keys(require('${name}')).sort()))`);
  const imported = await program('names.mjs', `import * as all from '${name}';
    console.log(JSON.stringify(Object.keys(all).filter((key) => key !== 'default').sort()))`);
  assert.deepEqual(required, imported);
  assert.ok(required.includes('createSandboxFs') && required.includes('createSandboxToolkit'), required.join());
});

test('it reads and writes in a real sandbox', async (t) => {
  const sandbox = await startSandbox();
  t.after(() => sandbox.stop());
  const directory = await sandbox.directory();
  const sdk = pathToFileURL(path.join(root, 'node_modules/sandbox-agent/dist/index.js'));
  const said = await program('work.mjs', `
    import { createSandboxFs } from '${name}';
    import { SandboxAgent } from '${sdk}';
    const [baseUrl, token, basePath] = process.argv.slice(2);
    const client = await SandboxAgent.connect({ baseUrl, token: token || undefined });
    const fs = createSandboxFs({ client, basePath });
    await fs.writeFile('/hello.txt', 'hello from the package');
    console.log(JSON.stringify(await fs.readTextFile('/hello.txt')));
    await fs.close();
  `, sandbox.baseUrl, sandbox.token ?? '', directory);
  assert.equal(said, 'hello from the package');
  const seen = await sandbox.client.readFsFile({ path: `${directory}/hello.txt` });
  assert.equal(Buffer.from(seen).toString(), 'hello from the package');
});
