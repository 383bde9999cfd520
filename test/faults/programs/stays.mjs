// Uses a file system until its companion stays, says so, and ends by itself, without closing anything.
// SPDX-License-Identifier: Apache-2.0
import { createSandboxFs } from '@rivet-dev/agent-os-sandbox';
import { SandboxAgent } from 'sandbox-agent';

const { baseUrl, token } = JSON.parse(process.argv[2]);
const client = await SandboxAgent.connect({ baseUrl, token, skipHealthCheck: true });
const fs = createSandboxFs({ client, cache: false, transport: 'native' });
const end = performance.now() + 10_000;
while (!['stream', 'poll'].includes(fs.lane.carrier) && performance.now() < end) await fs.stat('/');
console.log(fs.lane.carrier);
