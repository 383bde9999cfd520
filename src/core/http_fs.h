/* http_fs.h: the HTTP lane: what the server's own endpoints can do for a file system.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_HTTP_FS_H
#define SBX_CORE_HTTP_FS_H

#include "core/op.h"

/* The steps of an operation over HTTP; NULL where HTTP cannot do it. Static. */
const sbx_step_function *sbx_http_fs_steps(enum sbx_op_code code);

/* Asks for the content of the file at the op's path. Thread: pool. */
enum sbx_step sbx_http_fs_ask_content(struct sbx_op *op);

/* Ends a read with what the last request, for the content, brought; or with its size, or its failure. Thread: pool. */
enum sbx_step sbx_http_fs_take_content(struct sbx_op *op);

#endif
