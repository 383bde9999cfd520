/* batch.c: questions as frames, one after the other in one buffer.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion/batch.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/companion/resident.h"

#define SLOTS_MAX ((size_t)96) /* bytes of a frame beside its paths and its data */

/* Bytes of a content, and of a listing, whose length is not known: of one that stays, and else. */
static const struct {
    size_t content;
    size_t listing;
} guesses[] = {[false] = {16 * SBX_KIB, 32 * SBX_KIB}, [true] = {SBX_RESIDENT_CONTENT_MAX, 16 * SBX_KIB}};

size_t sbx_batch_frame_bytes(const struct sbx_ask *ask)
{
    const struct sbx_args *args = &ask->args;
    return SBX_FRAME_HEADER + SLOTS_MAX + args->path.length + args->new_path.length + args->target.length +
           args->data.length;
}

size_t sbx_batch_reply_bytes(const struct sbx_ask *ask, bool stays)
{
    size_t least = SBX_FRAME_HEADER + sbx_result_least((enum sbx_reply)ask->row->reply);
    switch ((enum sbx_reply)ask->row->reply) {
    case SBX_REPLY_BYTES:
        return least + (ask->row->code == SBX_OP_PREAD ? (size_t)ask->args.length : guesses[stays].content);
    case SBX_REPLY_LIST:
    case SBX_REPLY_TREE:
    case SBX_REPLY_NAMES:
        return least + guesses[stays].listing;
    default:
        return least;
    }
}

/* What is chosen so far. */
struct fill {
    size_t bytes;   /* of frames */
    size_t replies; /* bytes expected back */
    size_t longest; /* of one reply */
    bool change;
};

static struct fill add(struct fill fill, const struct sbx_ask *ask, bool stays)
{
    size_t reply = sbx_batch_reply_bytes(ask, stays);
    return (struct fill){
        .bytes = fill.bytes + sbx_batch_frame_bytes(ask),
        .replies = fill.replies + reply,
        .longest = reply > fill.longest ? reply : fill.longest,
        .change = fill.change || (ask->row->kind & SBX_CHANGE) != 0,
    };
}

/* Whether that can be one batch. What changes something has its replies printed where the companion stays. */
static bool fits(struct fill fill, size_t fill_max, bool stays)
{
    bool printed = stays && fill.change;
    return fill.bytes <= fill_max && fill.replies <= (printed ? SBX_RESIDENT_REPLIES_MAX : SBX_REPLIES_MAX) &&
           !(printed && fill.longest > SBX_RESIDENT_REPLY_MAX);
}

size_t sbx_batch_choose(const struct sbx_queue *waiting, struct sbx_ask *first, size_t fill_max, bool stays,
                        struct sbx_ask **chosen)
{
    struct fill fill = {0};
    size_t count = 0;
    for (struct sbx_link *link = &first->link; link != &waiting->head; link = link->next) {
        struct sbx_ask *ask = SBX_CONTAINER(link, struct sbx_ask, link);
        if (count > 0 && (ask->alone || !sbx_endpoint_equal(ask->endpoint, chosen[0]->endpoint))) {
            continue;
        }
        fill = add(fill, ask, stays);
        if (count > 0 && !fits(fill, fill_max, stays)) {
            break;
        }
        chosen[count++] = ask;
        if (ask->alone || count == SBX_BATCH_FRAMES_MAX) {
            break;
        }
    }
    return count;
}

enum sbx_status sbx_batch_put_frame(struct sbx_writer *writer, const struct sbx_ask *ask, uint32_t id)
{
    size_t start = sbx_frame_begin(writer, id, ask->row->code);
    enum sbx_status status = sbx_args_encode(ask->row, &ask->args, writer);
    if (status != SBX_OK) {
        writer->failed = false;
        writer->length = start;
        return status;
    }
    return sbx_frame_end(writer, start);
}

/* What would leave something behind makes no frame once it was given up. */
static enum sbx_status put_wanted(struct sbx_writer *writer, const struct sbx_ask *ask, uint32_t id)
{
    bool leaves_something = (ask->row->kind & (SBX_CHANGE | SBX_STAGES)) != 0;
    return leaves_something && !sbx_task_may_change(ask->task) ? SBX_ECANCELED
                                                               : sbx_batch_put_frame(writer, ask, id);
}

