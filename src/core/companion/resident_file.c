/* resident_file.c: replies that were left in a file are asked for there. They are of a batch that only reads: where they cannot
 * be had, or are not those that were meant (the process may be gone, and its number another one's), it is asked again, and
 * all is printed from then on.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion/resident_state.h"
#include "wire/resident.h"

static bool is_what_was_meant(const struct sbx_request *request, const struct sbx_letter *letter)
{
    struct sbx_span replies = sbx_bytes_span(&request->reply);
    return request->outcome == SBX_OK && request->http_status == 200 &&
           replies.length == letter->file_length && sbx_hash_of(replies) == letter->file_hash;
}

static void on_fetched(struct sbx_request *request)
{
    struct sbx_letter *letter = request->owner;
    struct sbx_resident *resident = SBX_CONTAINER(letter->letters, struct sbx_resident, letters);
    bool good = is_what_was_meant(request, letter);
    letter->file = NULL;
    if (request->outcome == SBX_ECANCELED) {
        sbx_request_destroy(request);
        sbx_resident_go(resident);
        return;
    }
    struct sbx_batch *batch = sbx_letter_answered(letter);
    resident->files_fail = resident->files_fail || !good;
    resident->used_ms = sbx_now_ms();
    if (batch == NULL) {
        sbx_companion_lane_look_again(resident->lane);
    } else if (good) {
        sbx_companion_lane_replied(batch, sbx_bytes_span(&request->reply));
    } else {
        sbx_resident_lose(batch, SBX_FATE_UNKNOWN);
    }
    sbx_request_destroy(request);
    sbx_resident_decide(resident);
}

/* Where the replies are, as the frame says; false: it says nothing that can be. */
static bool read_frame(const struct sbx_frame *frame, struct sbx_letter *letter, struct sbx_span *path)
{
    struct sbx_reader reader = sbx_buf_reader(frame->payload);
    letter->file_hash = sbx_buf_get(&reader, sizeof(uint64_t));
    letter->file_length = (size_t)sbx_buf_get(&reader, sizeof(uint32_t));
    *path = sbx_buf_get_bytes(&reader, sbx_buf_left(&reader));
    return !reader.failed && letter->file_length > 0 && letter->file_length <= SBX_REPLIES_MAX &&
           path->length > 0 && path->length <= SBX_PATH_MAX && path->data[0] == '/';
}

void sbx_resident_fetch(struct sbx_resident *resident, struct sbx_letter *letter,
                        const struct sbx_frame *frame)
{
    struct sbx_span path;
    if (letter->file != NULL) {
        return; /* it was said twice */
    }
    struct sbx_request *request = read_frame(frame, letter, &path)
                                      ? sbx_resident_ask_file(resident->endpoint, path, letter->file_length)
                                      : NULL;
    if (request == NULL) {
        sbx_resident_lose(sbx_letter_answered(letter), SBX_FATE_UNKNOWN);
        return;
    }
    (void)sbx_resident_send(resident, &letter->file, request, on_fetched); /* there is one */
    request->owner = letter;
}
