// What a user may write, and what the types are for. Core's and the SDK's types are the real ones.
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { SandboxAgent } from "sandbox-agent";
import { AgentOs, type AgentOsOptions, type ToolKit, type VirtualFileSystem } from "@rivet-dev/agent-os-core";
import common from "@rivet-dev/agent-os-common";
import {
  createSandboxFs,
  createSandboxHostFunctions,
  createSandboxToolkit,
  sandboxCommand,
  type SandboxClient,
  type SandboxError,
  type SandboxFs,
  type SandboxFsOptions,
  type SandboxStatFs,
  type SandboxToolkit,
  type SandboxToolkitOptions,
} from "@rivet-dev/agent-os-sandbox";

const agent = await SandboxAgent.connect({ baseUrl: "http://127.0.0.1:2468", token: "t" });
const client: SandboxClient = agent;

const fsOptions: SandboxFsOptions = { client, basePath: "/app", timeoutMs: 1000, readOnly: true, maxFullReadBytes: 1 << 20 };
const fs: SandboxFs = createSandboxFs(fsOptions);
const driver: VirtualFileSystem = fs;
const owned: SandboxFs = createSandboxFs({ client, owner: { uid: 1000, gid: 1000 } });
await owned.chown("/a", 1, 2, { followSymlinks: false });
const { exitCode }: { exitCode?: number | null } = await createSandboxHostFunctions({ client, cwd: "/app" }).runCommand.execute({ command: "ls" });
console.log(exitCode);

const toolkitOptions: SandboxToolkitOptions = { client, cwd: "/app", env: { A: "b" }, timeoutMs: 1000, registerCommand: false };
const toolkit: SandboxToolkit = createSandboxToolkit(toolkitOptions);
const toolKit: ToolKit = toolkit;

const options: AgentOsOptions = {
  software: [common, sandboxCommand],
  mounts: [{ path: "/sandbox", driver: createSandboxFs({ client: agent }), readOnly: true }],
  toolKits: [toolKit, createSandboxToolkit({ client: agent })],
};
const vm = await AgentOs.create(options);
vm.mountFs("/second", driver);

const bytes: Uint8Array = await fs.pread("/a", 0, 4);
await fs.writeFile("/a", bytes);
await fs.writeFile("/a", new DataView(new ArrayBuffer(4), 1));
await fs.writeFile("/a", new ArrayBuffer(4));
await fs.writeFile("/a", Buffer.from("a"));
await fs.mkdir("/d/e", { recursive: true });
const created: boolean = fs.prepareOpenSync("/a", 0o100 | 0o1000);
const ino: number = (await fs.readDirStat("/"))[0]!.stat.ino;
const { bavail, bsize }: SandboxStatFs = await fs.statfs("/a");
await fs.rm("/d", { recursive: true, force: true });
const deep: string[] = (await fs.readDirRecursive("/")).filter((entry) => entry.stat.size > 0).map((entry) => entry.path);
const writer: Writable = fs.createWriteStream("/b", { flags: "r+", start: 4, encoding: "hex", signal: AbortSignal.timeout(5) });
await pipeline(fs.createReadStream("/a", { start: 1, end: 9, highWaterMark: 5 }), writer);
for await (const piece of fs.createReadStream(deep[0]!, { encoding: "utf8", flags: "r" })) console.log(piece);
const reader = fs.createReadStream("/a", "utf8");
reader.on("ready", () => console.log(reader.path, reader.bytesRead, reader.pending));
console.log(fs.createWriteStream("/a", { emitClose: false }).bytesWritten);
try {
  await fs.fsync("/a");
} catch (error) {
  const { code, errno, syscall, path, cause }: SandboxError = error as SandboxError;
  console.log(code, errno, syscall, path, cause, created, ino, bavail * bsize);
}

const run = await toolkit.tools["run-command"].execute({ command: "ls -l", timeoutMs: 5 });
const text: string = run.stdout + run.exitCode;
const { logs } = await toolkit.tools["get-process-logs"].execute({ id: text, stream: "stderr", tail: 3 });
const all: string = logs.map((log) => log.data).join("");
await toolkit.tools["send-input"].execute({ id: all, input: "yes" });
await toolkit.tools["list-processes"].execute({});

{
  await using disposable = createSandboxFs({ client });
  await disposable.exists("/");
}
await toolkit.close();
