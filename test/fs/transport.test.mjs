// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSandboxFs } from '@rivet-dev/agent-os-sandbox';
import { SandboxAgent } from 'sandbox-agent';
import { eventually } from '../helpers/eventually.mjs';
import { expectError, rejection } from '../helpers/expect.mjs';
import { fetchClient } from '../helpers/fetch-client.mjs';
import { runProgram } from '../helpers/program.mjs';
import { json } from '../helpers/proxy.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp, proxied } = await suite();

const HTTP = { companion: false };
const STAT = { path: '/x', entryType: 'file', size: 5, modified: '2024-02-29T12:34:56.789+00:00' };

/** A file system over a client whose fetch answers by itself. */
async function answered(wrap, options) {
  const { client, calls } = await fetchClient(sandbox, { wrap });
  return { ...(await open({ client, ...HTTP, ...options })), calls };
}

for (const dropsSignal of [false, true]) {
  test(`a client that has only fetch${dropsSignal ? ' and drops the signal' : ''}: exact, by the companion`, async () => {
    const { client, calls } = await fetchClient(sandbox, { dropsSignal });
    assert.equal(client.baseUrl, 'http://sandbox-agent');
    const { fs, base } = await open({ client });
    await fs.writeFile('/x', 'hello');
    await fs.symlink('x', '/link');
    assert.equal(await fs.readTextFile('/link'), 'hello');
    assert.equal((await fs.lstat('/link')).isSymbolicLink, true);
    assert.equal(await sandbox.sh('cat "$1/x"', base), 'hello');
    assert.equal(fs.lane.lane, 'companion');
    await expectError(fs.stat('/none'), { code: 'ENOENT', syscall: 'stat', path: '/none' });
    assert.ok(calls.length > 0);
    for (const { init } of calls) assert.equal(init.headers.get('authorization'), `Bearer ${sandbox.token}`);
  });
}

test('over HTTP alone, and names that a URL would take apart', async () => {
  const { client, calls } = await fetchClient(sandbox);
  const { fs } = await openHttp({ client });
  for (const name of ['/a b', '/é', '/100%', '/a&b=c', '/#?', '/..a']) {
    await fs.writeFile(name, name);
    assert.equal(await fs.readTextFile(name), name);
  }
  await fs.writeFile('/empty', '');
  assert.equal((await fs.stat('/empty')).size, 0);
  await fs.removeFile('/empty');
  assert.equal(await fs.exists('/empty'), false);
  assert.equal((await fs.readDir('/')).length, 6);
  assert.ok(calls.length > 12);
});

test('large contents arrive whole, both ways', async () => {
  const { client } = await fetchClient(sandbox);
  const { fs, base } = await open({ client });
  const content = new Uint8Array(20_000_003).map((_, i) => (i * 31 + (i >> 8)) & 255);
  await fs.writeFile('/big', content);
  assert.equal(await sandbox.sh('stat -c %s "$1/big"', base), '20000003\n');
  assert.deepEqual(Buffer.compare(await fs.readFile('/big'), content), 0);
});

test('onProgress hears of a content while it arrives', async () => {
  let goOn;
  const halfway = new Promise((resolve) => (goOn = resolve));
  const half = 4_000_000;
  const { fs } = await answered(async (url, init) => {
    if (!url.pathname.endsWith('/file')) return Response.json({ ...STAT, size: 2 * half });
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(new Uint8Array(half));
        await halfway; // the rest waits until the first half was told
        controller.enqueue(new Uint8Array(half));
        controller.close();
      },
    });
    const headers = { 'content-type': 'application/octet-stream', 'content-length': String(2 * half) };
    return new Response(body, { headers });
  });
  const told = [];
  const content = await fs.readFile('/x', { onProgress: (progress) => (told.push(progress), goOn()) });
  assert.equal(content.length, 2 * half);
  assert.deepEqual(told, [{ bytes: half, total: 2 * half }, { bytes: 2 * half, total: 2 * half }]);
});

test('many at once share requests', async () => {
  const { client, calls } = await fetchClient(sandbox);
  const { fs } = await open({ client });
  await fs.writeFile('/x', 'hello');
  const before = calls.length;
  await Promise.all(Array.from({ length: 500 }, () => fs.stat('/x')));
  assert.ok(calls.length - before < 100, `${calls.length - before}`);
});

