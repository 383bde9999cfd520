/* resident_ask.h: the requests about one process of the server.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_COMPANION_RESIDENT_ASK_H
#define SBX_CORE_COMPANION_RESIDENT_ASK_H

#include <jansson.h>

#include "core/http/request.h"

/* Each makes a request, whose owner and `done` are to be set; NULL: there is no memory. `id` is the process's. */

/* Starts `program` so that it stays; the body goes into `body`. */
struct sbx_request *sbx_resident_ask_start(struct sbx_endpoint *endpoint, struct sbx_span program,
                                           struct sbx_bytes *body);

/* The id in the answer to that, which is the caller's; NULL: there is none. */
char *sbx_resident_read_id(const struct sbx_request *request);

/* Writes `body`, made by sbx_resident_write_input, to its input. It may be sent twice. */
struct sbx_request *sbx_resident_ask_input(struct sbx_endpoint *endpoint, const char *id,
                                           struct sbx_span body);

/* The body that has batch `number` of `frames`. */
enum sbx_status sbx_resident_write_input(struct sbx_bytes *body, uint32_t number,
                                         struct sbx_span frames) SBX_CHECKED;

/* What it has printed after `since`; `follow`: as a stream that goes on. */
struct sbx_request *sbx_resident_ask_log(struct sbx_endpoint *endpoint, const char *id, uint64_t since,
                                         bool follow);

/* What the server knows of it. */
struct sbx_request *sbx_resident_ask_state(struct sbx_endpoint *endpoint, const char *id);

/* Whether a process of the server, as it lists it, is such a companion: ours, and nobody else's business. */
bool sbx_resident_is_one(const json_t *process);

/* Whether the answer to that says that it has ended. */
bool sbx_resident_has_ended(const struct sbx_request *request);

/* Ends it; and lets the server forget it, when it has ended. */
struct sbx_request *sbx_resident_ask_kill(struct sbx_endpoint *endpoint, const char *id);
struct sbx_request *sbx_resident_ask_delete(struct sbx_endpoint *endpoint, const char *id);

#endif
