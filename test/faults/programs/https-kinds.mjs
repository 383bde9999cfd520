// https-kinds.mjs: one request after the other over https, of kinds that have connections of their own: files, programs, and
// questions to the companion.
//
// SPDX-License-Identifier: Apache-2.0
import { createSandboxFs, createSandboxToolkit } from '@rivet-dev/agent-os-sandbox';

const [baseUrl, token, basePath] = process.argv.slice(2);
const client = { baseUrl, token };
const http = createSandboxFs({ client, basePath, companion: false, cache: false });
await http.stat('/');
const kit = createSandboxToolkit({ client, companion: false });
const { stdout } = await kit.tools['run-command'].execute({ command: 'echo', args: ['hello'] });
const fs = createSandboxFs({ client, basePath, cache: false });
console.log(stdout.trim(), (await fs.lstat('/')).isDirectory);
