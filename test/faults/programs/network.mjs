// network.mjs: writes and reads with the connection that the options and the environment say. Prints what came, or the
// error as JSON, with all that can be seen of it. The environment of the last argument is there only when Node has started.
//
// SPDX-License-Identifier: Apache-2.0
import util from 'node:util';

const [baseUrl, token, basePath, options, later] = process.argv.slice(2);
Object.assign(process.env, JSON.parse(later ?? '{}'));
const { createSandboxFs, createSandboxToolkit } = await import('@rivet-dev/agent-os-sandbox');
const given = { client: { baseUrl, token }, companion: false, ...JSON.parse(options ?? '{}') };
try {
  const fs = createSandboxFs({ ...given, basePath });
  await fs.writeFile('/file', 'content');
  fs.prepareOpenSync('/sync', 0o100);
  const { stdout } = await createSandboxToolkit(given).tools['run-command'].execute({ command: 'echo', args: ['x'] });
  console.log((await fs.readDir('/')).sort().join(), await fs.readTextFile('/file'), stdout.trim());
} catch (error) {
  const shown = util.inspect(error, { depth: 10, showHidden: true }) + error.stack;
  console.log(JSON.stringify({ code: error.code, cause: error.cause?.message, shown }));
}
