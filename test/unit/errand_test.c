/* errand_test.c: which questions go with the search for the companion, and which of them its replies are to.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion/errand.h"

#include <stdlib.h>

#include "support.h"
#include "takeover.h"

#define ASKS_MAX 5

static struct sbx_endpoint *endpoints[2];
static struct sbx_ask asks[ASKS_MAX];
static struct sbx_queue waiting;

static int set_up(void **state)
{
    struct sbx_endpoint_options first = {.base_url = SBX_SPAN("http://a")};
    struct sbx_endpoint_options second = {.base_url = SBX_SPAN("http://b")};
    (void)state;
    assert_status(sbx_endpoint_create(&endpoints[0], &first), SBX_OK);
    assert_status(sbx_endpoint_create(&endpoints[1], &second), SBX_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sbx_endpoint_unref(endpoints[0]);
    sbx_endpoint_unref(endpoints[1]);
    return 0;
}

/* What waits: an op of each code, for the sandbox of its number; 0 ends them. Those that go, as "1 2". */
static void put(struct sbx_bytes *frames, const enum sbx_op_code *codes, const int *sandboxes)
{
    sbx_queue_init(&waiting);
    sbx_bytes_init(frames, SBX_MIB);
    for (size_t i = 0; i < ASKS_MAX && codes[i] != 0; i++) {
        asks[i] = (struct sbx_ask){.row = sbx_op_row(codes[i]),
                                   .args = {.path = SBX_SPAN("/x"), .new_path = SBX_SPAN("/y")},
                                   .endpoint = endpoints[sandboxes == NULL ? 0 : sandboxes[i]],
                                   .id = 77};
        sbx_queue_push(&waiting, &asks[i].link);
    }
    sbx_errand_put(frames, &waiting);
}

/* So many frames, with the ids from 1 on, are of the first that waits; what else waits has 0. */
static void expect_to_go(const enum sbx_op_code *codes, const int *sandboxes, uint32_t count)
{
    struct sbx_bytes frames;
    struct sbx_frame frame;
    put(&frames, codes, sandboxes);
    struct sbx_reader reader = sbx_buf_reader(sbx_bytes_span(&frames));
    for (uint32_t i = 0; i < ASKS_MAX && codes[i] != 0; i++) {
        assert_int_equal(asks[i].id, i < count ? i + 1 : 0);
        if (i < count) {
            assert_status(sbx_frame_next(&reader, &frame), SBX_OK);
            assert_int_equal(frame.id, i + 1);
            assert_int_equal(frame.code, codes[i]);
        }
    }
    assert_int_equal(sbx_buf_left(&reader), 0);
    sbx_bytes_clear(&frames);
}
#define EXPECT(count, sandboxes, ...)                                                                        \
    expect_to_go((const enum sbx_op_code[ASKS_MAX]){__VA_ARGS__}, (sandboxes), (count))

/* Nothing that changes something, or takes long, goes: it could be done twice, or hold up the search. Nor does what was
 * asked behind it, or of another sandbox. */
static void test_what_goes(void **state)
{
    static const int one_other[ASKS_MAX] = {0, 1, 0};
    (void)state;
    EXPECT(3, NULL, SBX_OP_STAT, SBX_OP_READ, SBX_OP_NAMES);
    EXPECT(1, NULL, SBX_OP_STAT, SBX_OP_WRITE, SBX_OP_READ);
    EXPECT(0, NULL, SBX_OP_MKDIR, SBX_OP_STAT);
    EXPECT(0, NULL, SBX_OP_WALK);
    EXPECT(1, one_other, SBX_OP_STAT, SBX_OP_STAT, SBX_OP_STAT);
}

static void put_reply(struct sbx_writer *writer, uint32_t id)
{
    size_t start = sbx_frame_begin(writer, id, SBX_OK);
    assert_status(sbx_frame_end(writer, start), SBX_OK);
}

/* One that left before its reply came is passed; replies to nobody, or to none that went, are to nobody. */
static void test_whose_reply_it_is(void **state)
{
    static const enum sbx_op_code codes[ASKS_MAX] = {SBX_OP_STAT, SBX_OP_STAT, SBX_OP_STAT, SBX_OP_MKDIR};
    char bytes[200];
    struct sbx_bytes frames;
    struct sbx_frame reply;
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    (void)state;
    put(&frames, codes, NULL);
    sbx_link_remove(&asks[0].link);
    for (uint32_t id = 0; id <= 4; id++) {
        put_reply(&writer, id);
    }
    struct sbx_reader replies = sbx_buf_reader(sbx_buf_written(&writer));
    assert_ptr_equal(sbx_errand_next(&replies, &waiting, &reply), &asks[1]);
    assert_int_equal(reply.id, 2);
    assert_ptr_equal(sbx_errand_next(&replies, &waiting, &reply), &asks[2]);
    assert_null(sbx_errand_next(&replies, &waiting, &reply));
    assert_ptr_equal(waiting.head.next, &asks[3].link);
    sbx_bytes_clear(&frames);
}

/* They are no argument, which everyone could read, but a variable; nothing is added where nothing goes. */
static void test_body(void **state)
{
    (void)state;
    for (size_t length = 0; length <= 3; length += 3) {
        struct sbx_bytes frames;
        json_t *body = json_pack("{s:[s]}", "args", "run");
        sbx_bytes_init(&frames, 100);
        sbx_bytes_append(&frames, (struct sbx_span){"abc", length});
        assert_true(sbx_errand_add(&frames, body));
        char *text = json_dumps(body, JSON_COMPACT);
        assert_string_equal(text, length == 0 ? "{\"args\":[\"run\"]}"
                                              : "{\"args\":[\"run\",\"@0\"],\"env\":{\"SBX_0\":\"YWJj\"}}");
        free(text);
        json_decref(body);
        sbx_bytes_clear(&frames);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_goes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_whose_reply_it_is, set_up, tear_down),
        cmocka_unit_test(test_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
