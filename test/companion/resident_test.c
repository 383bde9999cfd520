/* resident_test.c: a companion that stays: batches in whatever order they come, and again, each done once and answered;
 * and how it leaves.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "staying.h"

static void test_one_after_the_other(void **state)
{
    (void)state;
    staying_begin(STAYING_NEVER_MS);
    staying_ask_mkdir(1, "a");
    staying_hear_mkdir(1, SBX_OK);
    staying_ask_mkdir(2, "a");
    staying_hear_mkdir(2, SBX_EEXIST);
    staying_end(2, true);
}

static void test_again(void **state)
{
    (void)state;
    staying_begin(STAYING_NEVER_MS);
    staying_ask_mkdir(1, "a");
    staying_hear_mkdir(1, SBX_OK);
    assert_int_equal(rmdir("a"), 0);
    staying_ask_mkdir(1, "a");
    staying_hear_mkdir(1, SBX_OK);
    assert_false(scratch_is_there("a"));
    staying_end(1, true);
}

/* Only the last few are kept: nobody waits for one before those. */
static void test_again_much_later(void **state)
{
    (void)state;
    staying_begin(STAYING_NEVER_MS);
    for (uint32_t number = 1; number <= 1 + SBX_RESIDENT_WINDOW; number++) {
        staying_ask_mkdir(number, "a");
        staying_hear_mkdir(number, number == 1 ? SBX_OK : SBX_EEXIST);
    }
    staying_ask_mkdir(1, "a");
    staying_ask_mkdir(2, "a");
    staying_hear_mkdir(2, SBX_EEXIST);
    staying_end(1 + SBX_RESIDENT_WINDOW, true);
}

static void test_gap(void **state)
{
    (void)state;
    staying_begin(STAYING_NEVER_MS);
    staying_ask_mkdir(4, "a/b/c");
    staying_ask_mkdir(3, "a/b");
    staying_ask_mkdir(3, "a/b");
    staying_ask_mkdir(2, "a");
    struct pollfd waited = {.fd = staying.from, .events = POLLIN};
    assert_int_equal(poll(&waited, 1, 50), 0);
    assert_false(scratch_is_there("a"));
    staying_ask_mkdir(1, "z");
    for (uint32_t number = 1; number <= 4; number++) {
        staying_hear_mkdir(number, SBX_OK);
    }
    assert_true(scratch_is_there("a/b/c"));
    staying_end(4, true);
}

static void test_pieces(void **state)
{
    char bytes[400];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    (void)state;
    staying_begin(STAYING_NEVER_MS);
    staying_put_mkdir(&writer, 1, "a");
    staying_put_mkdir(&writer, 2, "b");
    for (size_t i = 0; i < writer.length; i++) {
        staying_tell((struct sbx_span){bytes + i, 1});
    }
    staying_hear_mkdir(1, SBX_OK);
    staying_hear_mkdir(2, SBX_OK);
    staying_end(2, true);
}

static void test_numbers_go_round(void **state)
{
    char bytes[SBX_RESIDENT_HEAD];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    (void)state;
    staying_begin(STAYING_NEVER_MS);
    staying_put_batch(&writer, SBX_RESIDENT_BATCH, UINT32_MAX, SBX_SPAN(""));
    staying_tell(sbx_buf_written(&writer)); /* one before the first: nobody waits for that */
    staying_ask_mkdir(1, "a");
    staying_hear_mkdir(1, SBX_OK);
    staying_end(1, true);
}

static void test_no_batch(void **state)
{
    char bytes[64];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    (void)state;
    staying_begin(STAYING_NEVER_MS);
    staying_put_batch(&writer, SBX_RESIDENT_BATCH, 1, (struct sbx_span){"\0\0\0\0\0", 5});
    staying_tell(sbx_buf_written(&writer));
    staying_hear_answer(1, SBX_RESIDENT_REFUSED);
    staying_ask_mkdir(2, "a");
    staying_hear_mkdir(2, SBX_OK);
    staying_end(2, true);
}

