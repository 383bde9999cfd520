// index.d.ts: the types of what the package exports. They stand alone: core and the SDK are optional for whoever
// reads them, but `driver:`, `toolKits:` and `software:` of core take these objects, and the SDK's SandboxAgent is
// a SandboxClient. A test holds them together.
//
// SPDX-License-Identifier: Apache-2.0
/// <reference lib="esnext.disposable" />

/**
 * A client of the `sandbox-agent` SDK, from `SandboxAgent.start` or `SandboxAgent.connect`, whichever its provider.
 * Its base URL, token, headers and `fetch` are read at each request. (TypeScript knows a client by these two methods; they
 * are not called.)
 */
export interface SandboxClient {
  statFs(query: { path: string }): Promise<unknown>;
  runProcess(request: { command: string }): Promise<unknown>;
}

// Node's own; where there are no types of Node.js, any.
// @ts-ignore
export type SandboxAbortSignal = AbortSignal;

/** What every method, and `execute` of a tool, takes as its last argument. */
export interface SandboxCallOptions {
  /**
   * Rejects with its reason at once when it is aborted, and frees the connection where that carries nothing else. A
   * change that was sent already may have completed: the `cause` of a reason that is an Error without one says so.
   */
  signal?: SandboxAbortSignal;
  /** Deadline of this call, in milliseconds. Default: that of the object. */
  timeoutMs?: number;
}

export interface SandboxTransferOptions extends SandboxCallOptions {
  /** Called with how much is there: more each time, and `bytes === total` at the end. */
  onProgress?: (progress: { bytes: number; total: number }) => void;
}

/**
 * A client, or a function that gives one or a promise of one: the sandbox starts at the first use, once for every file
 * system and toolkit that was given the same function. Operations wait for it until their deadline (prepareOpenSync,
 * which cannot wait, is EAGAIN); a failed start is EHOSTUNREACH with its error as `cause`, and tried again at the next
 * use.
 */
export type SandboxClientSource = SandboxClient | (() => SandboxClient | Promise<SandboxClient>);

export interface SandboxFsOptions {
  client: SandboxClientSource;
  /** Of each call that has no signal of its own. */
  signal?: SandboxAbortSignal;
  /**
   * After so many milliseconds without an operation, and where no process of the sandbox runs, `onIdle` is called with
   * the client, to pause or destroy the sandbox. Of a `client` that is a function, and of all that share it.
   */
  idleTimeoutMs?: number;
  onIdle?: (client: any) => unknown;
  /**
   * The absolute path of the sandbox's directory that is seen as `/`. `..` never leaves it; a symlink may: it is a
   * view, not a jail. Default: `/`.
   */
  basePath?: string;
  /**
   * Deadline of each operation, in milliseconds; for contents, the time without progress. Default: 30,000. A sandbox that is
   * still starting is waited for until then.
   */
  timeoutMs?: number;
  /** Answer everything that would change something with EROFS, without asking. Default: false. */
  readOnly?: boolean;
  /** A content longer than this many bytes that is read whole is EFBIG. Default: 4 GiB - 1. */
  maxFullReadBytes?: number;
  /**
   * The program in the sandbox that makes the file system exact. `'auto'`: it is put there once, into a private
   * directory. `{ path }`: it is there already, at this absolute path. `false`: never; HTTP alone. Default: `'auto'`.
   */
  companion?: 'auto' | false | { path: string };
  /**
   * An http or https URL of a proxy, with name and password where it wants them; they are in no error. Default: that of
   * the environment (http_proxy, https_proxy, no_proxy) where Node's own switch turns it on (`NODE_USE_ENV_PROXY=1`).
   */
  proxy?: string;
  /**
   * How requests leave. `'native'`: by libcurl. `'fetch'`: by the client's own `fetch`, on the main thread. `'auto'`:
   * by that where the client has no URL, or a `fetch` that is not Node's: its own, or one that had
   * taken the place of `globalThis.fetch`, after this package was loaded, when the client was first given to it. Default: `'auto'`.
   */
  transport?: 'auto' | 'native' | 'fetch';
  /**
   * What was just asked, or came with a listing, is answered from memory: attributes, names that are not there,
   * listings, links, contents up to 64 KiB. The own file systems and tools see their changes at once; what others change in the sandbox is seen `ttlMs`
   * after at the latest. `false`: everything is asked. Default: `{ ttlMs: 1000, maxBytes: 33554432 }`.
   */
  cache?: false | { ttlMs?: number; maxBytes?: number };
  /**
   * The owner that `stat`, `lstat` and every listing with attributes show, whoever it is in the sandbox; the mode stays
   * true. `chown` to that owner changes nothing. For a VM whose kernel checks modes against its guest's own user, as that
   * of `@rivet-dev/agentos-core` does. Default: the true one.
   */
  owner?: { uid: number; gid: number };
}

