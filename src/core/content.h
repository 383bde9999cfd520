/* content.h: what HTTP cannot do to a part of a file, done to the whole of it.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_CONTENT_H
#define SBX_CORE_CONTENT_H

#include "wire/wire.h"

/* Leaves `length` bytes from `offset` on, or as many of them as there are. */
void sbx_content_cut(struct sbx_buffer *content, uint64_t offset, uint64_t length);

/* Gives it another length; what is new is zero. SBX_EFBIG: it could not be written back. SBX_ENOMEM. */
enum sbx_status sbx_content_resize(struct sbx_buffer *content, uint64_t length) SBX_CHECKED;

/* Writes `data` over it from `offset` on; of no bytes, nothing, however far that is. */
enum sbx_status sbx_content_overwrite(struct sbx_buffer *content, uint64_t offset,
                                      struct sbx_span data) SBX_CHECKED;

#endif
