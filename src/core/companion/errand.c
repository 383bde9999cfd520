/* errand.c: frames put in the order in which their questions wait, and found again in that order.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion/errand.h"

#include <stdlib.h>

#include "core/companion/batch.h"
#include "wire/base64.h"

#define FRAMES_MAX (64 * SBX_KIB) /* as base64 they are one variable of a program */
#define GREETING_GUESS (16 * SBX_KIB)

static struct sbx_ask *first_of(const struct sbx_queue *waiting)
{
    return SBX_CONTAINER(waiting->head.next, struct sbx_ask, link);
}

static bool may_go(const struct sbx_ask *ask, const struct sbx_ask *first)
{
    bool reads = (ask->row->kind & (SBX_CHANGE | SBX_ALONE)) == 0 && !ask->alone &&
                 ask->row->code != SBX_OP_FSYNC; /* which may take long */
    return reads && sbx_endpoint_same_sandbox(ask->endpoint, first->endpoint);
}

/* None behind the first that does not go: it may be about what that one changes. */
static void put(const struct sbx_queue *waiting, struct sbx_writer *writer)
{
    size_t replies = GREETING_GUESS;
    uint32_t id = 0;
    bool goes = true;
    for (struct sbx_link *link = waiting->head.next; link != &waiting->head; link = link->next) {
        struct sbx_ask *ask = SBX_CONTAINER(link, struct sbx_ask, link);
        replies += sbx_batch_reply_bytes(ask, false);
        goes = goes && may_go(ask, first_of(waiting)) && replies <= SBX_REPLIES_MAX &&
               sbx_batch_frame_bytes(ask) <= sbx_buf_room(writer) &&
               sbx_batch_put_frame(writer, ask, id + 1) == SBX_OK;
        ask->id = goes ? ++id : 0;
    }
}

void sbx_errand_put(struct sbx_bytes *frames, const struct sbx_queue *waiting)
{
    char *bytes = malloc(FRAMES_MAX);
    struct sbx_writer writer = sbx_buf_writer(bytes, bytes == NULL ? 0 : FRAMES_MAX);
    put(waiting, &writer);
    sbx_bytes_append(frames, sbx_buf_written(&writer));
    free(bytes);
}

bool sbx_errand_add(const struct sbx_bytes *frames, json_t *body)
{
    struct sbx_span span = sbx_bytes_span(frames);
    size_t length = SBX_BASE64_LENGTH(span.length);
    char *text = malloc(length + 1);
    if (text == NULL) {
        return false;
    }
    sbx_base64_encode(text, span);
    bool added = span.length == 0 ||
                 (json_array_append_new(json_object_get(body, "args"), json_string("@0")) == 0 &&
                  json_object_set_new(body, "env", json_pack("{s:s%}", "SBX_0", text, length)) == 0);
    free(text);
    return added;
}

struct sbx_ask *sbx_errand_next(struct sbx_reader *replies, const struct sbx_queue *waiting,
                                struct sbx_frame *reply)
{
    while (!sbx_queue_empty(waiting) && sbx_frame_next(replies, reply) == SBX_OK) {
        struct sbx_ask *ask = first_of(waiting);
        if (reply->id != 0 && ask->id == reply->id) {
            sbx_link_remove(&ask->link);
            return ask;
        }
    }
    return NULL;
}