/** Which way operations take. */
export interface SandboxLane {
  lane: 'companion' | 'http';
  /**
   * How the companion is reached: started for each batch, or asked where it stays, which is near by and in use only: by the
   * server's stream of its log, or by questions for that. null over HTTP.
   */
  carrier: 'run' | 'stream' | 'poll' | null;
  /** Why it is HTTP; null with the companion. */
  reason: string | null;
}

export interface SandboxToolkitOptions {
  client: SandboxClientSource;
  /**
   * Tells the toolkits of one VM apart: that of the name `build` is the command `agentos-build`. Lower-case letters and
   * digits, with single hyphens between them, 32 characters at most. Default: `sandbox`.
   */
  name?: string;
  /** Of each call that has no signal of its own. */
  signal?: SandboxAbortSignal;
  /**
   * After so many milliseconds without an operation, and where no process of the sandbox runs, `onIdle` is called with
   * the client, to pause or destroy the sandbox. Of a `client` that is a function, and of all that share it.
   */
  idleTimeoutMs?: number;
  onIdle?: (client: any) => unknown;
  /** Working directory, an absolute path of the sandbox, of every program that names none. Default: the server's. */
  cwd?: string;
  /** Variables added to the environment of every program; those of a call win over them. */
  env?: Record<string, string>;
  /**
   * Deadline of each call, in milliseconds; for a program that is waited for, beyond its own limit. Default: 30,000.
   */
  timeoutMs?: number;
  /**
   * The program in the sandbox that supervises what the tools start: as for {@link SandboxFsOptions}. With `false` it is
   * the server's own endpoints, which end no more than the one process that they started. Default: `'auto'`.
   */
  companion?: 'auto' | false | { path: string };
  /** As for {@link SandboxFsOptions}. */
  proxy?: string;
  /** How requests leave: as for {@link SandboxFsOptions}. Default: `'auto'`. */
  transport?: 'auto' | 'native' | 'fetch';
  /**
   * Whether `AgentOs.create` also gets the command `agentos-sandbox` (`agentos-<name>`) with this toolkit. Default: true. With false the
   * VM has the command only if `software` has it (see {@link sandboxCommand}).
   */
  registerCommand?: boolean;
}

/**
 * What methods reject with, and `prepareOpenSync` throws: an error of Node's kind, such as
 * `ENOENT: no such file or directory, open '/x'`. The server's own words are its `cause`. A token is in none.
 *
 * Wrong arguments are a TypeError with the code `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE`; nothing is sent.
 */
export interface SandboxError extends Error {
  /**
   * The name of the errno. Of the connection: ECONNREFUSED; ETIMEDOUT at a deadline; EACCES for a token that is
   * refused; EPROTO or EIO for a reply that is none; EIO where a change may have happened; EBADF after `close()`.
   */
  code: string;
  /** Linux's number of it, negative, on every host. */
  errno: number;
  /** What was called, in Node's word, e.g. `open` or `scandir`; a tool's error has none. */
  syscall?: string;
  path?: string;
  /** The second path, of operations that have two. */
  dest?: string;
}

export interface SandboxStat {
  /** Type and permissions, as in Linux's st_mode. */
  mode: number;
  /** Bytes. */
  size: number;
  /** Blocks of 512 bytes. */
  blocks: number;
  dev: number;
  rdev: number;
  ino: number;
  nlink: number;
  uid: number;
  gid: number;
  /** This and the other times: milliseconds since 1970. */
  atimeMs: number;
  mtimeMs: number;
  ctimeMs: number;
  birthtimeMs: number;
  /** This and the other three: nanoseconds since 1970, exact. Not enumerable. */
  atimeNs: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
  birthtimeNs: bigint;
  isDirectory: boolean;
  isSymbolicLink: boolean;
}

/** A file system, as Node's fs.statfs has it: blocks of `bsize` bytes, and files. */
export interface SandboxStatFs {
  type: number;
  bsize: number;
  blocks: number;
  bfree: number;
  bavail: number;
  files: number;
  ffree: number;
}

