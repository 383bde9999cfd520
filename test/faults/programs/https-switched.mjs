// https-switched.mjs: NODE_TLS_REJECT_UNAUTHORIZED, changed while the process runs. Prints how each look at / ended.
//
// SPDX-License-Identifier: Apache-2.0
import { createSandboxFs } from '@rivet-dev/agent-os-sandbox';

const [baseUrl, token] = process.argv.slice(2);
const fs = createSandboxFs({ client: { baseUrl, token }, companion: false, cache: false });
const look = () => fs.exists('/').catch((error) => error.code);
process.emitWarning = () => {}; // Node.js has one for the variable
const ends = [await look()];
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
ends.push(await look());
delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
ends.push(await look());
console.log(ends.join(' '));
