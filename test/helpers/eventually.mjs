// eventually.mjs: waits for something that happens soon, without a guess how soon.
//
// SPDX-License-Identifier: Apache-2.0

/** Calls `look` until it answers something true, and gives that; the wide bound is there against a hang. */
export async function eventually(look, what = 'it happened', ms = 20_000) {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 20))) {
    const value = await look();
    if (value) return value;
  }
  throw new Error(`never: ${what}`);
}
