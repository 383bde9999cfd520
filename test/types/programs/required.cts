// The same types for require().
import sandbox = require("@rivet-dev/agent-os-sandbox");

declare const client: sandbox.SandboxClient;
const fs: sandbox.SandboxFs = sandbox.createSandboxFs({ client });
const directory: string = sandbox.sandboxCommand.commandDir;
void fs.writeFile("/a", directory);
// @ts-expect-error
sandbox.createSandboxToolkit({ client, registercommand: false });
