/* path.h: paths as the file system means them: absolute, without ".", ".." or empty parts, so that none
 * leaves the directory it is anchored at.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_PATH_H
#define SBX_CORE_PATH_H

#include "core/bytes.h"

/* Appends `path`, relative or absolute, as an absolute one: "a/./b/../c" is "/a/c", "" and ".." are "/".
 * SBX_EINVAL: it holds NUL or is no UTF-8 (the server would replace such bytes and touch another file).
 * SBX_ENAMETOOLONG: longer than Linux takes. */
enum sbx_status sbx_path_anchor(struct sbx_bytes *anchored, struct sbx_span path) SBX_CHECKED;

/* The directory that holds `path`, an anchored one; of "/" it is "/". Borrows from `path`. */
struct sbx_span sbx_path_parent(struct sbx_span path);

/* The last part of `path`, an anchored one; of "/" it is empty. Borrows from `path`. */
struct sbx_span sbx_path_name(struct sbx_span path);

/* Core asks for "app/x", a host for "/app/x", and an op always has the slash: what is the same of all three. Borrows from
 * `path`. */
struct sbx_span sbx_path_key(struct sbx_span path);

/* Whether `path`, an anchored one, is "/". */
bool sbx_path_is_root(struct sbx_span path);

#endif
