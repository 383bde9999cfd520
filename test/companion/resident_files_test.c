/* resident_files_test.c: a companion that stays: long replies that it leaves in files, and long frames that are left for it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "staying.h"

/* A batch that reads, of one operation. */
static void ask_to_read(uint32_t number, enum sbx_op_code code, const struct sbx_args *args)
{
    char bytes[500];
    char frame[400];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    struct sbx_writer inner = sbx_buf_writer(frame, sizeof(frame));
    staying_put_operation(&inner, code, args);
    staying_put_batch(&writer, SBX_RESIDENT_BATCH | SBX_RESIDENT_READS, number, sbx_buf_written(&inner));
    staying_tell(sbx_buf_written(&writer));
}

static char file_path[100]; /* of the last that was told */

/* The replies in the file that the last answer tells of; in `room`. */
static struct sbx_span read_file(char *room, size_t size)
{
    struct sbx_reader reader = sbx_buf_reader(staying.heard.payload);
    uint64_t hash = sbx_buf_get(&reader, sizeof(uint64_t));
    size_t length = (size_t)sbx_buf_get(&reader, sizeof(uint32_t));
    struct sbx_span path = sbx_buf_get_bytes(&reader, sbx_buf_left(&reader));
    assert_in_range(length, SBX_RESIDENT_PRINTED_MAX + 1, size - 1);
    (void)snprintf(file_path, sizeof(file_path), "%.*s", (int)path.length, path.data);
    int fd = open(file_path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, room, size), length);
    assert_int_equal(close(fd), 0);
    assert_true(sbx_hash_of((struct sbx_span){room, length}) == hash);
    return (struct sbx_span){room, length};
}

/* Hears the status of the only reply to batch `number`, its answer, and whether that was left in a file. */
static enum sbx_status hear_read(uint32_t number, enum sbx_op_code code, struct sbx_answer *answer,
                                 bool *filed)
{
    static char room[SBX_REPLIES_MAX];
    struct sbx_frame reply;
    assert_true(staying_hear());
    assert_int_equal(staying.heard.id, number);
    *filed = staying.heard.code == SBX_RESIDENT_FILED;
    assert_true(*filed || staying.heard.code == SBX_RESIDENT_REPLIES);
    struct sbx_reader reader = sbx_buf_reader(*filed ? read_file(room, sizeof(room)) : staying.heard.payload);
    assert_status(sbx_frame_next(&reader, &reply), SBX_OK);
    assert_int_equal(sbx_buf_left(&reader), 0);
    if (reply.code == SBX_OK) {
        assert_status(sbx_result_decode(sbx_op_row(code), reply.payload, answer), SBX_OK);
    }
    return (enum sbx_status)reply.code;
}

#ifdef COMPANION_OLD_KERNEL
#define FILES false /* there are none to be had: all is printed */
#else
#define FILES true
#endif

/* What is long is left in a file; with that goes more at once. */
static void test_leaves_long_replies_in_a_file(void **state)
{
    struct sbx_answer answer = {0};
    char path[240];
    (void)state;
    scratch_put_zeros("short", SBX_RESIDENT_FILED_CONTENT_MAX);
    scratch_put_zeros("long", SBX_RESIDENT_FILED_CONTENT_MAX + 1);
    scratch_put_zeros("big", SBX_MIB);
    assert_int_equal(mkdir("many", 0755), 0);
    for (int i = 0; i < 400; i++) {
        (void)snprintf(path, sizeof(path), "many/%0200d", i);
        scratch_put(path, "");
    }
    const struct {
        enum sbx_op_code code;
        struct sbx_args args;
        enum sbx_status status;
        size_t bytes;
        bool filed;
    } cases[] = {
        {SBX_OP_PREAD, {.path = P("big"), .length = SBX_RESIDENT_PRINTED_MAX / 2}, SBX_OK, 0, false},
        {SBX_OP_PREAD, {.path = P("big"), .length = SBX_RESIDENT_PRINTED_MAX}, SBX_OK, 0, FILES},
        {SBX_OP_PREAD,
         {.path = P("big"), .length = SBX_REPLY_CONTENT_MAX},
         FILES ? SBX_OK : SBX_ENOBUFS,
         0,
         FILES},
        {SBX_OP_READ, {.path = P("short")}, SBX_OK, FILES ? SBX_RESIDENT_FILED_CONTENT_MAX : 0, FILES},
        {SBX_OP_READ, {.path = P("long")}, SBX_OK, 0, false},
        {SBX_OP_READDIR, {.path = P("many")}, SBX_ENOBUFS, 0, false},
        {SBX_OP_NAMES, {.path = P("many"), .flags = SBX_NAMES_AROUND}, SBX_ENOBUFS, 0, false},
    };
    uint32_t count = sizeof(cases) / sizeof(cases[0]);
    staying_begin(STAYING_NEVER_MS);
    for (uint32_t i = 0; i < count; i++) {
        bool filed = false;
        ask_to_read(i + 1, cases[i].code, &cases[i].args);
        assert_status(hear_read(i + 1, cases[i].code, &answer, &filed), cases[i].status);
        assert_int_equal(filed, cases[i].filed);
        size_t bytes = cases[i].code == SBX_OP_PREAD ? (size_t)cases[i].args.length : cases[i].bytes;
        assert_true(cases[i].status != SBX_OK || answer.bytes.length == bytes);
    }
    staying_end(count, true);
}

