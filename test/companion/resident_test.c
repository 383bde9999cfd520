/* resident_test.c: a companion that stays: batches in whatever order they come, and again, each done once and answered;
 * and how it leaves.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "companion/resident.h"
#include "scratch.h"
#include "wire/resident.h"

#define NEVER_MS 60000
#define HANG_MS 20000

static struct {
    pthread_t thread;
    int to;   /* its input */
    int from; /* its output */
    int input;
    int output;
    int idle_ms;
    bool good;
} there;

static char said[SBX_FRAME_MAX];
static size_t said_length;
static struct sbx_frame heard; /* in `said` */

static void *stay(void *unused)
{
    static char replies[SBX_REPLIES_MAX];
    static _Alignas(16) char space[SERVER_SPACE];
    struct server server = {.replies = sbx_buf_writer(replies, sizeof(replies)), .space = space};
    (void)unused;
    there.good = resident_serve(&server, there.input, there.output, there.idle_ms);
    (void)close(there.output);
    return NULL;
}

/* Cuts the next answer off what it says; false: it says no more. */
static bool hear(void)
{
    static size_t heard_length;
    said_length -= heard_length;
    memmove(said, said + heard_length, said_length);
    heard_length = 0;
    for (;;) {
        struct sbx_reader reader = sbx_buf_reader((struct sbx_span){said, said_length});
        if (sbx_frame_next(&reader, &heard) == SBX_OK) {
            heard_length = reader.at;
            return true;
        }
        struct pollfd waited = {.fd = there.from, .events = POLLIN};
        assert_int_equal(poll(&waited, 1, HANG_MS), 1);
        ssize_t got = read(there.from, said + said_length, sizeof(said) - said_length);
        assert_true(got >= 0);
        if (got == 0) {
            return false;
        }
        said_length += (size_t)got;
    }
}

static void hear_answer(uint32_t number, enum sbx_resident_code code)
{
    assert_true(hear());
    assert_int_equal(heard.id, number);
    assert_int_equal(heard.code, code);
}

static void begin(int idle_ms)
{
    int in[2];
    int out[2];
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    there.input = in[0];
    there.to = in[1];
    there.from = out[0];
    there.output = out[1];
    there.idle_ms = idle_ms;
    said_length = 0;
    assert_int_equal(pthread_create(&there.thread, NULL, stay, NULL), 0);
    hear_answer(0, SBX_RESIDENT_REPLIES);
}

/* Its last word: the number of the last batch that it did. */
static void end(uint32_t done, bool good)
{
    if (there.to >= 0) {
        assert_int_equal(close(there.to), 0);
    }
    hear_answer(done, SBX_RESIDENT_LEFT);
    assert_false(hear());
    assert_int_equal(pthread_join(there.thread, NULL), 0);
    assert_int_equal(there.good, good);
    assert_int_equal(close(there.from), 0);
    assert_int_equal(close(there.input), 0);
}

static void tell(struct sbx_span bytes)
{
    assert_int_equal(write(there.to, bytes.data, bytes.length), bytes.length);
}

/* A batch of `frames`, into `writer`; `code`: of which kind. */
static void put_batch_of(struct sbx_writer *writer, uint16_t code, uint32_t number, struct sbx_span frames)
{
    size_t start = sbx_frame_begin(writer, number, code);
    sbx_buf_put(writer, sbx_hash_of(frames), sizeof(uint64_t));
    sbx_buf_put_bytes(writer, frames);
    assert_status(sbx_frame_end(writer, start), SBX_OK);
}

static void put_batch(struct sbx_writer *writer, uint32_t number, struct sbx_span frames)
{
    put_batch_of(writer, SBX_RESIDENT_BATCH, number, frames);
}

/* The frame of one operation, into `writer`. */
static void put_operation(struct sbx_writer *writer, enum sbx_op_code code, const struct sbx_args *args)
{
    size_t start = sbx_frame_begin(writer, 7, (uint16_t)code);
    assert_status(sbx_args_encode(sbx_op_row(code), args, writer), SBX_OK);
    assert_status(sbx_frame_end(writer, start), SBX_OK);
}

