/* args_test.c: the arguments of every row come back as they were put, whatever they are; bytes that are none
 * are refused, and none outside of them is read.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/args.h"

#include "support.h"

static uint64_t seed = 1;

static uint64_t any(void)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return seed >> 33 ^ seed << 31;
}

/* Bytes of any value but those of `never`. The caller frees them. */
static struct sbx_span any_bytes(size_t longest, int never)
{
    size_t length = any() % (longest + 1);
    char *bytes = malloc(length + 1);
    for (size_t i = 0; i < length; i++) {
        do {
            bytes[i] = (char)any();
        } while (bytes[i] == never);
    }
    return (struct sbx_span){bytes, length};
}

static struct sbx_args any_args(void)
{
    return (struct sbx_args){
        .path = any_bytes(SBX_PATH_MAX, 0),
        .new_path = any_bytes(300, 0),
        .target = any_bytes(20, 0),
        .data = any_bytes(100000, 256),
        .offset = any(),
        .length = any(),
        .atime_ns = (int64_t)any(),
        .mtime_ns = (int64_t)any(),
        .mode = (uint32_t)any(),
        .flags = (uint32_t)any(),
        .uid = (uint32_t)any(),
        .gid = (uint32_t)any(),
    };
}

static void free_args(struct sbx_args *args)
{
    free((char *)args->path.data);
    free((char *)args->new_path.data);
    free((char *)args->target.data);
    free((char *)args->data.data);
}

static bool names(const struct sbx_op_row *row, enum sbx_arg slot)
{
    for (size_t i = 0; i < SBX_ROW_ARGS; i++) {
        if (row->arguments[i] == slot) {
            return true;
        }
    }
    return slot == SBX_ARG_OFFSET && sbx_op_lists((enum sbx_reply)row->reply);
}

static void compare_span(const struct sbx_op_row *row, enum sbx_arg slot, struct sbx_span got,
                         struct sbx_span put)
{
    assert_true(sbx_span_equal(got, names(row, slot) ? put : SBX_SPAN("")));
    if (names(row, slot) && slot != SBX_ARG_DATA) {
        assert_int_equal(got.data[got.length], '\0'); /* a path can be given to a system call as it is */
    }
}

static void compare(const struct sbx_op_row *row, const struct sbx_args *got, const struct sbx_args *put)
{
    compare_span(row, SBX_ARG_PATH, got->path, put->path);
    compare_span(row, SBX_ARG_NEW_PATH, got->new_path, put->new_path);
    compare_span(row, SBX_ARG_TARGET, got->target, put->target);
    compare_span(row, SBX_ARG_DATA, got->data, put->data);
    assert_true(got->offset == (names(row, SBX_ARG_OFFSET) ? put->offset : 0));
    assert_true(got->length == (names(row, SBX_ARG_LENGTH) ? put->length : 0));
    assert_true(got->atime_ns == (names(row, SBX_ARG_ATIME) ? put->atime_ns : 0));
    assert_true(got->mtime_ns == (names(row, SBX_ARG_MTIME) ? put->mtime_ns : 0));
    assert_true(got->mode == (names(row, SBX_ARG_MODE) ? put->mode : 0));
    assert_true(got->flags == (names(row, SBX_ARG_FLAGS) ? put->flags : 0));
    assert_true(got->uid == (names(row, SBX_ARG_UID) ? put->uid : 0));
    assert_true(got->gid == (names(row, SBX_ARG_GID) ? put->gid : 0));
}

static void test_every_row(void **state)
{
    (void)state;
    char *bytes = malloc(SBX_FRAME_MAX);
    for (unsigned code = 1; code <= SBX_OP_MAX; code++) {
        const struct sbx_op_row *row = sbx_op_row(code);
        for (int i = 0; i < 40; i++) {
            struct sbx_args put = any_args();
            struct sbx_args got;
            struct sbx_writer writer = sbx_buf_writer(bytes, SBX_FRAME_MAX);
            assert_status(sbx_args_encode(row, &put, &writer), SBX_OK);
            assert_status(sbx_args_decode(row, sbx_buf_written(&writer), &got), SBX_OK);
            compare(row, &got, &put);
            free_args(&put);
        }
    }
    free(bytes);
}

