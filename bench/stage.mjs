// stage.mjs: all that a run needs beside the server: the files in it, and the sides, each opened when the first row wants
// it: once, or not at all (then the rows say why).
//
// SPDX-License-Identifier: Apache-2.0
import { ownTmpdir } from '../test/helpers/temporary.mjs';
import { bareSide } from './bare.mjs';
import { PREPARE_FAR } from './far-files.mjs';
import { openFarSide } from './far-side.mjs';
import { openSide } from './sides.mjs';
import { startSftp } from './sftp.mjs';
import { PREPARE } from './workloads.mjs';

/** @param {import('../test/helpers/sandbox.mjs').Sandbox} sandbox */
export async function setStage(sandbox) {
  const basePath = await sandbox.directory();
  await sandbox.sh(PREPARE, basePath);
  const open = new Map();
  let sftp;
  let far;

  const stage = {
    serverPid: sandbox.pid,

    /** Where the side's files are; a process of its own can open it too. */
    async placeOf(name) {
      if (name === 'sftp') return (await (sftp ??= startSftp(PREPARE))).place;
      return { baseUrl: sandbox.baseUrl, token: sandbox.token, basePath };
    },

    /** @param {number} [delayMs] of the way to it: a side as the rows of far.mjs want it */
    side(name, delayMs) {
      const key = `${name} ${delayMs}`;
      if (!open.has(key)) open.set(key, delayMs === undefined ? make(name) : makeFar(name, delayMs));
      return open.get(key);
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

  async function makeFar(name, delayMs) {
    const directory = await (far ??= prepareFar());
    return openFarSide(name, { baseUrl: sandbox.baseUrl, token: sandbox.token, basePath: directory }, delayMs);
  }

  async function prepareFar() {
    ownTmpdir(); // core leaves a directory there
    const directory = await sandbox.directory();
    await sandbox.sh(PREPARE_FAR, directory);
    return directory;
  }

  return stage;
}