test('which transport: by itself, or as it is told', async () => {
  const plain = await SandboxAgent.connect({ baseUrl: sandbox.baseUrl, token: sandbox.token, skipHealthCheck: true });
  let called = 0;
  const counting = (...args) => (called++, fetch(...args));
  const replaced = await SandboxAgent.connect({
    baseUrl: sandbox.baseUrl, token: sandbox.token, skipHealthCheck: true, fetch: counting,
  });
  const uses = async (client, transport) => {
    const before = called;
    const fs = createSandboxFs({ client, ...HTTP, transport });
    await fs.stat('/');
    await fs.close();
    return called > before;
  };
  const genuine = globalThis.fetch;
  assert.equal(await uses(replaced, undefined), true);
  assert.equal(await uses(replaced, 'auto'), true);
  assert.equal(await uses(replaced, 'fetch'), true);
  assert.equal(await uses(replaced, 'native'), false);
  assert.equal(await uses(new Proxy(replaced, {}), 'auto'), true);
  // Node's own, whether it was named or not, and the provider of this machine: they have a URL, and it is used.
  const named = await SandboxAgent.connect({
    baseUrl: sandbox.baseUrl, token: sandbox.token, skipHealthCheck: true, fetch: genuine,
  });
  for (const client of [plain, named, sandbox.client]) {
    const real = client.fetcher;
    let own = 0;
    client.fetcher = Object.defineProperty((...args) => (own++, real(...args)), 'name', { value: real.name });
    await uses(client, 'fetch');
    assert.ok(own > 0);
    own = 0;
    if (client === named) client.fetcher = genuine;
    await uses(client, 'auto');
    assert.equal(own, 0);
    client.fetcher = real;
  }
});

test("a fetch that was put in the place of globalThis.fetch is the user's, whatever its name", async (t) => {
  const connect = (options) =>
    SandboxAgent.connect({ baseUrl: sandbox.baseUrl, token: sandbox.token, skipHealthCheck: true, ...options });
  const uses = async (client) => {
    const before = called;
    const fs = createSandboxFs({ client, ...HTTP });
    await fs.stat('/');
    await fs.close();
    return called > before;
  };
  let called = 0;
  const genuine = globalThis.fetch;
  const before = await connect();
  assert.equal(await uses(before), false);
  t.after(() => void (globalThis.fetch = genuine));
  globalThis.fetch = function fetch(...args) {
    called++;
    return genuine(...args);
  };
  const [after, named] = [await connect(), await connect({ fetch: globalThis.fetch })];
  for (const client of [after, named]) {
    assert.match(client.fetcher.name, /^(bound )?fetch$/);
    assert.equal(await uses(client), true);
  }
  assert.equal(await uses(before), false); // it has Node's, as it always had
  globalThis.fetch = genuine;
  for (const client of [after, named]) assert.equal(await uses(client), true);
});

test('a transport that there is not, and native without a URL', async () => {
  const { client } = await fetchClient(sandbox);
  assert.throws(() => createSandboxFs({ client, transport: 'carrier pigeon' }), {
    code: 'ERR_INVALID_ARG_VALUE', message: /"auto", "native" or "fetch"/,
  });
  assert.throws(() => createSandboxFs({ client, transport: 'native' }), { code: 'ENOTSUP' });
  const without = new Proxy(sandbox.client, { get: (target, name) => (name === 'fetcher' ? undefined : target[name]) });
  assert.throws(() => createSandboxFs({ client: without, transport: 'fetch' }), { code: 'ERR_INVALID_ARG_TYPE' });
});

test('a token that is renewed, and a fetch that is replaced, are used at once', async () => {
  const { client, calls } = await fetchClient(sandbox);
  const { fs } = await openHttp({ client });
  client.token = 'wrong';
  await expectError(fs.stat('/'), { code: 'EACCES', syscall: 'stat', path: '/' });
  client.token = sandbox.token;
  await fs.stat('/');
  const before = calls.length;
  client.fetcher = async () => Response.json(STAT);
  assert.equal((await fs.stat('/')).size, 5);
  assert.equal(calls.length, before);
});