export interface SandboxDirEntry {
  name: string;
  isDirectory: boolean;
  isSymbolicLink: boolean;
  ino: number;
}

export interface SandboxDirStatEntry extends SandboxDirEntry {
  stat: SandboxStat;
}

/** An entry of a tree. */
export interface SandboxTreeEntry {
  /** From the directory that was asked for: `sub/file`. */
  path: string;
  isDirectory: boolean;
  isSymbolicLink: boolean;
  ino: number;
  /** As lstat has it. */
  stat: SandboxStat;
}

// Node's own; where there are no types of Node.js, any.
// @ts-ignore
type Readable = import('node:stream').Readable;
// @ts-ignore
type Writable = import('node:stream').Writable;

/** It emits `ready` once the file is known to be there; there is no `open`, which would give a descriptor. */
export type SandboxReadStream = Readable & {
  /** As it was given. */
  readonly path: string;
  readonly bytesRead: number;
  /** Whether `ready` is to come. */
  readonly pending: boolean;
};

/** It emits `ready` once the file is made, emptied or found. */
export type SandboxWriteStream = Writable & {
  readonly path: string;
  readonly bytesWritten: number;
  readonly pending: boolean;
};

export interface SandboxStreamOptions {
  /** The first byte. Default: 0. */
  start?: number;
  /** Bytes of a piece. Default: 512 KiB of a reader, 8 MiB of a writer. */
  highWaterMark?: number;
  /** Whether the stream emits `close` at its end. Default: true. */
  emitClose?: boolean;
  /** Ends the stream with an AbortError. */
  signal?: SandboxAbortSignal;
}

export interface SandboxReadStreamOptions extends SandboxStreamOptions {
  /** The last byte, which belongs to it. Default: Infinity. */
  end?: number;
  flags?: 'r';
  /** Give strings, not bytes. */
  encoding?: SandboxEncoding;
}

export interface SandboxWriteStreamOptions extends SandboxStreamOptions {
  /**
   * `w`: make the file or empty it. `wx`: make it; EEXIST where it is there. `a`: make it, or go on where it ends when
   * it is opened (no `start`): what others add meanwhile is written over. `r+`: it is there. Default: `w`.
   */
  flags?: 'w' | 'wx' | 'a' | 'r+';
  /** Of strings that are written without one. Default: `utf8`. */
  encoding?: SandboxEncoding;
}

/** Node's BufferEncoding. */
export type SandboxEncoding =
  | 'ascii' | 'utf8' | 'utf-8' | 'utf16le' | 'ucs2' | 'ucs-2' | 'base64' | 'base64url' | 'latin1' | 'binary' | 'hex';

/**
 * The sandbox's files: core's VirtualFileSystem, with its optional methods. Paths are taken from `basePath`, with or
 * without a leading `/`; `""` is the root. Every method but prepareOpenSync rejects with a {@link SandboxError}.
 * Where there is no companion, what the server's HTTP interface cannot do is ENOSYS.
 */
