// far-side.mjs: opens a side by a way that takes time, and a VM with it.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import http from 'node:http';
import common from '@rivet-dev/agent-os-common';
import { AgentOs } from '@rivet-dev/agent-os-core';
import { startDelay } from './delay.mjs';
import { openSide } from './sides.mjs';

/** @param {{ baseUrl: string, token: string, basePath: string }} place the near one */
export async function openFarSide(name, place, delayMs) {
  const way = await startDelay(place.baseUrl, delayMs);
  const side = await openSide(name, { ...place, baseUrl: way.url });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  let opened;
  const vm = () =>
    (opened ??= AgentOs.create({ software: [common], mounts: [{ path: '/sandbox', driver: side.fs }] }));
  return {
    ...side,
    vm,
    moved: way.moved,
    async exec(line) {
      const { stdout, stderr, exitCode } = await (await vm()).exec(line);
      assert.equal(exitCode, 0, `${line}: ${stderr}`);
      return stdout;
    },
    bare: () => get(agent, `${way.url}/v1/health`),
    async fresh() {
      await vm(); // its start is no part of a turn
      await side.fs.writeFile('/fresh', '');
    },
    async close() {
      await (await opened?.catch(() => {}))?.dispose();
      await side.close();
      agent.destroy();
      await way.stop();
    },
  };
}

function get(agent, url) {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent }, (response) => response.resume().once('end', resolve));
    request.once('error', reject);
  });
}