/* A batch that makes the directory `name`, into `writer`. */
static void put_mkdir(struct sbx_writer *writer, uint32_t number, const char *name)
{
    char frame[200];
    struct sbx_writer inner = sbx_buf_writer(frame, sizeof(frame));
    put_operation(&inner, SBX_OP_MKDIR, &(struct sbx_args){.path = P(name)});
    put_batch(writer, number, sbx_buf_written(&inner));
}

static void ask_mkdir(uint32_t number, const char *name)
{
    char bytes[200];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    put_mkdir(&writer, number, name);
    tell(sbx_buf_written(&writer));
}

/* The answer to batch `number`, in which the only reply has `status`. */
static void hear_mkdir(uint32_t number, enum sbx_status status)
{
    struct sbx_frame reply;
    hear_answer(number, SBX_RESIDENT_REPLIES);
    struct sbx_reader reader = sbx_buf_reader(heard.payload);
    assert_status(sbx_frame_next(&reader, &reply), SBX_OK);
    assert_int_equal(reply.id, 7);
    assert_status((enum sbx_status)reply.code, status);
    assert_int_equal(sbx_buf_left(&reader), 0);
}

static void test_one_after_the_other(void **state)
{
    (void)state;
    begin(NEVER_MS);
    ask_mkdir(1, "a");
    hear_mkdir(1, SBX_OK);
    ask_mkdir(2, "a");
    hear_mkdir(2, SBX_EEXIST);
    end(2, true);
}

static void test_again(void **state)
{
    (void)state;
    begin(NEVER_MS);
    ask_mkdir(1, "a");
    hear_mkdir(1, SBX_OK);
    assert_int_equal(rmdir("a"), 0);
    ask_mkdir(1, "a");
    hear_mkdir(1, SBX_OK);
    assert_false(scratch_is_there("a"));
    end(1, true);
}

/* Only the last few are kept: nobody waits for one before those. */
static void test_again_much_later(void **state)
{
    (void)state;
    begin(NEVER_MS);
    for (uint32_t number = 1; number <= 1 + SBX_RESIDENT_WINDOW; number++) {
        ask_mkdir(number, "a");
        hear_mkdir(number, number == 1 ? SBX_OK : SBX_EEXIST);
    }
    ask_mkdir(1, "a");
    ask_mkdir(2, "a");
    hear_mkdir(2, SBX_EEXIST);
    end(1 + SBX_RESIDENT_WINDOW, true);
}

static void test_gap(void **state)
{
    (void)state;
    begin(NEVER_MS);
    ask_mkdir(4, "a/b/c");
    ask_mkdir(3, "a/b");
    ask_mkdir(3, "a/b");
    ask_mkdir(2, "a");
    struct pollfd waited = {.fd = there.from, .events = POLLIN};
    assert_int_equal(poll(&waited, 1, 50), 0);
    assert_false(scratch_is_there("a"));
    ask_mkdir(1, "z");
    for (uint32_t number = 1; number <= 4; number++) {
        hear_mkdir(number, SBX_OK);
    }
    assert_true(scratch_is_there("a/b/c"));
    end(4, true);
}

static void test_pieces(void **state)
{
    char bytes[400];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    (void)state;
    begin(NEVER_MS);
    put_mkdir(&writer, 1, "a");
    put_mkdir(&writer, 2, "b");
    for (size_t i = 0; i < writer.length; i++) {
        tell((struct sbx_span){bytes + i, 1});
    }
    hear_mkdir(1, SBX_OK);
    hear_mkdir(2, SBX_OK);
    end(2, true);
}

static void test_numbers_go_round(void **state)
{
    char bytes[SBX_RESIDENT_HEAD];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    (void)state;
    begin(NEVER_MS);
    put_batch(&writer, UINT32_MAX, SBX_SPAN(""));
    tell(sbx_buf_written(&writer)); /* one before the first: nobody waits for that */
    ask_mkdir(1, "a");
    hear_mkdir(1, SBX_OK);
    end(1, true);
}

