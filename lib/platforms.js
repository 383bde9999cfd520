// platforms.js: the eight targets, and which of them this machine is. The only list of them: scripts that
// build or check binaries read it too.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

const targets = [
  'linux-x64',
  'linux-arm64',
  'linuxmusl-x64',
  'linuxmusl-arm64',
  'darwin-x64',
  'darwin-arm64',
  'win32-x64',
  'win32-arm64',
];

// glibc or musl: Node's own report names glibc's version where it runs on glibc.
function usesMusl() {
  const { report } = process;
  const { excludeNetwork } = report;
  report.excludeNetwork = true; // else it looks up host names
  try {
    return report.getReport().header.glibcVersionRuntime === undefined;
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}

// The name of this machine's target, listed above or not.
function currentTarget() {
  const musl = process.platform === 'linux' && usesMusl();
  return `${process.platform}${musl ? 'musl' : ''}-${process.arch}`;
}

module.exports = { targets, currentTarget };
