// roots.js: the certificates that https trusts, as PEM: those that Node.js trusts (its own, those of
// NODE_EXTRA_CA_CERTS, and those that its options name), and those of the system where SSL_CERT_FILE names them.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

const { readFileSync } = require('node:fs');
const tls = require('node:tls');

// What cannot be read adds nothing, as with Node.js itself, which warns about it where it uses it.
function read(file) {
  try {
    return file ? readFileSync(file, 'utf8') : '';
  } catch {
    return '';
  }
}

// An older Node.js does not tell all that it trusts.
function ofNode() {
  return tls.getCACertificates?.('default') ?? [...tls.rootCertificates, read(process.env.NODE_EXTRA_CA_CERTS)];
}

module.exports = () => [...ofNode(), read(process.env.SSL_CERT_FILE)].join('\n');
