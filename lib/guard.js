// guard.js: what keeps vm.delete, vm.move and vm.readdirRecursive within the tree they were asked for.
//
// Core 0.1.1 looks at each entry with stat, which follows links. So its recursive delete of app/node_modules goes
// through app/node_modules/lib -> ../../packages/lib and empties packages/lib; its move deletes so too, and its
// recursive listing leads round in circles. On a VM that the wrapped AgentOs.create has made, the three look with
// lstat wherever a path is in a mount of ours: a link is itself, never what it points to. What our driver can do in
// one operation is one. A path in a mount of someone else is core's own affair, as it was, also below one of ours.
//
// Where the caller of AgentOs.create has set permissions, or made the mount read-only, every change goes through
// core's own functions, entry by entry, so that those are asked.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

const { posix } = require('node:path');
const { Mounts, isPath, isWithin, withoutSlash } = require('./mounts.js');

const METHODS = ['delete', 'move', 'readdirRecursive'];

const isDirectory = (stat) => stat.isDirectory && !stat.isSymbolicLink;

// One entry as vm.readdirRecursive gives it.
function describe(path, stat) {
  const type = stat.isSymbolicLink ? 'symlink' : stat.isDirectory ? 'directory' : 'file';
  return { path, type, size: stat.size };
}

// Makes a failure with one of these codes an undefined; for catch().
function ignore(...codes) {
  return (error) => {
    if (!codes.includes(error?.code)) throw error;
  };
}

// A mount point stays where it is, and so does what holds one.
function busy(path, dest) {
  const error = new Error(`EBUSY: resource busy or locked, rename '${path}' -> '${dest}'`);
  return Object.assign(error, { errno: -16, code: 'EBUSY', syscall: 'rename', path, dest });
}

class Guard {
  #vm;
  #core; // core's own methods, by their names
  #mounts;
  #restricted; // permissions that each operation has to be asked for

  constructor(vm, { mounts, restricted }) {
    this.#vm = vm;
    this.#mounts = mounts;
    this.#restricted = restricted;
    this.#core = Object.fromEntries(METHODS.map((name) => [name, vm[name].bind(vm)]));
  }

