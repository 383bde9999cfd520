/* tail_test.c: the log of a process, as events cut anywhere and as answers: each entry once, in order; and what is none.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion/tail.h"

#include <stdio.h>

#include "support.h"
#include "takeover.h"
#include "wire/base64.h"

/* The frame 1 with payload "ab" in two entries, and frame 2 in a third one. */
static char frames_of[2 * SBX_FRAME_HEADER + 2];

static void make_frames(void)
{
    struct sbx_writer writer = sbx_buf_writer(frames_of, sizeof(frames_of));
    size_t start = sbx_frame_begin(&writer, 1, 0);
    sbx_buf_put_bytes(&writer, SBX_SPAN("ab"));
    assert_status(sbx_frame_end(&writer, start), SBX_OK);
    start = sbx_frame_begin(&writer, 2, 0);
    assert_status(sbx_frame_end(&writer, start), SBX_OK);
    assert_int_equal(writer.length, sizeof(frames_of));
}

static void write_entry(char *to, size_t size, int sequence, struct sbx_span bytes)
{
    char text[200] = "";
    sbx_base64_encode(text, bytes);
    (void)snprintf(to, size, "{\"sequence\":%d,\"stream\":\"stdout\",\"data\":\"%s\"}", sequence, text);
}

/* Entry 1, 2 or 3 of those frames. */
static const char *entry(int sequence)
{
    static char entries[3][400];
    static const size_t starts[] = {0, 5, SBX_FRAME_HEADER + 2, sizeof(frames_of)};
    int i = sequence - 1;
    write_entry(entries[i], sizeof(entries[i]), sequence,
                (struct sbx_span){frames_of + starts[i], starts[i + 1] - starts[i]});
    return entries[i];
}

static void add_event(struct sbx_tail *tail, const char *text)
{
    char line[600];
    (void)snprintf(line, sizeof(line), "event: log\nid: 7\ndata: %s\n\n: \n", text);
    for (size_t i = 0; line[i] != '\0'; i++) { /* cut everywhere */
        sbx_tail_add_events(tail, (struct sbx_span){line + i, 1});
    }
}

static void assert_events(struct sbx_tail *tail, enum sbx_status status, size_t seen_then)
{
    size_t seen = 0;
    assert_status(sbx_tail_read_events(tail, &seen), status);
    assert_int_equal(seen, seen_then);
}

static enum sbx_status read_reply(struct sbx_tail *tail, const char *const *entries)
{
    char text[2000];
    size_t at = (size_t)snprintf(text, sizeof(text), "{\"entries\":[");
    for (size_t i = 0; entries[i] != NULL; i++) {
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", i == 0 ? "" : ",", entries[i]);
    }
    (void)snprintf(text + at, sizeof(text) - at, "]}");
    return sbx_tail_read_reply(tail, span_of(text));
}
#define REPLY(tail, ...) read_reply((tail), (const char *const[]){__VA_ARGS__, NULL})

static void assert_frame(struct sbx_tail *tail, uint32_t id, const char *payload)
{
    struct sbx_frame frame;
    assert_status(sbx_tail_next(tail, &frame), SBX_OK);
    assert_int_equal(frame.id, id);
    assert_text(frame.payload, payload);
}

static void assert_no_frame(struct sbx_tail *tail, enum sbx_status status)
{
    struct sbx_frame frame;
    assert_status(sbx_tail_next(tail, &frame), status);
}

static int begin(void **state)
{
    static struct sbx_tail tail;
    make_frames();
    sbx_tail_init(&tail);
    *state = &tail;
    return 0;
}

static int end(void **state)
{
    sbx_tail_clear(*state);
    return 0;
}

static void test_events(void **state)
{
    struct sbx_tail *tail = *state;
    assert_events(tail, SBX_OK, 0);
    add_event(tail, entry(1));
    assert_events(tail, SBX_OK, 1);
    assert_no_frame(tail, SBX_EAGAIN);
    add_event(tail, entry(2));
    add_event(tail, entry(3));
    assert_events(tail, SBX_OK, 2);
    assert_frame(tail, 1, "ab");
    assert_frame(tail, 2, "");
    assert_no_frame(tail, SBX_EAGAIN);
    assert_int_equal(tail->last, 3);
}

