// The types of this package with those of core's successor: the README's program passes, what is wrong does not.
//
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { installed } from "./vm.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const core = path.join(installed, "node_modules/@rivet-dev/agentos-core/dist/index.d.ts");

test("the program of the README has no error", (t) => {
  const project = mkdtempSync(path.join(root, "test/successor/.tsc-"));
  t.after(() => rmSync(project, { recursive: true }));
  const compilerOptions = {
    noEmit: true, strict: true, target: "es2022", module: "nodenext", moduleResolution: "nodenext", types: ["node"],
    skipLibCheck: true, paths: { "@rivet-dev/agentos-core": [core] },
  };
  const files = [path.join(root, "test/successor/programs/use.mts")];
  writeFileSync(path.join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const tsc = path.join(root, "node_modules/typescript/bin/tsc");
  const { stdout, status } = spawnSync(process.execPath, [tsc, "-p", project], { encoding: "utf8" });
  assert.deepEqual({ stdout, status }, { stdout: "", status: 0 });
});