/* Decodes a copy that nothing stands behind. */
static enum sbx_status decode_copy(const struct sbx_op_row *row, const char *bytes, size_t length)
{
    struct sbx_args args;
    char *exact = malloc(length == 0 ? 1 : length);
    memcpy(exact, bytes, length);
    enum sbx_status status = sbx_args_decode(row, (struct sbx_span){exact, length}, &args);
    free(exact);
    return status;
}

static void test_cut_and_too_long(void **state)
{
    (void)state;
    for (unsigned code = 1; code <= SBX_OP_MAX; code++) {
        const struct sbx_op_row *row = sbx_op_row(code);
        char bytes[256];
        struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
        const struct sbx_args args = {
            .path = SBX_SPAN("/a"), .new_path = SBX_SPAN("/b"), .data = SBX_SPAN("x")};
        assert_status(sbx_args_encode(row, &args, &writer), SBX_OK);
        for (size_t length = 0; length < writer.length; length++) {
            assert_status(decode_copy(row, bytes, length), SBX_EPROTO);
        }
        assert_status(decode_copy(row, bytes, writer.length), SBX_OK);
        assert_status(decode_copy(row, bytes, writer.length + 1), SBX_EPROTO);
    }
}

static void test_garbage(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        const struct sbx_op_row *row = sbx_op_row(1 + (unsigned)(any() % SBX_OP_MAX));
        struct sbx_span bytes = any_bytes(64, 256);
        enum sbx_status status = decode_copy(row, bytes.data, bytes.length);
        assert_true(status == SBX_OK || status == SBX_EPROTO || status == SBX_ENAMETOOLONG);
        free((char *)bytes.data);
    }
}

static void test_paths(void **state)
{
    (void)state;
    const struct sbx_op_row *row = sbx_op_row(SBX_OP_STAT);
    char bytes[8192];
    char *path = pattern(SBX_PATH_MAX + 2);
    for (size_t i = 0; i < SBX_PATH_MAX + 2; i++) {
        path[i] = 'p';
    }
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    struct sbx_args args = {.path = {path, SBX_PATH_MAX + 1}};
    assert_status(sbx_args_encode(row, &args, &writer), SBX_ENAMETOOLONG);
    args.path = (struct sbx_span){"a\0b", 3};
    assert_status(sbx_args_encode(row, &args, &writer), SBX_EINVAL);
    assert_status(decode_copy(row, "\3\0a\0b", 6), SBX_EPROTO); /* a NUL inside */
    assert_status(decode_copy(row, "\1\0ab", 4), SBX_EPROTO);   /* none behind */
    assert_status(decode_copy(row, "\0\0", 3), SBX_OK);
    writer = sbx_buf_writer(bytes, sizeof(bytes)); /* one that another program put */
    sbx_buf_put(&writer, SBX_PATH_MAX + 1, 2);
    sbx_buf_put_bytes(&writer, (struct sbx_span){path, SBX_PATH_MAX + 1});
    sbx_buf_put(&writer, 0, 1);
    assert_status(decode_copy(row, bytes, writer.length), SBX_ENAMETOOLONG);
    free(path);
}

static void test_no_room(void **state)
{
    (void)state;
    char bytes[64];
    const struct sbx_args args = {.path = SBX_SPAN("/abc"), .data = {bytes, SBX_FRAME_MAX + 1}};
    struct sbx_writer writer = sbx_buf_writer(bytes, 6);
    assert_status(sbx_args_encode(sbx_op_row(SBX_OP_STAT), &args, &writer), SBX_ENOBUFS);
    writer = sbx_buf_writer(bytes, sizeof(bytes));
    assert_status(sbx_args_encode(sbx_op_row(SBX_OP_WRITE), &args, &writer), SBX_ENOBUFS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row), cmocka_unit_test(test_cut_and_too_long),
        cmocka_unit_test(test_garbage),   cmocka_unit_test(test_paths),
        cmocka_unit_test(test_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