test('a refused connection is ECONNREFUSED, and a lost change may have completed: as over curl', async () => {
  const { proxy } = await proxied();
  const { client } = await fetchClient({ baseUrl: proxy.url, token: sandbox.token });
  const over = {
    fetch: await openHttp({ client, timeoutMs: 3000 }),
    native: await openHttp({ client: await sandbox.connect(proxy.url), timeoutMs: 3000 }),
  };
  await proxy.rules([{ do: 'lose', match: 'PUT ' }, { do: 'close', match: 'GET /v1/fs/file' }]);
  for (const { fs } of Object.values(over)) {
    await expectError(fs.writeFile('/x', 'y'), { code: 'EIO', syscall: 'open', path: '/x', cause: /may have completed/ });
    await expectError(fs.readFile('/x'), { code: 'EIO', syscall: 'open', path: '/x' });
  }
  assert.equal(await proxy.count('PUT '), 2); // once each
  await proxy.refuse();
  await proxy.rules([{ do: 'close' }]);
  for (const { fs } of Object.values(over)) await rejection(fs.stat('/')); // the kept connections are gone
  for (const { fs } of Object.values(over)) {
    await expectError(fs.stat('/'), { code: 'ECONNREFUSED', syscall: 'stat', path: '/' });
    await expectError(fs.writeFile('/x', 'y'), { code: 'ECONNREFUSED', syscall: 'open', path: '/x' });
  }
});

test('a read whose connection is closed before an answer is sent once more, a change is not', async () => {
  const { proxy } = await proxied();
  const { client } = await fetchClient({ baseUrl: proxy.url, token: sandbox.token });
  const { fs } = await openHttp({ client });
  await fs.writeFile('/x', 'y');
  await proxy.rules([{ do: 'close', match: 'GET /v1/fs/file', times: 1 }, { do: 'close', match: 'PUT ', times: 1 }]);
  assert.equal(await fs.readTextFile('/x'), 'y');
  assert.equal(await proxy.count('GET /v1/fs/file'), 2);
  await expectError(fs.writeFile('/x', 'z'), { code: 'EIO', syscall: 'open', path: '/x' });
  assert.equal(await fs.readTextFile('/x'), 'y');
});

test('a change by the companion whose answer is lost is done once', async () => {
  const { proxy } = await proxied();
  const { client } = await fetchClient({ baseUrl: proxy.url, token: sandbox.token });
  const { fs, base } = await open({ client });
  await fs.mkdir('/d');
  for (const fate of ['lose', 'close']) {
    await proxy.rules([{ match: '/v1/processes/run', do: fate }]);
    const before = await proxy.count('/v1/processes/run');
    const cause = /may have completed/;
    await expectError(fs.mkdir(`/${fate}`), { code: 'EIO', syscall: 'mkdir', path: `/${fate}`, cause });
    assert.equal((await proxy.count('/v1/processes/run')) - before, 1);
  }
  assert.equal(await sandbox.sh('ls "$1"', base), 'd\nlose\n');
});

test('a content that is cut is an error, not a short content', async () => {
  const { proxy } = await proxied();
  const { client } = await fetchClient({ baseUrl: proxy.url, token: sandbox.token });
  const { fs } = await openHttp({ client });
  await fs.writeFile('/x', 'y'.repeat(100_000));
  await proxy.rules([{ do: 'cut', match: 'GET /v1/fs/file', bytes: 50_000 }]);
  await expectError(fs.readFile('/x'), { code: 'EIO', syscall: 'open', path: '/x' });
});

test('no secret is in an error, wherever it is cut', async () => {
  for (const before of [0, 240, 250]) {
    const { fs } = await answered(() => {
      const cause = Object.assign(new Error(`${' '.repeat(before)}for Bearer ${sandbox.token}!`), { code: 'ERR_SSL_BROKEN' });
      throw new TypeError('fetch failed', { cause });
    });
    const error = await rejection(fs.stat('/'));
    assert.equal(error.code, 'EIO');
    for (let i = 8; i <= sandbox.token.length; i++) {
      assert.ok(!`${error.message} ${error.cause?.message}`.includes(sandbox.token.slice(0, i)), error.cause?.message);
    }
  }
});