/* What it does not understand it does not guess at. */
static void test_leaves_what_it_does_not_understand(void **state)
{
    char bytes[64];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    (void)state;
    staying_begin(STAYING_NEVER_MS);
    staying_ask_mkdir(1, "a");
    staying_hear_mkdir(1, SBX_OK);
    size_t start = sbx_frame_begin(&writer, 2, SBX_RESIDENT_BOXED << 1);
    assert_status(sbx_frame_end(&writer, start), SBX_OK);
    staying_tell(sbx_buf_written(&writer));
    staying_end(1, false);
    staying_begin(STAYING_NEVER_MS);
    staying_ask_mkdir(1 + SBX_RESIDENT_WINDOW, "b");
    staying_end(0, false);
    staying_begin(STAYING_NEVER_MS);
    staying_tell(SBX_SPAN("\1\0\0\0garbage"));
    staying_end(0, false);
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
    staying_begin(STAYING_NEVER_MS);
    staying_put_operation(&inner, SBX_OP_WRITE, &(struct sbx_args){.path = P("f"), .data = P(content)});
    staying_put_batch(&writer, SBX_RESIDENT_BATCH, 1, sbx_buf_written(&inner));
    struct sbx_span batch = sbx_buf_written(&writer);
    staying_tell((struct sbx_span){batch.data, batch.length - 20});
    staying_tell(batch);
    staying_end(0, false);
    scratch_has("f", "old");
}

static void test_leaves_when_idle(void **state)
{
    (void)state;
    staying_begin(20);
    int to = staying.to;
    staying.to = -1; /* it goes by itself */
    staying_end(0, true);
    assert_int_equal(close(to), 0);
}

/* Told to end, it ends what it is at. (The signal is the process's: no other thread takes it.) */
static void test_told_to_end(void **state)
{
    sigset_t told;
    (void)state;
    assert_int_equal(sigemptyset(&told), 0);
    assert_int_equal(sigaddset(&told, SIGTERM), 0);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &told, NULL), 0);
    staying_begin(STAYING_NEVER_MS);
    staying_ask_mkdir(1, "a");
    staying_hear_mkdir(1, SBX_OK);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    int to = staying.to;
    staying.to = -1; /* it goes by itself */
    staying_end(1, true);
    assert_int_equal(close(to), 0);
    assert_int_equal(pthread_sigmask(SIG_UNBLOCK, &told, NULL), 0);
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
    staying_put_operation(&inner, code, args);
    staying_put_batch(&writer, SBX_RESIDENT_BATCH, number, sbx_buf_written(&inner));
    staying_tell(sbx_buf_written(&writer));
    staying_hear_answer(number, SBX_RESIDENT_REPLIES);
    struct sbx_reader reader = sbx_buf_reader(staying.heard.payload);
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
    staying_begin(STAYING_NEVER_MS);
    assert_status(ask_alone(1, SBX_OP_WRITE, &args, &answer), SBX_ENOBUFS);
    staying_end(1, true);
    assert_int_equal(close(fd), 0);
    scratch_has("f", "old");
}

/* Of a longer content its size is told: it is sooner there by another way. */
static void test_tells_the_size_of_a_long_content(void **state)
{
    struct sbx_answer answer = {0};
    (void)state;
    scratch_put_zeros("short", SBX_RESIDENT_CONTENT_MAX);
    scratch_put_zeros("long", SBX_RESIDENT_CONTENT_MAX + 1);
    staying_begin(STAYING_NEVER_MS);
    assert_status(ask_alone(1, SBX_OP_READ, &(struct sbx_args){.path = P("short")}, &answer), SBX_OK);
    assert_int_equal(answer.bytes.length, SBX_RESIDENT_CONTENT_MAX);
    assert_true(answer.file.ino != 0);
    assert_status(ask_alone(2, SBX_OP_READ, &(struct sbx_args){.path = P("long")}, &answer), SBX_OK);
    assert_int_equal(answer.bytes.length, 0);
    assert_int_equal(answer.total, SBX_RESIDENT_CONTENT_MAX + 1);
    assert_status(ask_alone(3, SBX_OP_READ, &(struct sbx_args){.path = P("/proc/version")}, &answer), SBX_OK);
    assert_true(answer.bytes.length > 0);
    assert_int_equal(answer.file.ino, 0);
    staying_end(3, true);
}

/* A range or a listing that is longer than a reply this way is asked for another way, as a whole. */
static void test_has_no_room_for_long_replies(void **state)
{
    struct sbx_answer answer = {0};
    char path[240];
    (void)state;
    scratch_put_zeros("big", SBX_MIB);
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
    staying_begin(STAYING_NEVER_MS);
    for (uint32_t i = 0; i < count; i++) {
        assert_status(ask_alone(i + 1, cases[i].code, &cases[i].args, &answer), cases[i].status);
    }
    staying_end(count, true);
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
        scratch_test(test_told_to_end),
        scratch_test(test_waits_for_nobody),
        scratch_test(test_tells_the_size_of_a_long_content),
        scratch_test(test_has_no_room_for_long_replies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
