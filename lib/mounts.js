// mounts.js: which of a VM's mounts a path belongs to, and whether that is one of ours. As in core's own table the
// longest mount point wins, and links have no say in it.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

const { posix } = require('node:path');

// For every copy of this package.
const DRIVER = Symbol.for('@rivet-dev/agent-os-sandbox:driver');

// What core 0.1.1 mounts by itself in every VM, and in one with toolkits.
const CORES_OWN = ['/dev', '/proc', '/etc/agentos'];
const CORES_OWN_WITH_TOOLKITS = '/usr/local/bin';

// Marks a driver as ours. A copy ({ ...driver }) keeps the mark, which gives the driver as it was made.
const markDriver = (driver) => {
  const made = Object.defineProperties({}, Object.getOwnPropertyDescriptors(driver)); // `lane` is not read
  return Object.defineProperty(driver, DRIVER, { value: () => made, enumerable: true });
};

// Whether it is a driver of ours, or a copy with the same methods. One with another in their place has something to say
// of each operation, which a single one of ours would pass by.
function isOurs(driver) {
  const made = driver?.[DRIVER]?.();
  const methods = Object.keys(made ?? {}).filter((name) => name !== 'lane');
  return made !== undefined && methods.every((name) => driver[name] === made[name]);
}

// What core takes for a path; it refuses all else.
const isPath = (path) => typeof path === 'string' && path.startsWith('/') && posix.normalize(path) === path;

// Whether a path is the directory, or below it; both without a slash at the end.
const isWithin = (path, directory) => path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);

// Core lets a path end with a slash.
const withoutSlash = (path) => path.replace(/(.)\/$/, '$1');

class Mounts {
  #byPath = new Map(); // mount point → { driver, readOnly }; of what is no driver of ours, driver is undefined

  // The mounts that a VM has from AgentOs.create with these options.
  constructor(options) {
    for (const path of CORES_OWN) this.add(path);
    if (options?.toolKits?.length > 0) this.add(CORES_OWN_WITH_TOOLKITS);
    for (const mount of Array.isArray(options?.mounts) ? options.mounts : []) {
      if (typeof mount?.path === 'string') this.add(mount.path, mount.driver, mount.readOnly);
    }
  }

  add(path, driver, readOnly = false) {
    this.#byPath.set(posix.resolve('/', path), { driver: isOurs(driver) ? driver : undefined, readOnly });
  }

  remove(path) {
    this.#byPath.delete(posix.resolve('/', path));
  }

  // Where a path is: { point, driver, readOnly, relative }; undefined outside of the drivers that are ours.
  ours(path) {
    const full = withoutSlash(path);
    for (let point = full; point.length > 1; point = posix.dirname(point)) {
      const mount = this.#byPath.get(point);
      if (mount !== undefined) return mount.driver && { ...mount, point, relative: full.slice(point.length + 1) };
    }
    return undefined;
  }

  // The mount points below a directory.
  below(path) {
    return [...this.#byPath.keys()].filter((point) => point !== path && isWithin(point, path));
  }

  // Whether a directory is in one of our drivers, or one is mounted below it.
  anyOursIn(path) {
    return [path, ...this.below(path)].some((place) => this.ours(place) !== undefined);
  }
}

module.exports = { Mounts, markDriver, isPath, isWithin, withoutSlash };