test('a fetch that is no fetch fails, and holds nothing up', async () => {
  const nonsense = [
    () => undefined,
    () => { throw undefined; },
    () => { throw new Error('broken'); },
    () => ({}),
    () => ({ status: 'x', headers: new Headers(), body: null }),
    () => ({ status: 200, headers: new Headers({ 'content-type': 'application/json' }), body: new ReadableStream({
      start: (to) => to.enqueue('text'),
    }) }),
  ];
  for (const wrap of nonsense) {
    const { fs } = await answered(wrap);
    await expectError(fs.stat('/'), { code: 'EIO', syscall: 'stat', path: '/' });
    await fs.close();
  }
});

test('what another server says is no answer', async () => {
  const { fs } = await answered(() => new Response('<html>', { headers: { 'content-type': 'text/html' } }));
  await expectError(fs.stat('/'), { code: 'EPROTO', syscall: 'stat', path: '/', cause: /the reply is no application\/json/ });
});

test('a redirect to another origin is not followed: what it leads to would be sent the headers', async () => {
  const { proxy } = await proxied();
  const { client } = await fetchClient({ baseUrl: proxy.url, token: sandbox.token });
  const { fs } = await openHttp({ client });
  await proxy.rules([
    { do: 'answer', match: '/v1/fs/stat', status: 307, headers: { location: `${proxy.url}/elsewhere` } },
    { ...json(STAT), match: '/elsewhere' },
  ]);
  await expectError(fs.stat('/'), { code: 'EPROTO', syscall: 'stat', path: '/', cause: /a redirect to http:\/\/127\.0\.0\.1/ });
  assert.equal(await proxy.count('/elsewhere'), 0);
});

for (const status of [200, 500]) {
  test(`a reply without an end (${status}) is left where it is too large`, async () => {
    let given = 0;
    let cancelled = false;
    const body = () => new ReadableStream({
      pull: (to) => (to.enqueue(new Uint8Array(65536).fill(32)), void given++),
      cancel: () => void (cancelled = true),
    });
    const headers = { 'content-type': 'application/octet-stream' };
    const { fs } = await answered(() => new Response(body(), { status, headers }), { maxFullReadBytes: 2 ** 20 });
    const error = await rejection(fs.readTextFile('/x'));
    assert.equal(error.code, status === 200 ? 'EFBIG' : 'EIO');
    await eventually(() => cancelled);
    assert.ok(given * 65536 < 2 ** 21, `${given} pieces`);
  });
}

test('a deadline ends the request for us, and for whoever listens to the signal', async () => {
  const signals = [];
  const { fs } = await answered((url, { signal }) => (signals.push(signal), new Promise(() => {})), { timeoutMs: 100 });
  await expectError(fs.stat('/'), { code: 'ETIMEDOUT', syscall: 'stat', path: '/' });
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true]);
  await fs.close();
});

test('an answer after the deadline is thrown away', async () => {
  let late;
  let cancelled = false;
  const body = new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(10)), cancel: () => void (cancelled = true) });
  const { fs } = await answered(() => new Promise((resolve) => (late = resolve)), { timeoutMs: 100 });
  await expectError(fs.stat('/'), { code: 'ETIMEDOUT', syscall: 'stat', path: '/' });
  late(new Response(body, { headers: { 'content-type': 'application/json' } }));
  await eventually(() => cancelled);
  await fs.close();
});

test('a content counts from its last progress', async () => {
  const { fs } = await answered(() => {
    let left = 8;
    const body = new ReadableStream({
      async pull(to) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        if (left-- > 0) to.enqueue(Buffer.from('x'));
        else to.close();
      },
    });
    return new Response(body, { headers: { 'content-type': 'application/octet-stream' } });
  }, { timeoutMs: 500 });
  assert.equal(await fs.readTextFile('/x'), 'x'.repeat(8));
});

test('close() waits for what is under way; a fetch may close its own file system', async () => {
  let fs;
  let closed;
  ({ fs } = await answered(async () => ((closed ??= fs.close()), Response.json(STAT))));
  const stat = fs.stat('/x');
  assert.equal((await stat).size, 5);
  await closed;
  await expectError(fs.stat('/x'), { code: 'EBADF', syscall: 'stat', hint: /it was closed/ });
});

