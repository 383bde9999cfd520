/* http_reply.h: the server's JSON about files, as struct sbx_stat and struct sbx_list.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_HTTP_REPLY_H
#define SBX_CORE_HTTP_REPLY_H

#include "wire/wire.h"

/* The reply of /v1/fs/stat about `path`, the sandbox's own. SBX_EPROTO: it is of another shape. */
enum sbx_status sbx_http_reply_stat(struct sbx_span body, struct sbx_span path,
                                    struct sbx_stat *stat) SBX_CHECKED;

/* The reply of /v1/fs/entries; a name that could not be one of a directory is left out. The caller owns
 * what `list` points to. */
enum sbx_status sbx_http_reply_list(struct sbx_span body, struct sbx_list *list) SBX_CHECKED;

/* The reply to a change: an object. SBX_EPROTO: it is none. */
enum sbx_status sbx_http_reply_done(struct sbx_span body) SBX_CHECKED;

/* The reply to a write of `length` bytes. SBX_EIO: the server has written another number. */
enum sbx_status sbx_http_reply_written(struct sbx_span body, size_t length) SBX_CHECKED;

/* "2026-11-24T14:13:36.428668595+00:00" (RFC 3339, UTC only) as ns since 1970; a time that
 * these cannot tell (a file can have one) is the last or the first that they can. */
enum sbx_status sbx_http_reply_time(const char *text, int64_t *time_ns) SBX_CHECKED;

#endif
