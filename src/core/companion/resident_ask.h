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

/* A process of the server. Its ids begin anew with each start of the server: one with the same id and another time of
 * birth is another process. */
struct sbx_resident_process {
    char *id;              /* owned; NULL: there is none */
    json_int_t created_ms; /* on the server's clock */
};

/* Takes one back, where there is one in `*place`. */
void sbx_resident_cancel(struct sbx_request **place);

/* All processes. */
struct sbx_request *sbx_resident_ask_list(struct sbx_endpoint *endpoint);

/* Starts one with `body`, which is of `program` staying. */
enum sbx_status sbx_resident_write_start(struct sbx_bytes *body, struct sbx_span program) SBX_CHECKED;
struct sbx_request *sbx_resident_ask_start(struct sbx_endpoint *endpoint, struct sbx_span body);

/* Whether the server has done what was asked. */
bool sbx_resident_is_well(const struct sbx_request *request);

/* The JSON of an answer that is well, the caller's; NULL: there is none. */
json_t *sbx_resident_read(const struct sbx_request *request);

/* The process in the answer to that; its id is the caller's. */
struct sbx_resident_process sbx_resident_read_start(const struct sbx_request *request);

/* Writes `body`, made by sbx_resident_write_input, to its input. */
struct sbx_request *sbx_resident_ask_input(struct sbx_endpoint *endpoint, const char *id,
                                           struct sbx_span body);

/* The body that has batch `number`, with `code` (wire/resident.h), and what stands behind the hash of its frames. */
enum sbx_status sbx_resident_write_input(struct sbx_bytes *body, uint16_t code, uint32_t number,
                                         uint64_t hash, struct sbx_span rest) SBX_CHECKED;

/* Leaves `frames`, borrowed until it is done, in file `number` of the box. */
struct sbx_request *sbx_resident_ask_box(struct sbx_endpoint *endpoint, struct sbx_span box, uint32_t number,
                                         struct sbx_span frames);

/* What it has left in a file, `length` bytes. */
struct sbx_request *sbx_resident_ask_file(struct sbx_endpoint *endpoint, struct sbx_span path, size_t length);

/* What it has printed after `since`; `follow`: as a stream that goes on. */
struct sbx_request *sbx_resident_ask_log(struct sbx_endpoint *endpoint, const char *id, uint64_t since,
                                         bool follow);

/* What the server knows of it; and what the answer says: nothing, that there is no such process any more, or how it is. */
struct sbx_request *sbx_resident_ask_state(struct sbx_endpoint *endpoint, const char *id);
enum sbx_resident_life { SBX_RESIDENT_UNSAID, SBX_RESIDENT_GONE, SBX_RESIDENT_RUNS, SBX_RESIDENT_ENDED };
enum sbx_resident_life sbx_resident_read_state(const struct sbx_request *request,
                                               const struct sbx_resident_process *process);

/* Whether a process of the server, as it lists it, is such a companion: ours, and nobody else's business. */
bool sbx_resident_is_one(const json_t *process);

/* Whether the server says that this process has ended. */
bool sbx_resident_has_ended(const json_t *process);

/* Tells it to end, or ends it: the answer says how it is soon after that. Lets the server forget it, when it has ended. */
enum sbx_resident_end { SBX_RESIDENT_STOP, SBX_RESIDENT_KILL };
struct sbx_request *sbx_resident_ask_to_end(struct sbx_endpoint *endpoint, const char *id,
                                            enum sbx_resident_end end);
struct sbx_request *sbx_resident_ask_delete(struct sbx_endpoint *endpoint, const char *id);

#endif