static void test_no_batch(void **state)
{
    char bytes[64];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    (void)state;
    begin(NEVER_MS);
    put_batch(&writer, 1, (struct sbx_span){"\0\0\0\0\0", 5});
    tell(sbx_buf_written(&writer));
    hear_answer(1, SBX_RESIDENT_REFUSED);
    ask_mkdir(2, "a");
    hear_mkdir(2, SBX_OK);
    end(2, true);
}

/* What it does not understand it does not guess at. */
static void test_leaves_what_it_does_not_understand(void **state)
{
    char bytes[64];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    (void)state;
    begin(NEVER_MS);
    ask_mkdir(1, "a");
    hear_mkdir(1, SBX_OK);
    size_t start = sbx_frame_begin(&writer, 2, SBX_RESIDENT_READS + 1);
    assert_status(sbx_frame_end(&writer, start), SBX_OK);
    tell(sbx_buf_written(&writer));
    end(1, false);
    begin(NEVER_MS);
    ask_mkdir(1 + SBX_RESIDENT_WINDOW, "b");
    end(0, false);
    begin(NEVER_MS);
    tell(SBX_SPAN("\1\0\0\0garbage"));
    end(0, false);
    assert_false(scratch_is_there("b"));
}

/* The beginning of a batch is in the pipe, and behind it the same batch whole: its write was cut off, and repeated. */
static void test_does_no_mixture(void **state)
{
    char frame[300];
    char bytes[400];
    struct sbx_writer inner = sbx_buf_writer(frame, sizeof(frame));
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    static const char content[] =
        "a content that is long enough to be cut off within, and with the same batch behind it to "
        "have all bytes that it says it has";
    (void)state;
    scratch_put("f", "old");
    begin(NEVER_MS);
    put_operation(&inner, SBX_OP_WRITE, &(struct sbx_args){.path = P("f"), .data = P(content)});
    put_batch(&writer, 1, sbx_buf_written(&inner));
    struct sbx_span batch = sbx_buf_written(&writer);
    tell((struct sbx_span){batch.data, batch.length - 20});
    tell(batch);
    end(0, false);
    scratch_has("f", "old");
}

static void test_leaves_when_idle(void **state)
{
    (void)state;
    begin(20);
    int to = there.to;
    there.to = -1; /* it goes by itself */
    end(0, true);
    assert_int_equal(close(to), 0);
}

/* Asks for one operation, and hears its status; its answer where it is well. */
static enum sbx_status ask_alone(uint32_t number, enum sbx_op_code code, const struct sbx_args *args,
                                 struct sbx_answer *answer)
{
    char bytes[500];
    char frame[400];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    struct sbx_writer inner = sbx_buf_writer(frame, sizeof(frame));
    struct sbx_frame reply;
    put_operation(&inner, code, args);
    put_batch(&writer, number, sbx_buf_written(&inner));
    tell(sbx_buf_written(&writer));
    hear_answer(number, SBX_RESIDENT_REPLIES);
    struct sbx_reader reader = sbx_buf_reader(heard.payload);
    assert_status(sbx_frame_next(&reader, &reply), SBX_OK);
    if (reply.code == SBX_OK) {
        assert_status(sbx_result_decode(sbx_op_row(code), reply.payload, answer), SBX_OK);
    }
    return (enum sbx_status)reply.code;
}

