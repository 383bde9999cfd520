// far-files.mjs: what the rows of far.mjs work on.
//
// SPDX-License-Identifier: Apache-2.0
export const counts = { tree: 200, flat: 500, repository: 30, long: 4 * 2 ** 20 };

export const at = { flat: (i) => `/flat/${i}` };

/** Below $1, in the sandbox. The program adds what its five modules say. */
export const PREPARE_FAR = `
  cd "$1" && mkdir tree flat program repository made
  for d in $(seq 20); do mkdir tree/$d; for f in $(seq ${counts.tree / 20}); do echo $f >tree/$d/$f; done; done
  for f in $(seq 0 ${counts.flat - 1}); do echo small >flat/$f; done
  head -c ${counts.long} /dev/urandom >long
  for m in 1 2 3 4 5; do echo "module.exports = $m;" >program/m$m.js; done
  echo 'console.log([1, 2, 3, 4, 5].map((m) => require("./m" + m)).reduce((a, b) => a + b) === 15 ? "fifteen" : "?");' \\
    >program/main.js
  cd repository && git init -q
  for f in $(seq ${counts.repository}); do echo $f >file-$f; done
  git add . && git -c user.name=a -c user.email=a@example.com commit -qm first && echo changed >file-3
`;