  get #kernel() {
    return this.#vm.kernel;
  }

  get #vfs() {
    return this.#vm.kernel.vfs;
  }

  // What stands at a path. A mount point is what it is mounted to; elsewhere than in our mounts core's stat decides.
  #look(path) {
    const place = this.#mounts.ours(path);
    return place === undefined || place.relative === '' ? this.#kernel.stat(path) : this.#vfs.lstat(path);
  }

  // The paths of what a directory holds, mount points too.
  async #children(path) {
    const names = await this.#kernel.readdir(path);
    return names.filter((name) => name !== '.' && name !== '..').map((name) => posix.join(path, name));
  }

  // ---- delete

  async delete(path, options) {
    const place = isPath(path) ? this.#mounts.ours(path) : undefined;
    if (place === undefined) return this.#core.delete(path, options);
    if (!isDirectory(await this.#look(path))) return this.#kernel.removeFile(path);
    if (options?.recursive) return this.#removeTree(withoutSlash(path), place);
    return this.#kernel.removeDir(path);
  }

  async #removeTree(path, place) {
    if (await this.#removeAtOnce(path, place)) return;
    for (const child of await this.#children(path)) await this.delete(child, { recursive: true });
    await this.#kernel.removeDir(path);
  }

  // The whole tree in one operation, where it is all the driver's; whether that was so. A mount's own root stays.
  async #removeAtOnce(path, { driver, readOnly, relative }) {
    if (!this.#isWhollyOurs(path) || readOnly || relative === '') return false;
    return driver.rm(relative, { recursive: true }).then(() => true, ignore('ENOSYS'));
  }

  // ---- move

  async move(from, to) {
    const guarded = isPath(from) && isPath(to) && (this.#mounts.ours(from) ?? this.#mounts.ours(to)) !== undefined;
    if (!guarded) return this.#core.move(from, to);
    return this.#move(withoutSlash(from), withoutSlash(to));
  }

  async #move(from, to) {
    const [source, target] = [this.#mounts.ours(from), this.#mounts.ours(to)];
    if (source?.relative === '' || this.#mounts.below(from).length > 0) throw busy(from, to);
    if (source?.point === target?.point) return this.#rename(from, to);
    // Of what is no directory, and of one into itself, core's kernel says what is wrong.
    if (isWithin(to, from) || !isDirectory(await this.#vfs.lstat(from))) return this.#kernel.rename(from, to);
    await this.#vm.mkdir(posix.dirname(to), { recursive: true });
    await this.#copy(from, to);
    return this.#vm.delete(from, { recursive: true });
  }

  // Core makes the directories above the new place of a directory, not of a file.
  async #rename(from, to) {
    try {
      return await this.#kernel.rename(from, to);
    } catch (error) {
      if (error.code !== 'ENOENT' || !isDirectory(await this.#look(from))) throw error;
      await this.#vm.mkdir(posix.dirname(to), { recursive: true });
      return this.#kernel.rename(from, to);
    }
  }

  async #copy(from, to) {
    const stat = await this.#vfs.lstat(from);
    if (stat.isSymbolicLink) return this.#vfs.symlink(await this.#vfs.readlink(from), to);
    if (stat.isDirectory) await this.#copyDirectory(from, to);
    else await this.#copyFile(from, to);
    await this.#vfs.chown(to, stat.uid, stat.gid).catch(ignore('EPERM', 'ENOSYS')); // as mv(1) does
    return this.#vfs.chmod(to, stat.mode);
  }

  // Into a directory that is there already, as core does; not into what a link there points to.
  async #copyDirectory(from, to) {
    const there = await this.#vfs.lstat(to).catch(ignore('ENOENT'));
    if (there === undefined || !isDirectory(there)) await this.#kernel.mkdir(to);
    for (const child of await this.#children(from)) await this.#copy(child, posix.join(to, posix.basename(child)));
  }

  // In the place of a link that is there already.
  async #copyFile(from, to) {
    const content = await this.#kernel.readFile(from);
    const there = await this.#vfs.lstat(to).catch(ignore('ENOENT'));
    if (there?.isSymbolicLink) await this.#kernel.removeFile(to);
    return this.#kernel.writeFile(to, content);
  }

  // ---- readdirRecursive

  async readdirRecursive(path, options) {
    if (!isPath(path) || !this.#mounts.anyOursIn(withoutSlash(path))) return this.#core.readdirRecursive(path, options);
    return this.#list(withoutSlash(path), options ?? {});
  }

  // As core: a directory's entries before those of the directories in it.
  async #list(path, { maxDepth, exclude }) {
    const listed = maxDepth === undefined && exclude === undefined ? await this.#listAtOnce(path) : undefined;
    if (listed !== undefined) return listed;
    const excluded = new Set(exclude);
    const found = [];
    const directories = [{ directory: path, depth: 0 }];
    for (const { directory, depth } of directories) {
      for (const entry of await this.#entries(directory, excluded)) {
        found.push(entry);
        const descend = entry.type === 'directory' && (maxDepth === undefined || depth < maxDepth);
        if (descend) directories.push({ directory: entry.path, depth: depth + 1 });
      }
    }
    return found;
  }

  // Whether what a directory holds, its mounts too, is our driver's alone.
  #isWhollyOurs(path) {
    return !this.#restricted && this.#mounts.ours(path) !== undefined && this.#mounts.below(path).length === 0;
  }

  // The whole tree in one operation; undefined where it takes more.
  async #listAtOnce(path) {
    if (!this.#isWhollyOurs(path)) return undefined;
    const { driver, relative } = this.#mounts.ours(path);
    const entries = await driver.readDirRecursive(relative).catch(ignore('ENOSYS'));
    const depth = (entry) => entry.path.split('/').length;
    entries?.sort((a, b) => depth(a) - depth(b));
    return entries?.map((entry) => describe(posix.join(path, entry.path), entry.stat));
  }

  async #entries(path, excluded) {
    if (!this.#isWhollyOurs(path)) return this.#entriesOneByOne(path, excluded);
    const { driver, relative } = this.#mounts.ours(path);
    const entries = (await driver.readDirStat(relative)).filter(({ name }) => !excluded.has(name));
    return entries.map(({ name, stat }) => describe(posix.join(path, name), stat));
  }

  async #entriesOneByOne(path, excluded) {
    const entries = [];
    for (const child of await this.#children(path)) {
      if (!excluded.has(posix.basename(child))) entries.push(describe(child, await this.#look(child)));
    }
    return entries;
  }
}

// What AgentOs.create's options say of a VM, before core has them.
function policyOf(options) {
  return { mounts: new Mounts(options), restricted: options?.permissions !== undefined };
}

// Replaces a method of an object by one that looks like it; `make` is given the one that was there.
function replace(object, name, make) {
  const original = object[name];
  const value = make(original.bind(object));
  for (const key of ['name', 'length']) Object.defineProperty(value, key, { value: original[key], configurable: true });
  Object.defineProperty(object, name, { value, writable: true, configurable: true });
}

// Mounts come and go by the VM, and by the kernel that it shows.
function watchMounts(object, mounts) {
  replace(object, 'mountFs', (mountFs) => (path, driver, options) => {
    mountFs(path, driver, options);
    mounts.add(path, driver, options?.readOnly);
  });
  replace(object, 'unmountFs', (unmountFs) => (path) => {
    unmountFs(path);
    mounts.remove(path);
  });
}

// The VM, guarded; as it is, where it is none that this file knows.
function guard(vm, policy) {
  if (METHODS.some((name) => typeof vm?.[name] !== 'function') || vm.kernel?.vfs === undefined) return vm;
  const guarded = new Guard(vm, policy);
  for (const name of METHODS) replace(vm, name, () => guarded[name].bind(guarded));
  for (const object of [vm, vm.kernel]) watchMounts(object, policy.mounts);
  return vm;
}

module.exports = { guard, policyOf };
