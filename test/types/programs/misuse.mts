// What must not pass: each line after an expectation is an error, and tsc complains of an expectation without one.
import { createSandboxFs, createSandboxToolkit, type SandboxClient } from "@rivet-dev/agent-os-sandbox";

declare const client: SandboxClient;

// @ts-expect-error no options
createSandboxFs();
// @ts-expect-error no client
createSandboxFs({});
// @ts-expect-error a client is no URL
createSandboxFs({ client: "http://127.0.0.1:2468" });
// @ts-expect-error
createSandboxFs({ client: 2468 });
// @ts-expect-error
createSandboxFs({ client: {} });
// @ts-expect-error
createSandboxFs({ client: null });
// @ts-expect-error misspelt
createSandboxFs({ client, basepath: "/app" });
// @ts-expect-error
createSandboxFs({ client, basePath: 5 });
// @ts-expect-error
createSandboxFs({ client, timeoutMs: "30s" });
// @ts-expect-error
createSandboxFs({ client, readOnly: "yes" });
// @ts-expect-error
createSandboxFs({ client, maxFullReadBytes: "1 MiB" });
// @ts-expect-error of the file system
createSandboxToolkit({ client, basePath: "/app" });
// @ts-expect-error
createSandboxToolkit({ client, env: { A: 1 } });
// @ts-expect-error
createSandboxToolkit({ client, registerCommand: "no" });

const fs = createSandboxFs({ client });
// @ts-expect-error
fs.readFile(5);
// @ts-expect-error
fs.writeFile("/a", 5);
// @ts-expect-error
fs.pwrite("/a", 0, "text");
// @ts-expect-error
fs.unlink("/a");
// @ts-expect-error it blocks: there is no promise
fs.prepareOpenSync("/a", 0).then();
// @ts-expect-error
fs.createWriteStream("/a", { flags: "r" });
// @ts-expect-error of what is read alone
fs.createWriteStream("/a", { end: 5 });
// @ts-expect-error
fs.createReadStream("/a", { encoding: "utf9" });
// @ts-expect-error
fs.createReadStream("/a", { flags: "w" });
// @ts-expect-error
fs.createReadStream("/a", "utf9");
// @ts-expect-error a stream, not a promise of one
(await fs.createReadStream("/a")).then();
// @ts-expect-error
fs.rm("/a", { recursive: "yes" });

const { tools } = createSandboxToolkit({ client });
// @ts-expect-error
tools["run-command"].execute({ cmd: "ls" });
// @ts-expect-error
tools["run-command"].execute({ command: "ls", args: "-l" });
// @ts-expect-error
tools["get-process-logs"].execute({ id: "proc_1", stream: "both" });
// @ts-expect-error
tools["no-such-tool"];
// @ts-expect-error
createSandboxFs({ client, owner: { uid: "root", gid: 0 } });
