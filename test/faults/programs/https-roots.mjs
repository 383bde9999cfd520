// https-roots.mjs: prints how often the list of the certificates that are trusted was asked for, by two file systems
// with a few connections each.
//
// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { createSandboxFs } from '@rivet-dev/agent-os-sandbox';

let asked = 0;
tls.getCACertificates = () => {
  asked++;
  return [readFileSync(process.env.NODE_EXTRA_CA_CERTS, 'utf8')];
};
const [baseUrl, token] = process.argv.slice(2);
for (let i = 0; i < 2; i++) {
  const fs = createSandboxFs({ client: { baseUrl, token }, companion: false, cache: false });
  await Promise.all(Array.from({ length: 10 }, () => fs.exists('/')));
  await fs.close();
}
console.log(asked);
