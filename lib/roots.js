// roots.js: the certificates that Node.js trusts, as PEM: its own, and those of NODE_EXTRA_CA_CERTS.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

const { readFileSync } = require('node:fs');
const tls = require('node:tls');

// What cannot be read adds nothing, as with Node.js itself, which warns about it where it uses it.
function extra(file) {
  try {
    return file ? readFileSync(file, 'utf8') : '';
  } catch {
    return '';
  }
}

module.exports = () => [...tls.rootCertificates, extra(process.env.NODE_EXTRA_CA_CERTS)].join('\n');
