/* content.h: the bytes of a range of a file, all of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_CONTENT_H
#define COMPANION_CONTENT_H

#include "wire/wire.h"

/* Reads behind what `bytes` has, which begins at `offset` of the file, until `length` bytes are there or the file ends. */
enum sbx_status content_get(int fd, struct sbx_buffer *bytes, size_t length, uint64_t offset) SBX_CHECKED;

/* Writes all of `data` at `offset`. */
enum sbx_status content_put(int fd, struct sbx_span data, uint64_t offset) SBX_CHECKED;

#endif