/* Puts the frame of each ask; one that makes none keeps its status. */
static void put_frames(struct sbx_batch *batch, struct sbx_ask *const *asks, size_t room)
{
    struct sbx_writer writer = sbx_buf_writer(batch->frames.data, room);
    for (size_t i = 0; i < batch->count; i++) {
        struct sbx_ask *ask = asks[i];
        ask->id = (uint32_t)i;
        ask->status = put_wanted(&writer, ask, ask->id);
        if (ask->status != SBX_OK) {
            continue;
        }
        ask->batch = batch;
        batch->asks[i] = ask;
        batch->left++;
        batch->change = batch->change || (ask->row->kind & SBX_CHANGE) != 0;
        batch->timeout_ms = ask->timeout_ms > batch->timeout_ms ? ask->timeout_ms : batch->timeout_ms;
    }
    batch->frames.length = writer.length;
}

enum sbx_status sbx_batch_create(struct sbx_batch **batch, struct sbx_ask *const *asks, size_t count)
{
    size_t room = 0;
    assert(count > 0);
    for (size_t i = 0; i < count; i++) {
        room += sbx_batch_frame_bytes(asks[i]);
    }
    struct sbx_batch *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return SBX_ENOMEM;
    }
    made->asks = calloc(count, sizeof(struct sbx_ask *));
    made->frames.data = malloc(room);
    if (made->asks == NULL || made->frames.data == NULL) {
        sbx_batch_destroy(made);
        return SBX_ENOMEM;
    }
    made->count = count;
    made->frames_length = room;
    made->endpoint = sbx_endpoint_ref(asks[0]->endpoint);
    sbx_bytes_init(&made->body, SBX_BODY_MAX);
    put_frames(made, asks, room);
    *batch = made;
    return SBX_OK;
}

size_t sbx_batch_smaller(const struct sbx_batch *batch, size_t fill_max)
{
    size_t half = batch->frames_length / 2;
    half = half > SBX_BATCH_FILL_MIN ? half : SBX_BATCH_FILL_MIN;
    return half < fill_max ? half : fill_max;
}

struct sbx_ask *sbx_batch_take_out(struct sbx_batch *batch, size_t id)
{
    struct sbx_ask *ask = batch->asks[id];
    if (ask != NULL) {
        batch->asks[id] = NULL;
        batch->left--;
    }
    return ask;
}

void sbx_batch_destroy(struct sbx_batch *batch)
{
    if (batch == NULL) {
        return;
    }
    sbx_request_destroy(batch->request);
    sbx_bytes_clear(&batch->body);
    sbx_endpoint_unref(batch->endpoint);
    free(batch->frames.data);
    free(batch->asks);
    free(batch);
}

void sbx_batch_say_deadline(const struct sbx_ask *ask, char *words, size_t size)
{
    bool may_have_run = ask->batch != NULL && (ask->row->kind & SBX_CHANGE) != 0;
    (void)snprintf(words, size, "no answer within %d ms%s", ask->limit_ms,
                   may_have_run ? "; the operation may have completed" : "");
}

void sbx_batch_read_reply(struct sbx_ask *ask, const struct sbx_frame *reply)
{
    ask->words = NULL;
    ask->status = reply->code == 0 ? SBX_OK : sbx_status_from_errno(reply->code);
    if (ask->status == SBX_OK) {
        ask->status = sbx_result_decode(ask->row, reply->payload, &ask->answer);
        ask->words = ask->status == SBX_OK ? NULL : "the companion's reply cannot be read";
    }
}

enum sbx_status sbx_batch_send(struct sbx_batch *batch, struct sbx_companion *companion)
{
    struct sbx_bytes program;
    sbx_bytes_init(&program, SBX_PATH_MAX);
    sbx_companion_append_program(companion, &program);
    enum sbx_status status = program.status;
    if (status == SBX_OK) {
        status = batch->carrier->send(batch, sbx_bytes_span(&program));
    }
    sbx_bytes_clear(&program);
    return status;
}
