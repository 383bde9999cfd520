// remains.mjs: what is there in a sandbox after a tool's call: processes, records and files.
//
// SPDX-License-Identifier: Apache-2.0

/** Whether a process of the sandbox is there, and no zombie. */
export const lives = (sandbox, pid) =>
  sandbox.sh('grep -q "^State:.[^Z]" "/proc/$1/status"', String(pid).trim()).then(
    () => true,
    () => false,
  );

/** What the server has as processes, and which files of ours there are, beside the companion itself. */
export async function remains(sandbox) {
  const processes = (await sandbox.client.listProcesses()).processes.filter(({ args }) => args[0] !== 'serve');
  const files = await sandbox.sh('ls "$HOME/.cache/agentos-sandbox" | grep -v "^companion-" || true');
  return { processes, files };
}
