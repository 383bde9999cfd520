/* supervised.c: the record of a supervised program to bytes and back.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/supervised.h"

void sbx_supervised_encode(const struct sbx_supervised *supervised, struct sbx_writer *writer)
{
    sbx_buf_put(writer, supervised->state, 1);
    sbx_buf_put(writer, supervised->step, 1);
    sbx_buf_put(writer, supervised->reason, 1);
    sbx_buf_put(writer, supervised->error, 4);
    sbx_buf_put(writer, supervised->pid, 4);
    sbx_buf_put(writer, supervised->supervisor, 4);
    sbx_buf_put(writer, supervised->exit_code, 4);
    sbx_buf_put(writer, supervised->signal, 4);
    sbx_buf_put(writer, supervised->started_ms, 8);
    sbx_buf_put(writer, supervised->ended_ms, 8);
    sbx_buf_put(writer, supervised->most, 8);
    sbx_buf_put(writer, supervised->incomplete, 1);
    sbx_buf_put(writer, supervised->output, 8);
    sbx_buf_put(writer, supervised->errors, 8);
}

enum sbx_status sbx_supervised_decode(struct sbx_span record, struct sbx_supervised *supervised)
{
    struct sbx_reader reader = sbx_buf_reader(record);
    supervised->state = (uint8_t)sbx_buf_get(&reader, 1);
    supervised->step = (uint8_t)sbx_buf_get(&reader, 1);
    supervised->reason = (uint8_t)sbx_buf_get(&reader, 1);
    supervised->error = (uint32_t)sbx_buf_get(&reader, 4);
    supervised->pid = (uint32_t)sbx_buf_get(&reader, 4);
    supervised->supervisor = (uint32_t)sbx_buf_get(&reader, 4);
    supervised->exit_code = (uint32_t)sbx_buf_get(&reader, 4);
    supervised->signal = (uint32_t)sbx_buf_get(&reader, 4);
    supervised->started_ms = sbx_buf_get(&reader, 8);
    supervised->ended_ms = sbx_buf_get(&reader, 8);
    supervised->most = sbx_buf_get(&reader, 8);
    supervised->incomplete = sbx_buf_get(&reader, 1) != 0;
    supervised->output = sbx_buf_get(&reader, 8);
    supervised->errors = sbx_buf_get(&reader, 8);
    bool known = supervised->state > 0 && supervised->state < SBX_SUPERVISED_STATES &&
                 supervised->step < SBX_START_STEPS && supervised->reason < SBX_END_REASONS;
    return known && !reader.failed && sbx_buf_left(&reader) == 0 ? SBX_OK : SBX_EPROTO;
}

uint64_t sbx_spool_place(uint64_t most, uint64_t position, uint64_t *room)
{
    uint64_t head = most / 2;
    if (position < head) {
        *room = head - position;
        return position;
    }
    uint64_t at = (position - head) % (most - head);
    *room = most - head - at;
    return head + at;
}