export interface SandboxFs {
  /** The way that operations take now. */
  readonly lane: SandboxLane;
  readFile(path: string, options?: SandboxTransferOptions): Promise<Uint8Array>;
  /** As UTF-8. */
  readTextFile(path: string, options?: SandboxCallOptions): Promise<string>;
  readDir(path: string, options?: SandboxCallOptions): Promise<string[]>;
  readDirWithTypes(path: string, options?: SandboxCallOptions): Promise<SandboxDirEntry[]>;
  readDirStat(path: string, options?: SandboxCallOptions): Promise<SandboxDirStatEntry[]>;
  /** Creates the file and the directories above it, or replaces its content. A string is written as UTF-8. */
  writeFile(path: string, content: string | ArrayBuffer | ArrayBufferView, options?: SandboxTransferOptions): Promise<void>;
  createDir(path: string, options?: SandboxCallOptions): Promise<void>;
  mkdir(path: string, options?: { recursive?: boolean } & SandboxCallOptions): Promise<void>;
  /** False where nothing is there; rejects where that cannot be found out. */
  exists(path: string, options?: SandboxCallOptions): Promise<boolean>;
  stat(path: string, options?: SandboxCallOptions): Promise<SandboxStat>;
  /** stat of a symlink itself. */
  lstat(path: string, options?: SandboxCallOptions): Promise<SandboxStat>;
  removeFile(path: string, options?: SandboxCallOptions): Promise<void>;
  /** Removes an empty directory. */
  removeDir(path: string, options?: SandboxCallOptions): Promise<void>;
  rename(oldPath: string, newPath: string, options?: SandboxCallOptions): Promise<void>;
  realpath(path: string, options?: SandboxCallOptions): Promise<string>;
  symlink(target: string, linkPath: string, options?: SandboxCallOptions): Promise<void>;
  readlink(path: string, options?: SandboxCallOptions): Promise<string>;
  link(oldPath: string, newPath: string, options?: SandboxCallOptions): Promise<void>;
  chmod(path: string, mode: number, options?: SandboxCallOptions): Promise<void>;
  /** Of a symlink itself where `followSymlinks` is false. */
  chown(path: string, uid: number, gid: number, options?: { followSymlinks?: boolean } & SandboxCallOptions): Promise<void>;
  /**
   * Both times since 1970: a number of milliseconds, or a BigInt of nanoseconds. A file whose time has these whole
   * milliseconds already keeps it; where so the time of access alone would change, a refusal is no failure.
   */
  utimes(path: string, atime: number | bigint, mtime: number | bigint, options?: SandboxCallOptions): Promise<void>;
  truncate(path: string, length: number, options?: SandboxCallOptions): Promise<void>;
  /** At most `length` bytes from `offset` on; fewer at the end of the file. */
  pread(path: string, offset: number, length: number, options?: SandboxCallOptions): Promise<Uint8Array>;
  pwrite(path: string, offset: number, data: ArrayBuffer | ArrayBufferView, options?: SandboxTransferOptions): Promise<void>;
  /** Always resolves. */
  fsync(path: string, options?: SandboxCallOptions): Promise<void>;
  copy(srcPath: string, dstPath: string, options?: SandboxCallOptions): Promise<void>;
  /**
   * Removes as Node's fs.rm does: a symlink as a symlink, a directory only with `recursive`; with `force` what is not
   * there is no failure.
   */
  rm(path: string, options?: { recursive?: boolean; force?: boolean } & SandboxCallOptions): Promise<void>;
  /** All that stands below a directory; a directory comes before what it holds, and no symlink is followed. */
  readDirRecursive(path: string, options?: SandboxCallOptions): Promise<SandboxTreeEntry[]>;
  /** The file system that holds the path. */
  statfs(path: string, options?: SandboxCallOptions): Promise<SandboxStatFs>;
  /** prepareOpenSync, without blocking. */
  prepareOpen(path: string, flags: number, options?: SandboxCallOptions): Promise<boolean>;
  /**
   * What core asks before it opens a file for writing, with the flags O_CREAT (0o100), O_EXCL (0o200) and O_TRUNC
   * (0o1000): creates or empties the file and tells whether it was created. Blocks for up to four requests,
   * five seconds at most, and throws a {@link SandboxError}. Where requests leave by the client's `fetch`, nothing blocks: it
   * answers from a `stat` of the path just before it (without one, false), the file is created or emptied before what
   * is asked after it, and if that fails, the next operation on the path has its error.
   */
  prepareOpenSync(path: string, flags: number, options?: SandboxCallOptions): boolean;
  /** A range of a file, or all of it, in pieces: a few of them are asked for ahead. */
  createReadStream(path: string, options?: SandboxReadStreamOptions | SandboxEncoding | null): SandboxReadStream;
  /**
   * A file that is written piece by piece; at every moment it holds a beginning of the content. (writeFile leaves the
   * old content until the new one is whole in the sandbox.)
   */
  createWriteStream(path: string, options?: SandboxWriteStreamOptions | SandboxEncoding | null): SandboxWriteStream;
  /** Waits for what is in flight, then frees the sockets. Later calls are EBADF. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** One tool as core takes it. `execute` rejects with a {@link SandboxError}, or with `usage: …` for a wrong input. */
export interface SandboxTool<Input, Output> {
  /** At most 200 characters: with the examples, it is what an agent sees. */
  description: string;
  /** A zod 4 schema. Its type is left open, so that core may have another copy of zod. */
  inputSchema: any;
  examples: { description: string; input: Input }[];
  /** How long core waits for an answer, in milliseconds. */
  timeout: number;
  /** An abort of run-command ends the program, with all that descends from it; without a companion its limit does. */
  execute(input: Input, options?: SandboxCallOptions): Promise<Output>;
}

/** Every tool's fields may also come in `json`, as one JSON object; the same field outside of it wins. */
export interface JsonInput {
  json?: string;
}

export interface ProgramInput extends JsonInput {
  /** The program. Without `args`, what holds whitespace or a shell's special characters runs under `sh -c`. */
  command?: string;
  /** Its arguments, never split. */
  args?: string[];
  cwd?: string;
  /** An object, or a list of `NAME=VALUE`. */
  env?: Record<string, string> | string[];
}

export interface RunCommandInput extends ProgramInput {
  /** Milliseconds after which the program is ended, with all that descends from it. Default: 120,000; at most a day. */
  timeoutMs?: number;
  /**
   * Milliseconds after which a program that goes on is answered with `status: 'running'`. Default: 25,000, which is the
   * most that the VM may ask for; a call of `execute` by a host program may wait longer. Without a companion nothing goes
   * on: the program is ended then, and after 18,000 in any case.
   */
  waitMs?: number;
  /** Instead of `command`: a program that goes on, by the id of its answer; it is waited for again. */
  id?: string;
  /** Text that is its standard input, 2 MiB at most. Default: none, it is empty. Without the companion: ENOTSUP. */
  stdin?: string;
  /** Bytes of each stream that come back whole; of more its head and its tail. Default: 1 MiB; at most 64 MiB. */
  maxOutputBytes?: number;
}

export interface CreateProcessInput extends ProgramInput {
  /** Give it a terminal. Default: false. */
  tty?: boolean;
  /** The terminal's size. Default: 80 and 24. */
  cols?: number;
  rows?: number;
  /** Answer when something listens on this TCP port of the sandbox. Where something does already: EBUSY. */
  waitForPort?: number;
  /** Answer when it has printed this text. */
  waitForLog?: string;
  /** Milliseconds to wait for that. Default: 20,000. */
  waitMs?: number;
}

export interface ProcessInput extends JsonInput {
  id?: string;
}

export interface ProcessLogsInput extends ProcessInput {
  stream?: 'stdout' | 'stderr' | 'combined' | 'pty';
  /** Only the last so many lines. */
  tail?: number;
  /** Only what came later: `nextSince` of an earlier answer. */
  since?: string;
  /** Milliseconds to wait for more; it answers earlier where the process ends. */
  follow?: number;
}

export interface SendInputInput extends ProcessInput {
  /** A typed line: a newline is added where it has none. */
  input?: string;
  /** Text that is sent exactly. */
  data?: string;
  /** How `data` is written. Default: `utf8`. */
  encoding?: 'utf8' | 'base64';
  /** Then end the input: of a terminal by Ctrl-D; of a pipe where the companion supervises the process, else ENOTSUP. */
  eof?: boolean;
}

export interface RunCommandResult {
  stdout: string;
  stderr: string;
  /** Absent, or null, where a signal ended the program. */
  exitCode?: number | null;
  /** The signal that ended it, such as `SIGTERM`; not known without a companion. */
  signal?: string;
  /** Its time was over: what it printed until then is there. */
  timedOut: boolean;
  durationMs: number;
  /** The program goes on, and what it printed so far is there. */
  status?: 'running';
  /** Then: what it is asked for again by. It is one of the processes, unless the server had no place for more. */
  id?: string;
  /**
   * There was more than `maxOutputBytes`: of it there are the head and the tail, and between them
   * `[N bytes left out]`. Without a companion there is the first MiB alone.
   */
  stdoutTruncated?: true;
  stderrTruncated?: true;
  /** Where not all of it is UTF-8: both streams are base64. */
  encoding?: 'base64';
  /** What to do about a program that takes longer, or goes on. */
  hint?: string;
  /** Where no companion supervised it: what is not promised, in a sentence. */
  caveat?: string;
}

/** A process; what does not apply to its state is absent. */
export interface SandboxProcess {
  id: string;
  command?: string;
  args?: string[];
  status: string;
  exitCode?: number | null;
  /** The program's own. In a listing null once it has ended, or where the companion that supervises it cannot be asked. */
  pid?: number | null;
  /** Of create-process, stop-process and kill-process where no companion supervises it: what is not promised. */
  caveat?: string;
}

export interface ProcessLog {
  /** Text, in which no character is cut in two. */
  data: string;
  /** Where `data` is base64, of bytes that are no UTF-8. */
  encoding?: 'base64';
  stream: 'stdout' | 'stderr' | 'pty';
  timestampMs: number;
}

export interface ProcessLogsResult {
  logs: ProcessLog[];
  /** For `since`, to read on from here. */
  nextSince: string;
  status: string;
  /** Of a process that has ended; null where a signal ended it. */
  exitCode?: number | null;
  /** That signal, such as `SIGTERM`; not known without a companion. */
  signal?: string;
  /** The log holds the last 10 MiB: so many entries, of 8 KiB at most, that were asked for are gone. */
  droppedEntries?: number;
}

export interface CreatedProcess extends SandboxProcess {
  /** Where `waitForPort` or `waitForLog` was given. */
  ready?: boolean;
  /** Where it is not ready: its last lines, `since` for more, and what to do. */
  logs?: ProcessLog[];
  nextSince?: string;
  hint?: string;
}

// An alias, not an interface: core's Record<string, HostTool> takes only an alias.
export type SandboxTools = {
  'run-command': SandboxTool<RunCommandInput, RunCommandResult>;
  'create-process': SandboxTool<CreateProcessInput, CreatedProcess>;
  'list-processes': SandboxTool<JsonInput, { processes: SandboxProcess[] }>;
  'get-process-logs': SandboxTool<ProcessLogsInput, ProcessLogsResult>;
  'stop-process': SandboxTool<ProcessInput, SandboxProcess>;
  'kill-process': SandboxTool<ProcessInput, SandboxProcess>;
  'send-input': SandboxTool<SendInputInput, { sent: boolean }>;
};

/** The toolkit `sandbox`, or of the `name` it was given, for core's `toolKits`. */
export interface SandboxToolkit {
  readonly name: string;
  readonly description: string;
  readonly tools: SandboxTools;
  /** Waits for what is in flight, then frees the sockets. Later calls are EBADF. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** One tool as core's successor takes it; its description is that of its schema. */
export interface SandboxHostFunction<Input, Output> {
  inputSchema: any;
  examples: { description: string; input: Input }[];
  timeout: number;
  execute(input: Input, options?: SandboxCallOptions): Promise<Output>;
}

/** The seven tools as core's successor takes them: `runCommand` is its command `run-command`. */
export type SandboxHostFunctions = {
  runCommand: SandboxHostFunction<RunCommandInput, RunCommandResult>;
  createProcess: SandboxHostFunction<CreateProcessInput, CreatedProcess>;
  listProcesses: SandboxHostFunction<JsonInput, { processes: SandboxProcess[] }>;
  getProcessLogs: SandboxHostFunction<ProcessLogsInput, ProcessLogsResult>;
  stopProcess: SandboxHostFunction<ProcessInput, SandboxProcess>;
  killProcess: SandboxHostFunction<ProcessInput, SandboxProcess>;
  sendInput: SandboxHostFunction<SendInputInput, { sent: boolean }>;
};

/** An entry of core's `software`. */
export type SandboxCommand = {
  readonly name: string;
  readonly description: string;
  /** The directory of the WebAssembly command. */
  readonly commandDir: string;
  readonly commands: readonly { readonly name: string; readonly permissionTier: 'full' }[];
};

/** The sandbox's files as a file system for core's `mounts: [{ path, driver }]`. */
export function createSandboxFs(options: SandboxFsOptions): SandboxFs;

/**
 * The sandbox's programs as tools for core's `toolKits`. In the VM they are the command `agentos-sandbox`, which
 * `AgentOs.create` gets with it; where that cannot be done, a process warning `AGENTOS_SANDBOX_COMMAND` says so.
 */
export function createSandboxToolkit(options: SandboxToolkitOptions): SandboxToolkit;

/**
 * The same tools for core's successor, `@rivet-dev/agentos-core`: `hostFunctions: { sandbox: … }` makes them the command
 * `agentos-sandbox` of its VM. They have no `close()`: what they hold goes with the last reference to them.
 */
export function createSandboxHostFunctions(
  options: Omit<SandboxToolkitOptions, 'registerCommand' | 'name'>,
): SandboxHostFunctions;

/**
 * The command `agentos-sandbox` as an entry of `software`, for a core that this package cannot extend (a second or a
 * bundled copy): `software: [common, sandboxCommand]`. For a toolkit with a name of its own: `sandboxCommand.named(name)`.
 */
export const sandboxCommand: SandboxCommand & { named(name: string): SandboxCommand };