/* A batch of one waits for no lock: others are behind it. */
static void test_waits_for_nobody(void **state)
{
    struct sbx_args args = {.path = P("f"), .data = P("new")};
    struct sbx_answer answer = {0};
    (void)state;
    scratch_put("f", "old");
    int fd = open("f", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    begin(NEVER_MS);
    assert_status(ask_alone(1, SBX_OP_WRITE, &args, &answer), SBX_ENOBUFS);
    end(1, true);
    assert_int_equal(close(fd), 0);
    scratch_has("f", "old");
}

static void put_zeros(const char *path, size_t size)
{
    scratch_put(path, "");
    assert_int_equal(truncate(path, (off_t)size), 0);
}

/* Of a longer content its size is told: it is sooner there by another way. */
static void test_tells_the_size_of_a_long_content(void **state)
{
    struct sbx_answer answer = {0};
    (void)state;
    put_zeros("short", SBX_RESIDENT_CONTENT_MAX);
    put_zeros("long", SBX_RESIDENT_CONTENT_MAX + 1);
    begin(NEVER_MS);
    assert_status(ask_alone(1, SBX_OP_READ, &(struct sbx_args){.path = P("short")}, &answer), SBX_OK);
    assert_int_equal(answer.bytes.length, SBX_RESIDENT_CONTENT_MAX);
    assert_true(answer.file.ino != 0);
    assert_status(ask_alone(2, SBX_OP_READ, &(struct sbx_args){.path = P("long")}, &answer), SBX_OK);
    assert_int_equal(answer.bytes.length, 0);
    assert_int_equal(answer.total, SBX_RESIDENT_CONTENT_MAX + 1);
    assert_status(ask_alone(3, SBX_OP_READ, &(struct sbx_args){.path = P("/proc/version")}, &answer), SBX_OK);
    assert_true(answer.bytes.length > 0);
    assert_int_equal(answer.file.ino, 0);
    end(3, true);
}

/* A range or a listing that is longer than a reply this way is asked for another way, as a whole. */
static void test_has_no_room_for_long_replies(void **state)
{
    struct sbx_answer answer = {0};
    char path[240];
    (void)state;
    put_zeros("big", SBX_MIB);
    assert_int_equal(mkdir("some", 0755), 0);
    assert_int_equal(mkdir("many", 0755), 0);
    for (int i = 0; i < 400; i++) {
        (void)snprintf(path, sizeof(path), "many/%0200d", i);
        scratch_put(path, "");
        (void)snprintf(path, sizeof(path), "some/%d", i);
        scratch_put(path, "");
    }
    const struct {
        enum sbx_op_code code;
        struct sbx_args args;
        enum sbx_status status;
    } cases[] = {
        {SBX_OP_PREAD, {.path = P("big"), .length = SBX_RESIDENT_REPLY_MAX / 2}, SBX_OK},
        {SBX_OP_PREAD, {.path = P("big"), .length = SBX_RESIDENT_REPLY_MAX}, SBX_ENOBUFS},
        {SBX_OP_READDIR, {.path = P("some")}, SBX_OK},
        {SBX_OP_READDIR, {.path = P("many")}, SBX_ENOBUFS},
        {SBX_OP_NAMES, {.path = P("some"), .flags = SBX_NAMES_AROUND}, SBX_OK},
        {SBX_OP_NAMES, {.path = P("many"), .flags = SBX_NAMES_AROUND}, SBX_ENOBUFS},
    };
    uint32_t count = sizeof(cases) / sizeof(cases[0]);
    begin(NEVER_MS);
    for (uint32_t i = 0; i < count; i++) {
        assert_status(ask_alone(i + 1, cases[i].code, &cases[i].args, &answer), cases[i].status);
    }
    end(count, true);
}

/* A batch that reads, of one operation. */
static void ask_to_read(uint32_t number, enum sbx_op_code code, const struct sbx_args *args)
{
    char bytes[500];
    char frame[400];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    struct sbx_writer inner = sbx_buf_writer(frame, sizeof(frame));
    put_operation(&inner, code, args);
    put_batch_of(&writer, SBX_RESIDENT_READS, number, sbx_buf_written(&inner));
    tell(sbx_buf_written(&writer));
}

static char file_path[100]; /* of the last that was told */

/* The replies in the file that the last answer tells of; in `room`. */
static struct sbx_span read_file(char *room, size_t size)
{
    struct sbx_reader reader = sbx_buf_reader(heard.payload);
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
    assert_true(hear());
    assert_int_equal(heard.id, number);
    *filed = heard.code == SBX_RESIDENT_FILED;
    assert_true(*filed || heard.code == SBX_RESIDENT_REPLIES);
    struct sbx_reader reader = sbx_buf_reader(*filed ? read_file(room, sizeof(room)) : heard.payload);
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
    put_zeros("short", SBX_RESIDENT_FILED_CONTENT_MAX);
    put_zeros("long", SBX_RESIDENT_FILED_CONTENT_MAX + 1);
    put_zeros("big", SBX_MIB);
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
        {SBX_OP_PREAD, {.path = P("big"), .length = SBX_REPLY_CONTENT_MAX}, SBX_OK, 0, FILES},
        {SBX_OP_READ, {.path = P("short")}, SBX_OK, SBX_RESIDENT_FILED_CONTENT_MAX, FILES},
        {SBX_OP_READ, {.path = P("long")}, SBX_OK, 0, false},
        {SBX_OP_READDIR, {.path = P("many")}, SBX_ENOBUFS, 0, false},
        {SBX_OP_NAMES, {.path = P("many"), .flags = SBX_NAMES_AROUND}, SBX_ENOBUFS, 0, false},
    };
    uint32_t count = sizeof(cases) / sizeof(cases[0]);
    begin(NEVER_MS);
    for (uint32_t i = 0; i < count; i++) {
        bool filed = false;
        ask_to_read(i + 1, cases[i].code, &cases[i].args);
        assert_status(hear_read(i + 1, cases[i].code, &answer, &filed), cases[i].status);
        assert_int_equal(filed, cases[i].filed);
        size_t bytes = cases[i].code == SBX_OP_PREAD ? (size_t)cases[i].args.length : cases[i].bytes;
        assert_int_equal(cases[i].status == SBX_OK ? answer.bytes.length : 0, bytes);
    }
    end(count, true);
}

