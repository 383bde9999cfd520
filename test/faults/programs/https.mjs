// https.mjs: reads and writes over https, in a process whose environment says what it trusts. Prints what came.
//
// SPDX-License-Identifier: Apache-2.0
import { createSandboxFs, createSandboxToolkit } from '@rivet-dev/agent-os-sandbox';

const [baseUrl, token, basePath] = process.argv.slice(2);
const fs = createSandboxFs({ client: { baseUrl, token }, basePath, companion: false, cache: false });
try {
  await Promise.all(Array.from({ length: 30 }, (_, i) => fs.writeFile(`/${i}`, String(i))));
  fs.prepareOpenSync('/sync', 0o100);
  const kit = createSandboxToolkit({ client: { baseUrl, token } });
  const { stdout } = await kit.tools['run-command'].execute({ command: 'echo', args: ['hello'] });
  console.log((await fs.readDir('/')).length, await fs.readTextFile('/29'), stdout.trim());
} catch (error) {
  console.log(error.code, error.cause?.message);
}