test('a worker that is terminated with requests under way ends, and so does the process', async () => {
  const program = new URL('programs/fetch-worker.mjs', import.meta.url);
  const ended = await runProgram(program, [sandbox.baseUrl, sandbox.token], { boundMs: 60_000 });
  assert.equal(ended.code, 0, ended.stderr);
  assert.equal(ended.stdout, 'terminated\n');
});

const O_CREAT = 0o100;
const O_EXCL = 0o200;
const O_TRUNC = 0o1000;

test('prepareOpenSync answers from the stat before it, and what comes after finds the file', async () => {
  const { client } = await fetchClient(sandbox);
  const { fs, base } = await open({ client });
  await expectError(fs.stat('/new'), { code: 'ENOENT', syscall: 'stat', path: '/new' });
  assert.equal(fs.prepareOpenSync('/new', O_CREAT), true);
  const [content, names] = await Promise.all([fs.readTextFile('/new'), fs.readDir('/')]);
  assert.equal(content, '');
  assert.deepEqual(names, ['new']);
  await fs.writeFile('/new', 'content');
  await fs.stat('/new');
  assert.equal(fs.prepareOpenSync('/new', O_CREAT), false);
  assert.equal(await fs.readTextFile('/new'), 'content');
  await fs.stat('/new');
  assert.equal(fs.prepareOpenSync('/new', O_CREAT | O_TRUNC), false);
  const appended = fs.pwrite('/new', 0, 'ab'); // after the truncation
  assert.equal(fs.prepareOpenSync('/second', O_CREAT), false); // not known to be missing
  assert.equal((await fs.stat('/second')).size, 0);
  await appended;
  assert.equal(await sandbox.sh('cat "$1/new"', base), 'ab');
});

test('prepareOpenSync refuses what the stat before it refuses', async () => {
  const { client } = await fetchClient(sandbox);
  const { fs } = await open({ client });
  await fs.mkdir('/d');
  await fs.writeFile('/file', 'kept');
  for (const [path, flags, code] of [
    ['/file', O_CREAT | O_EXCL, 'EEXIST'],
    ['/d', O_CREAT | O_TRUNC, 'EISDIR'],
    ['/none', O_TRUNC, 'ENOENT'],
  ]) {
    await fs.stat(path).catch(() => {});
    await expectError(() => fs.prepareOpenSync(path, flags), { code, syscall: 'open', path });
  }
  assert.equal(await fs.readTextFile('/file'), 'kept');
  const { fs: readOnly } = await open({ client, readOnly: true });
  await expectError(() => readOnly.prepareOpenSync('/x', O_CREAT), { code: 'EROFS', syscall: 'open', path: '/x' });
});

test('the error of an open that is done later is that of the next operation on its path', async () => {
  const { client } = await fetchClient(sandbox);
  const { fs } = await open({ client });
  for (const wait of [false, true]) {
    assert.equal(fs.prepareOpenSync('/no/such', O_CREAT | O_EXCL), false);
    if (wait) await fs.stat('/');
    const other = fs.stat('/');
    await expectError(fs.writeFile('/no/such', 'x'), { code: 'ENOENT', syscall: 'open', path: '/no/such' });
    await other;
    await fs.writeFile('/file', 'there');
  }
  assert.equal(fs.prepareOpenSync('/file', O_CREAT | O_EXCL), false);
  await expectError(fs.writeFile('/file', 'x'), { code: 'EEXIST', syscall: 'open', path: '/file' });
  assert.equal(await fs.readTextFile('/file'), 'there');
});

test('close() waits for an open that is done later, and for what waits for it', async () => {
  const { client } = await fetchClient(sandbox);
  const { fs, base } = await open({ client });
  fs.prepareOpenSync('/a', O_CREAT);
  fs.prepareOpenSync('/b', O_CREAT);
  const written = fs.writeFile('/b', 'x');
  await fs.close();
  await written;
  assert.equal(await sandbox.sh('cd "$1"; echo a b; cat b', base), 'a b\nx');
  assert.equal(await sandbox.sh('cd "$1"; ls', base), 'a\nb\n');
});
