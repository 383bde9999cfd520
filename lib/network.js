// network.js: how this process reaches others, as Node.js means it: proxies, where its own switch turns them on, and
// whether certificates are looked at.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

const { env, execArgv } = process;

// Node.js reads its switch once, when it starts; so it is here, when the package is loaded.
function usesEnvProxy() {
  const flags = [...(env.NODE_OPTIONS ?? '').split(/\s+/), ...execArgv];
  return env.NODE_USE_ENV_PROXY === '1' || flags.includes('--use-env-proxy');
}

const proxies = usesEnvProxy()
  ? {
      http: env.http_proxy ?? env.HTTP_PROXY ?? '',
      https: env.https_proxy ?? env.HTTPS_PROXY ?? '',
      none: env.no_proxy ?? env.NO_PROXY ?? '',
    }
  : { http: '', https: '', none: '' };

module.exports = { ...proxies, verifies: () => process.env.NODE_TLS_REJECT_UNAUTHORIZED !== '0' };