/* What is behind a gap waits for what the answer brings; what comes twice is taken once. */
static void test_gap(void **state)
{
    struct sbx_tail *tail = *state;
    add_event(tail, entry(1));
    add_event(tail, entry(3));
    assert_events(tail, SBX_EAGAIN, 2);
    assert_events(tail, SBX_EAGAIN, 1);
    assert_int_equal(tail->last, 1);
    assert_status(REPLY(tail, entry(2)), SBX_OK);
    assert_events(tail, SBX_OK, 1);
    assert_frame(tail, 1, "ab");
    assert_frame(tail, 2, "");
    assert_status(REPLY(tail, entry(1), entry(2), entry(3)), SBX_OK);
    add_event(tail, entry(2));
    assert_events(tail, SBX_OK, 1);
    assert_no_frame(tail, SBX_EAGAIN);
}

/* The server has not kept what is missing. */
static void test_gone(void **state)
{
    struct sbx_tail *tail = *state;
    assert_status(REPLY(tail, entry(1)), SBX_OK);
    assert_status(REPLY(tail, entry(3)), SBX_EAGAIN);
    assert_int_equal(tail->last, 1);
}

/* What it says elsewhere counts, and is none of its frames. */
static void test_other_stream(void **state)
{
    struct sbx_tail *tail = *state;
    assert_status(REPLY(tail, "{\"sequence\":1,\"stream\":\"stderr\",\"data\":\"QUJD\"}"), SBX_OK);
    assert_int_equal(tail->last, 1);
    assert_no_frame(tail, SBX_EAGAIN);
    assert_int_equal(tail->bytes.length, 0);
}

static void test_no_log(void **state)
{
    static const char *const replies[] = {
        "",
        "{",
        "[]",
        "{}",
        "{\"entries\":{}}",
        "{\"entries\":[1]}",
        "{\"entries\":[{}]}",
        "{\"entries\":[{\"sequence\":0,\"stream\":\"stdout\",\"data\":\"\"}]}",
        "{\"entries\":[{\"sequence\":1,\"data\":\"\"}]}",
        "{\"entries\":[{\"sequence\":1,\"stream\":\"stdout\",\"data\":1}]}",
        "{\"entries\":[{\"sequence\":1,\"stream\":\"stdout\",\"data\":\"?\"}]}",
    };
    struct sbx_tail *tail = *state;
    for (size_t i = 0; i < COUNT(replies); i++) {
        sbx_tail_clear(tail);
        sbx_tail_init(tail);
        assert_status(sbx_tail_read_reply(tail, span_of(replies[i])), SBX_EPROTO);
    }
    sbx_tail_clear(tail);
    sbx_tail_init(tail);
    add_event(tail, "{\"sequence\":\"1\"}");
    assert_events(tail, SBX_EPROTO, 1);
}

/* A frame that is too long is none. */
static void test_no_frame(void **state)
{
    struct sbx_tail *tail = *state;
    char text[400];
    write_entry(text, sizeof(text), 1, SBX_SPAN("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"));
    assert_status(REPLY(tail, text), SBX_OK);
    assert_no_frame(tail, SBX_EPROTO);
}

/* It may look as if it were no log: that is doubted too. */
static enum sbx_status read_all(void *user)
{
    struct sbx_tail tail;
    size_t seen = 0;
    (void)user;
    sbx_tail_init(&tail);
    add_event(&tail, entry(1));
    enum sbx_status status = sbx_tail_read_events(&tail, &seen);
    status = status == SBX_OK ? REPLY(&tail, entry(2)) : status;
    sbx_tail_clear(&tail);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_in_range(allocations_fail_each_loosely(read_all, NULL), 5, 200);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_events), TEST(test_gap),      TEST(test_gone),      TEST(test_other_stream),
        TEST(test_no_log), TEST(test_no_frame), TEST(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
