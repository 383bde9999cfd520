/* small_files.h: which files are known to have a small content, by the hashes of their paths.
 *
 * The server's own endpoint for contents is several times as quick as any program in the sandbox. But it says nothing of
 * a file before it has all of it in memory, and never ends with some that have no size (/proc/kmsg). So it is asked for
 * what was seen a moment ago: a regular file that has a size, and not much of one. That is no more than a guess which way is
 * quick: what comes is the content of now, and what fails is asked of the companion.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_SMALL_FILES_H
#define SBX_CORE_SMALL_FILES_H

#include <stdatomic.h>

#include "wire/wire.h"

#define SBX_SMALL_FILES ((size_t)4096)   /* places: a power of two */
#define SBX_SMALL_FILES_WAYS ((size_t)4) /* places that a path may have: likewise */
#define SBX_SMALL_FILE_MAX SBX_REPLY_CONTENT_MAX

#define SBX_SMALL_FILE_MS 2000 /* it is known for about so long: what has grown since did so in that time */

struct sbx_small_files {
    _Atomic uint64_t seen[SBX_SMALL_FILES]; /* most of the hash, and when; 0: none */
};

/* The file at `path` was seen at `now_ms` to have `size` bytes; 0: it has none that its attributes tell, or is no regular
 * file. */
void sbx_small_files_note(struct sbx_small_files *files, struct sbx_span path, uint64_t size,
                          uint64_t now_ms);

/* Whether it was small when it was last seen, a short time ago. */
bool sbx_small_files_has(struct sbx_small_files *files, struct sbx_span path, uint64_t now_ms);

#endif
