// proxy-process.mjs: the process behind proxy.mjs. It cuts a connection's bytes into requests (by their
// Content-Length), so that it can tell, count and spoil them one by one; answers are passed on as bytes.
//
// SPDX-License-Identifier: Apache-2.0
import net from 'node:net';

const [target, delay] = process.argv.slice(2);
const halfDelay = Number(delay) / 2;
const requests = [];
const open = new Set();
let rules = [];
let chop; // { bytes: [least, most], random }: connections that open from now on are cut, each at a moment of its own
let cuts = 0;
const traffic = { sent: 0, received: 0 }; // bytes, of requests and of answers

/** Calls `deliver` with what it is given, in order, half a round trip later. */
function later(deliver) {
  return halfDelay === 0 ? deliver : (...values) => setTimeout(deliver, halfDelay, ...values);
}

/** The first whole request in `bytes`: { method, url, headers, body, length }, or undefined. */
function parse(bytes) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [line, ...fields] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(
    fields.map((field) => [
      field.slice(0, field.indexOf(':')).toLowerCase(),
      field.slice(field.indexOf(':') + 1).trim(),
    ]),
  );
  const length = end + 4 + Number(headers['content-length'] ?? 0);
  if (bytes.length < length) return undefined;
  const [method, url] = line.split(' ');
  return { method, url, headers, body: bytes.subarray(end + 4, length).toString('latin1'), length };
}

function ruleFor({ method, url }) {
  const rule = rules.find(({ match = '', times = Infinity }) => times > 0 && `${method} ${url}`.includes(match));
  if (rule?.times !== undefined) rule.times--;
  return rule;
}

function answer({ status = 200, headers = {}, body = '', raw }) {
  if (raw !== undefined) return Buffer.from(raw, 'latin1');
  const content = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.base64, 'base64');
  const lines = Object.entries({ 'content-length': content.length, ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Scripted\r\n${lines.join('')}\r\n`), content]);
}

/** Passes `bytes` on in pieces; one stream of them at a time, so an answer has to come in one read. */
function trickle(bytes, { pieces, everyMs }, deliver) {
  const size = Math.ceil(bytes.length / pieces);
  for (let i = 0; i < pieces; i++) setTimeout(deliver, i * everyMs, bytes.subarray(i * size, (i + 1) * size));
}

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How a connection ends: after so many bytes, and where in an exchange. */
function drawFate() {
  if (!chop) return undefined;
  const [least, most] = chop.bytes;
  const where = ['request', 'sent', 'answer', 'idle'][Math.floor(chop.random() * 4)];
  return { where, left: Math.floor(least + chop.random() * (most - least)), waitMs: Math.floor(chop.random() * 3) };
}

/** One client's connection, and behind it one to the server, opened when it is needed. */
function serve(client, connection) {
  let pending = Buffer.alloc(0);
  let upstream;
  let rule;
  let current; // the request that is answered
  let passed = 0;
  let held = Buffer.alloc(0); // of an answer that is buffered
  const fate = drawFate();
  const cut = () => {
    if (client.destroyed) return;
    cuts++;
    client.destroy();
  };
  const toClient = later((bytes) => {
    if (client.destroyed) return;
    traffic.received += bytes.length;
    const last = (fate?.where === 'answer' || fate?.where === 'idle') && (fate.left -= bytes.length) < 0;
    if (last && fate.where === 'answer') return void client.write(bytes.subarray(0, bytes.length + fate.left), cut);
    client.write(bytes);
    if (last) setTimeout(cut, fate.waitMs);
  });
  const toServer = later((bytes) => upstream.destroyed || upstream.write(bytes));
  const pass = (bytes) => {
    current.silentMs ??= Date.now() - current.sinceMs;
    if (rule?.do === 'lose') return client.destroy();
    if (rule?.do === 'buffer') {
      held = Buffer.concat([held, bytes]);
      const whole = held.length - (held.length % rule.bytes);
      toClient(held.subarray(0, whole));
      held = held.subarray(whole);
      return undefined;
    }
    if (rule?.do === 'trickle') return trickle(bytes, rule, toClient);
    if (rule?.do === 'freeze' || rule?.do === 'cut') {
      const rest = Math.max(0, rule.bytes - passed);
      toClient(bytes.subarray(0, rest));
      passed += bytes.length;
      if (rule.do === 'cut' && passed >= rule.bytes) later(() => client.end())();
      return undefined;
    }
    return toClient(bytes);
  };
  const connect = () => {
    const { hostname, port } = new URL(target);
    upstream = net.connect({ host: hostname, port, noDelay: true });
    upstream.on('data', pass);
    upstream.on('error', () => client.destroy());
    upstream.on('close', () => {
      if (held.length > 0) toClient(held);
      later(() => client.end())();
    });
  };
  const handle = (request) => {
    current = { ...request, connection, sinceMs: Date.now() };
    requests.push(current);
    rule = ruleFor(request);
    passed = 0;
    held = Buffer.alloc(0);
    if (rule?.do === 'close') return client.destroy();
    if (rule?.do === 'stall') return undefined;
    if (rule?.do === 'answer') return toClient(answer(rule));
    if (!target) return toClient(answer({ status: 404 }));
    if (!upstream) connect();
    if (fate?.where === 'sent' && fate.left < 0) return void upstream.write(request.bytes, cut);
    return toServer(request.bytes);
  };
  client.on('data', (bytes) => {
    traffic.sent += bytes.length;
    if (fate?.where === 'request' || fate?.where === 'sent') fate.left -= bytes.length;
    if (fate?.where === 'request' && fate.left < 0) return cut();
    pending = Buffer.concat([pending, bytes]);
    for (let request; (request = parse(pending));) {
      const { length, ...rest } = request;
      handle({ ...rest, bytes: pending.subarray(0, length) });
      pending = pending.subarray(length);
    }
  });
  client.on('error', () => {});
  client.on('close', () => {
    open.delete(client);
    upstream?.destroy();
  });
}

let connections = 0;
const server = net.createServer({ noDelay: true }, (client) => {
  open.add(client);
  serve(client, ++connections);
});

const answers = {
  rules: (value) => void (rules = value),
  requests: () => requests.map(({ bytes, ...request }) => request),
  open: () => open.size,
  chop: (value) => void (chop = value && { bytes: value.bytes, random: randomFrom(value.seed) }),
  cuts: () => cuts,
  traffic: () => traffic,
  refuse: () => void server.close(),
};

process.on('message', ({ id, what, value }) => process.send({ id, value: answers[what](value) }));
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
