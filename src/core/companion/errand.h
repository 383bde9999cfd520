/* errand.h: questions that go with the search for the companion, so that the first ones are answered with its greeting.
 * They stay among those that wait: where they have no answer they are asked as all others are. So they only read, for
 * each of them may have been served all the same.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_COMPANION_ERRAND_H
#define SBX_CORE_COMPANION_ERRAND_H

#include <jansson.h>

#include "core/bytes.h"
#include "core/companion/ask.h"

/* Appends the frames of the first of what waits, as far as that is for one sandbox, only reads and is quick; none where
 * memory is short. The id of each is its place, from 1 on; 0 is that of one that does not go. */
void sbx_errand_put(struct sbx_bytes *frames, const struct sbx_queue *waiting);

/* Adds them to the body of POST /v1/processes/run of a companion, as one piece more: in a variable, for nobody else is to
 * read it. false: no memory. */
bool sbx_errand_add(const struct sbx_bytes *frames, json_t *body);

/* The next one of what waits that has its reply among `replies`, out of the queue; NULL: there is none. What has left
 * meanwhile is passed. */
struct sbx_ask *sbx_errand_next(struct sbx_reader *replies, const struct sbx_queue *waiting,
                                struct sbx_frame *reply);

#endif
