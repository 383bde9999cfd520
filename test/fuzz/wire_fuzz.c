/* wire_fuzz.c: bytes of anyone given to every decoder of the wire. The first byte says which: 0 cuts the rest into
 * frames and reads their arguments, the code of an operation reads it as that one's result, any other as a greeting.
 * What is accepted is put again and has to be the same bytes. (scripts/fuzz; test/companion/corpus_test.c)
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdint.h>
#include <stdlib.h>

#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void fuzz_arguments(const struct sbx_frame *frame)
{
    static char bytes[SBX_FRAME_MAX];
    struct sbx_args args;
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    const struct sbx_op_row *row = sbx_op_row(frame->code);
    if (row != NULL && sbx_args_decode(row, frame->payload, &args) == SBX_OK) {
        insist(sbx_args_encode(row, &args, &writer) == SBX_OK);
        insist(sbx_span_equal(sbx_buf_written(&writer), frame->payload));
    }
}

static void fuzz_frames(struct sbx_span input)
{
    struct sbx_reader reader = sbx_buf_reader(input);
    struct sbx_frame frame;
    while (sbx_frame_next(&reader, &frame) == SBX_OK) {
        fuzz_arguments(&frame);
    }
    insist(!reader.failed && reader.at <= reader.length);
}

static void fuzz_result(const struct sbx_op_row *row, struct sbx_span input)
{
    struct sbx_answer answer;
    struct sbx_entry entry;
    size_t count = 0;
    size_t name_bytes = 0;
    if (sbx_result_decode(row, input, &answer) != SBX_OK || row->reply != SBX_REPLY_LIST) {
        return;
    }
    struct sbx_listing list = answer.list;
    while (sbx_result_next_entry(&list, &entry)) {
        count++;
        name_bytes += entry.name.length;
    }
    insist(count == answer.list.count && name_bytes == answer.list.name_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sbx_greeting greeting;
    if (size == 0) {
        return 0;
    }
    struct sbx_span input = {(const char *)data + 1, size - 1};
    if (data[0] == 0) {
        fuzz_frames(input);
    } else if (sbx_op_row(data[0]) != NULL) {
        fuzz_result(sbx_op_row(data[0]), input);
    } else {
        (void)!sbx_greeting_decode(input, &greeting);
    }
    return 0;
}