/* The same file is told again, also of one that waited; it is there until so many more were done. */
static void test_keeps_the_file(void **state)
{
    const struct sbx_args long_range = {.path = P("big"), .length = SBX_RESIDENT_REPLY_MAX};
    const struct sbx_args short_range = {.path = P("big"), .length = 1};
    struct sbx_answer answer = {0};
    char first[sizeof(file_path)];
    bool filed = false;
    (void)state;
    put_zeros("big", SBX_MIB);
    begin(NEVER_MS);
    ask_to_read(2, SBX_OP_PREAD, &long_range);
    ask_mkdir(1, "a");
    hear_mkdir(1, SBX_OK);
    for (uint32_t number = 2; number < 2 + SBX_RESIDENT_WINDOW; number++) {
        assert_status(hear_read(number, SBX_OP_PREAD, &answer, &filed), SBX_OK);
        ask_to_read(2, SBX_OP_PREAD, &long_range);
        assert_status(hear_read(2, SBX_OP_PREAD, &answer, &filed), SBX_OK);
        assert_int_equal(filed, FILES);
        assert_int_equal(answer.bytes.length, SBX_RESIDENT_REPLY_MAX);
        assert_true(number == 2 || strcmp(first, file_path) == 0);
        memcpy(first, file_path, sizeof(first));
        ask_to_read(number + 1, SBX_OP_PREAD, &short_range);
    }
    assert_status(hear_read(2 + SBX_RESIDENT_WINDOW, SBX_OP_PREAD, &answer, &filed), SBX_OK);
    assert_int_not_equal(access(first, F_OK), 0);
    end(2 + SBX_RESIDENT_WINDOW, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_one_after_the_other),
        scratch_test(test_again),
        scratch_test(test_again_much_later),
        scratch_test(test_gap),
        scratch_test(test_pieces),
        scratch_test(test_numbers_go_round),
        scratch_test(test_no_batch),
        scratch_test(test_leaves_what_it_does_not_understand),
        scratch_test(test_does_no_mixture),
        scratch_test(test_leaves_when_idle),
        scratch_test(test_waits_for_nobody),
        scratch_test(test_tells_the_size_of_a_long_content),
        scratch_test(test_has_no_room_for_long_replies),
        scratch_test(test_leaves_long_replies_in_a_file),
        scratch_test(test_keeps_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
