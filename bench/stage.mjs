// stage.mjs: all that a run needs beside the server: the files in it, and the sides, each opened when the first row wants
// it: once, or not at all (then the rows say why).
//
// SPDX-License-Identifier: Apache-2.0
import { bareSide } from './bare.mjs';
import { openSide } from './sides.mjs';
import { startSftp } from './sftp.mjs';
import { PREPARE } from './workloads.mjs';

/** @param {import('../test/helpers/sandbox.mjs').Sandbox} sandbox */
export async function setStage(sandbox) {
  const basePath = await sandbox.directory();
  await sandbox.sh(PREPARE, basePath);
  const open = new Map();
  let sftp;

  const stage = {
    serverPid: sandbox.pid,

    /** Where the side's files are; a process of its own can open it too. */
    async placeOf(name) {
      if (name === 'sftp') return (await (sftp ??= startSftp(PREPARE))).place;
      return { baseUrl: sandbox.baseUrl, token: sandbox.token, basePath };
    },

    side(name) {
      if (!open.has(name)) open.set(name, make(name));
      return open.get(name);
    },

    async close() {
      for (const { value } of await Promise.allSettled(open.values())) await value?.close();
      await (await sftp?.catch(() => {}))?.stop();
    },
  };

  async function make(name) {
    const place = await stage.placeOf(name);
    return name === 'bare' ? bareSide(place) : openSide(name, place);
  }

  return stage;
}
