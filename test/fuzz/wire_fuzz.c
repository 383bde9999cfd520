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

static bool next_entry(const struct sbx_op_row *row, struct sbx_listing *list, struct sbx_entry *entry)
{
    bool listed = false;
    bool there = row->reply == SBX_REPLY_TREE ? sbx_result_next_tree_entry(list, entry, &listed)
                                              : sbx_result_next_entry(list, entry);
    insist(there || !listed);
    return there;
}

static void fuzz_listing(const struct sbx_op_row *row, struct sbx_listing list)
{
    struct sbx_entry entry;
    size_t count = list.count;
    size_t name_bytes = list.name_bytes;
    while (next_entry(row, &list, &entry)) {
        insist(count-- > 0 && name_bytes >= entry.name.length && entry.name.length > 0);
        insist(entry.name.data[0] != '/' && entry.name.data[entry.name.length - 1] != '/');
        name_bytes -= entry.name.length;
    }
    insist(count == 0 && name_bytes == 0 && !list.reader.failed && !list.listed.failed);
}

static void fuzz_result(const struct sbx_op_row *row, struct sbx_span input)
{
    struct sbx_answer answer;
    if (sbx_result_decode(row, input, &answer) != SBX_OK) {
        return;
    }
    if (sbx_op_lists((enum sbx_reply)row->reply)) {
        fuzz_listing(row, answer.list);
    }
}

static void fuzz_greeting(struct sbx_span input)
{
    static char bytes[3 * SBX_PATH_MAX];
    struct sbx_greeting greeting;
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    if (sbx_greeting_decode(input, &greeting) == SBX_OK) {
        sbx_greeting_encode(&greeting, &writer);
        insist(!writer.failed && writer.length <= input.length);
        insist(sbx_span_equal(sbx_buf_written(&writer), (struct sbx_span){input.data, writer.length}));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct sbx_span input = {(const char *)data + 1, size - 1};
    if (data[0] == 0) {
        fuzz_frames(input);
    } else if (sbx_op_row(data[0]) != NULL) {
        fuzz_result(sbx_op_row(data[0]), input);
    } else {
        fuzz_greeting(input);
    }
    return 0;
}