/* The same file is told again, also of one that waited; it is there until so many more were done. */
static void test_keeps_the_file(void **state)
{
    const struct sbx_args long_range = {.path = P("big"), .length = SBX_RESIDENT_REPLY_MAX / 2};
    const struct sbx_args short_range = {.path = P("big"), .length = 1};
    struct sbx_answer answer = {0};
    char first[sizeof(file_path)];
    bool filed = false;
    (void)state;
    scratch_put_zeros("big", SBX_MIB);
    staying_begin(STAYING_NEVER_MS);
    ask_to_read(2, SBX_OP_PREAD, &long_range);
    staying_ask_mkdir(1, "a");
    staying_hear_mkdir(1, SBX_OK);
    for (uint32_t number = 2; number < 2 + SBX_RESIDENT_WINDOW; number++) {
        assert_status(hear_read(number, SBX_OP_PREAD, &answer, &filed), SBX_OK);
        ask_to_read(2, SBX_OP_PREAD, &long_range);
        assert_status(hear_read(2, SBX_OP_PREAD, &answer, &filed), SBX_OK);
        assert_int_equal(filed, FILES);
        assert_int_equal(answer.bytes.length, SBX_RESIDENT_REPLY_MAX / 2);
        assert_true(number == 2 || strcmp(first, file_path) == 0);
        memcpy(first, file_path, sizeof(first));
        ask_to_read(number + 1, SBX_OP_PREAD, &short_range);
    }
    assert_status(hear_read(2 + SBX_RESIDENT_WINDOW, SBX_OP_PREAD, &answer, &filed), SBX_OK);
    assert_int_not_equal(access(first, F_OK), 0);
    staying_end(2 + SBX_RESIDENT_WINDOW, true);
}

/* Leaves the frame of a mkdir in file `number` of the box. */
static struct sbx_span leave_mkdir(uint32_t number, const char *name)
{
    static char frame[200];
    char path[sizeof(staying.box) + 20];
    struct sbx_writer inner = sbx_buf_writer(frame, sizeof(frame));
    staying_put_operation(&inner, SBX_OP_MKDIR, &(struct sbx_args){.path = P(name)});
    (void)snprintf(path, sizeof(path), "%s/%u", staying.box, number);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, inner.data, inner.length), inner.length);
    assert_int_equal(close(fd), 0);
    return sbx_buf_written(&inner);
}

/* Asks for batch `number`, whose frames are in `file`. */
static void ask_boxed(uint32_t number, uint32_t file, uint64_t hash)
{
    char bytes[100];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    size_t start = sbx_frame_begin(&writer, number, SBX_RESIDENT_BATCH | SBX_RESIDENT_BOXED);
    sbx_buf_put(&writer, hash, sizeof(uint64_t));
    sbx_buf_put(&writer, file, sizeof(uint32_t));
    assert_status(sbx_frame_end(&writer, start), SBX_OK);
    staying_tell(sbx_buf_written(&writer));
}

static bool is_in_box(uint32_t number)
{
    char path[sizeof(staying.box) + 20];
    (void)snprintf(path, sizeof(path), "%s/%u", staying.box, number);
    return scratch_is_there(path);
}

/* Frames that were left in the box are done in the order of the batches, and go; so does the staying.box, at the end. */
static void test_box(void **state)
{
    (void)state;
    staying_begin(STAYING_NEVER_MS);
    ask_boxed(2, 7, sbx_hash_of(leave_mkdir(7, "a/b")));
    ask_boxed(2, 7, 0); /* once more, while it waits */
    ask_boxed(1, 8, sbx_hash_of(leave_mkdir(8, "a")));
    staying_hear_mkdir(1, SBX_OK);
    staying_hear_mkdir(2, SBX_OK);
    assert_false(is_in_box(7));
    assert_false(is_in_box(8));
    ask_boxed(2, 7, 0); /* once more: it is not looked for */
    staying_hear_mkdir(2, SBX_OK);
    (void)leave_mkdir(9, "of no batch");
    staying_end(2, true);
    assert_false(scratch_is_there(staying.box));
    assert_false(scratch_is_there("of no batch"));
}

/* What is not there, or not what was left, is not done; what comes behind it is. */
static void test_box_with_something_else(void **state)
{
    char path[sizeof(staying.box) + 20];
    (void)state;
    staying_begin(STAYING_NEVER_MS);
    ask_boxed(1, 1, 0);
    staying_hear_answer(1, SBX_RESIDENT_REFUSED);
    ask_boxed(2, 2, sbx_hash_of(leave_mkdir(2, "a")) + 1);
    staying_hear_answer(2, SBX_RESIDENT_REFUSED);
    struct sbx_span frame = leave_mkdir(3, "a");
    (void)snprintf(path, sizeof(path), "%s/4", staying.box);
    assert_int_equal(symlink("3", path), 0);
    ask_boxed(3, 4, sbx_hash_of(frame));
    staying_hear_answer(3, SBX_RESIDENT_REFUSED);
    assert_int_equal(chmod(staying.box, 0755), 0); /* others may have had it */
    ask_boxed(4, 3, sbx_hash_of(frame));
    staying_hear_answer(4, SBX_RESIDENT_REFUSED);
    assert_false(is_in_box(3));
    staying_ask_mkdir(5, "b");
    staying_hear_mkdir(5, SBX_OK);
    staying_end(5, true);
    assert_false(scratch_is_there("a"));
    assert_false(scratch_is_there(staying.box));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_leaves_long_replies_in_a_file),
        scratch_test(test_keeps_the_file),
        scratch_test(test_box),
        scratch_test(test_box_with_something_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
