/* resident_box.c: long frames are left in a file of the companion's box, as they are: what is written to a process the server
 * has to make of JSON and base64. The letter that names the file gets its number when the file is there, so that nothing
 * waits for it. Until then nothing is done: where the file cannot be left, the batch is asked again, without one.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "core/companion/resident_state.h"
#include "wire/resident.h"

#define FILE_NAME 12 /* bytes of a slash, the number of a file, and the NUL */

void sbx_resident_take_box(struct sbx_resident *resident, struct sbx_span path)
{
    sbx_bytes_clear(&resident->box);
    sbx_bytes_init(&resident->box, SBX_PATH_MAX);
    bool good = path.length > 0 && path.length <= SBX_PATH_MAX - FILE_NAME && path.data[0] == '/' &&
                memchr(path.data, '\0', path.length) == NULL;
    sbx_bytes_append(&resident->box, good ? path : SBX_SPAN(""));
    resident->box_before = resident->box_file;
}

bool sbx_resident_boxes(const struct sbx_resident *resident, size_t bytes)
{
    return resident->box.length > 0 && bytes >= SBX_RESIDENT_BOXED_MIN;
}

static void on_left(struct sbx_request *request)
{
    struct sbx_batch *batch = request->owner;
    struct sbx_resident *resident = batch->resident;
    bool closed = request->outcome == SBX_ECANCELED;
    bool good = sbx_resident_is_well(request);
    bool there = sbx_resident_is_up(resident) && batch->file > resident->box_before;
    sbx_request_destroy(request);
    batch->request = NULL;
    resident->boxing--;
    resident->boxing_ms = sbx_now_ms();
    if (good && there && sbx_resident_send_letter(batch) == SBX_OK) {
        return;
    }
    if (!good && !closed && batch->file > resident->box_before) {
        sbx_bytes_clear(&resident->box);
    }
    sbx_companion_lane_lost(batch, SBX_FATE_NOT_DONE, closed ? SBX_ECANCELED : SBX_EIO,
                            closed ? "closed" : "the frames could not be left for the companion");
}

enum sbx_status sbx_resident_put_in_box(struct sbx_batch *batch)
{
    struct sbx_resident *resident = batch->resident;
    const struct sbx_span frames = {batch->frames.data, batch->frames.length};
    batch->request = sbx_resident_ask_box(resident->endpoint, sbx_bytes_span(&resident->box),
                                          (resident->box_file + 1) % SBX_RESIDENT_BOX_FILES, frames);
    if (batch->request == NULL) {
        return SBX_ENOMEM;
    }
    batch->file = ++resident->box_file;
    batch->request->owner = batch;
    batch->request->done = on_left;
    resident->boxing_ms = resident->boxing == 0 ? sbx_now_ms() : resident->boxing_ms;
    resident->boxing++;
    sbx_engine_send(resident->engine, batch->request);
    sbx_resident_expect(resident, sbx_now_ms());
    return SBX_OK;
}

void sbx_resident_take_out_of_box(struct sbx_batch *batch)
{
    sbx_resident_cancel(&batch->request);
    batch->resident->boxing--;
    batch->resident->boxing_ms = sbx_now_ms();
}
