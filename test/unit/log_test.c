/* log_test.c: the text of a log is what the program printed, however the server cut it into entries, and however the
 * entries came.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/log.h"

#include "core/base64.h"
#include "core/json.h"
#include "support.h"
#include "takeover.h"

static const char *const names[] = {"stdout", "stderr", "pty"};

static void add_entry(json_t *entries, uint64_t sequence, enum sbx_log_stream stream, struct sbx_span bytes)
{
    json_t *entry =
        json_pack("{s:I, s:s, s:i, s:o, s:s}", "sequence", (json_int_t)sequence, "stream", names[stream],
                  "timestampMs", 5, "data", sbx_base64_json(bytes), "encoding", "base64");
    assert_int_equal(json_array_append_new(entries, entry), 0);
}

static enum sbx_status take(struct sbx_log *log, json_t *entries, bool window)
{
    json_t *reply = json_pack("{s:o}", "entries", entries);
    enum sbx_status status = sbx_log_take(log, reply, window);
    json_decref(reply);
    return status;
}

static void take_one(struct sbx_log *log, uint64_t sequence, enum sbx_log_stream stream,
                     struct sbx_span bytes)
{
    json_t *entries = json_array();
    add_entry(entries, sequence, stream, bytes);
    assert_status(take(log, entries, false), SBX_OK);
}

#define TAKE(log, sequence, stream, text) take_one((log), (sequence), SBX_LOG_##stream, SBX_SPAN(text))

/* Compares what is shown with `expected`: "stream:data" of each, base64 as "stream=data", with blanks between them. */
static void check_shown(const struct sbx_log *log, const char *expected, int line)
{
    char shown[4096] = "";
    size_t used = 0;
    json_t *pieces = sbx_log_show(log);
    for (size_t i = 0; i < json_array_size(pieces); i++) {
        const json_t *piece = json_array_get(pieces, i);
        const char *encoding = json_string_value(json_object_get(piece, "encoding"));
        used +=
            (size_t)snprintf(shown + used, sizeof(shown) - used, "%s%s%c%s", i == 0 ? "" : " ",
                             json_string_value(json_object_get(piece, "stream")),
                             encoding == NULL ? ':' : '=', json_string_value(json_object_get(piece, "data")));
    }
    json_decref(pieces);
    if (strcmp(shown, expected) != 0) {
        print_error("\"%s\" instead of \"%s\"\n", shown, expected);
        _fail(__FILE__, line);
    }
}
#define assert_shown(log, expected) check_shown((log), (expected), __LINE__)

static void check_place(const struct sbx_log *log, const char *expected, int line)
{
    char place[SBX_LOG_PLACE_SIZE];
    sbx_log_place(log, place);
    if (strcmp(place, expected) != 0) {
        print_error("%s instead of %s\n", place, expected);
        _fail(__FILE__, line);
    }
}
#define assert_place(log, expected) check_place((log), (expected), __LINE__)

static void resume(struct sbx_log *log, struct sbx_log *from)
{
    char place[SBX_LOG_PLACE_SIZE];
    sbx_log_place(from, place);
    sbx_log_clear(from);
    sbx_log_init(log);
    assert_status(sbx_log_begin_at(log, span_of(place)), SBX_OK);
}

/* ---- Characters ---------------------------------------------------------------------------------------------- */

#define TEXT "a\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x99\x82z" /* of 1, 2, 3, 4 and 1 bytes */

/* Cut at any two places, read by one call or by three. */
static void test_characters_are_whole(void **state)
{
    (void)state;
    size_t length = strlen(TEXT);
    for (size_t i = 0; i <= length * length * 2; i++) {
        size_t cuts[] = {0, i / 2 % length, i / 2 / length % length, length};
        bool each_alone = i % 2 == 1;
        char whole[64] = "";
        struct sbx_log log = {0};
        for (size_t k = 0; k < 3 && cuts[1] <= cuts[2]; k++) {
            take_one(&log, k + 1, SBX_LOG_STDERR, (struct sbx_span){TEXT + cuts[k], cuts[k + 1] - cuts[k]});
            json_t *shown = sbx_log_show(&log);
            for (size_t n = 0; each_alone || k == 2 ? n < json_array_size(shown) : false; n++) {
                assert_null(json_object_get(json_array_get(shown, n), "encoding"));
                size_t used = strlen(whole);
                (void)snprintf(whole + used, sizeof(whole) - used, "%s",
                               json_string_value(json_object_get(json_array_get(shown, n), "data")));
            }
            json_decref(shown);
            if (each_alone) {
                struct sbx_log before = log;
                resume(&log, &before);
            }
        }
        sbx_log_clear(&log);
        assert_true(cuts[1] > cuts[2] || strcmp(whole, TEXT) == 0);
    }
}

static void test_streams_are_apart(void **state)
{
    (void)state;
    struct sbx_log log = {0};
    TAKE(&log, 1, STDOUT, "a\xc3");
    TAKE(&log, 2, STDERR, "b\xf0\x9f");
    assert_place(&log, "2-c3-f09f");
    TAKE(&log, 3, STDOUT, "\xa9");
    assert_place(&log, "3--f09f");
    TAKE(&log, 4, STDERR, "\x99\x82");
    assert_place(&log, "4");
    assert_shown(&log, "stdout:a stderr:b stdout:\xc3\xa9 stderr:\xf0\x9f\x99\x82");
    sbx_log_keep_stream(&log, SBX_LOG_STDERR);
    assert_shown(&log, "stderr:b stderr:\xf0\x9f\x99\x82");
    sbx_log_clear(&log);
}

/* What is no character is shown as bytes, and what never became one at the end. */
static void test_bytes_that_are_no_text(void **state)
{
    (void)state;
    struct sbx_log log = {0};
    TAKE(&log, 1, STDOUT, "a\xff");
    TAKE(&log, 2, STDOUT, "b\xe2\x82");
    assert_shown(&log, "stdout=Yf8= stdout:b");
    assert_place(&log, "2-e282");
    assert_status(sbx_log_end(&log), SBX_OK);
    assert_shown(&log, "stdout=Yf8= stdout:b stdout=4oI=");
    assert_place(&log, "2");
    sbx_log_clear(&log);
}

static void test_places(void **state)
{
    (void)state;
    static const char *const right[] = {"0", "17", "17-e2", "17--e282", "1-f09f98-f0", "3---f09f99"};
    static const char *const wrong[] = {"",     "x",          "-1",    "1x", "1-e", "1-zz",
                                        "1-E2", "1-e2e2e2e2", "1----", " 1", "1 ",  "99999999999999999999"};
    for (size_t i = 0; i < COUNT(right); i++) {
        struct sbx_log log = {0};
        assert_status(sbx_log_begin_at(&log, span_of(right[i])), SBX_OK);
        assert_place(&log, right[i]);
        sbx_log_clear(&log);
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct sbx_log log = {0};
        assert_status(sbx_log_begin_at(&log, span_of(wrong[i])), SBX_EINVAL);
    }
}

/* ---- What the server does to it ------------------------------------------------------------------------------- */

static void test_what_was_dropped(void **state)
{
    (void)state;
    struct sbx_log log = {0};
    TAKE(&log, 5, STDOUT,
         "\x82\xac"
         "five"); /* the rest of a character whose beginning is gone */
    TAKE(&log, 6, STDERR, "six");
    assert_int_equal(log.dropped, 4);
    TAKE(&log, 9, STDOUT, "nine");
    assert_int_equal(log.dropped, 6);
    assert_shown(&log, "stdout:five stderr:six stdout:nine");
    sbx_log_clear(&log);
    TAKE(&log, 1, STDOUT,
         "\x82"
         "one"); /* here it is the program's own */
    assert_shown(&log, "stdout=gm9uZQ==");
    assert_int_equal(log.dropped, 0);
    sbx_log_clear(&log);
}

static void test_a_window(void **state)
{
    (void)state;
    struct sbx_log log = {0};
    json_t *entries = json_array();
    add_entry(entries, 7, SBX_LOG_STDOUT, SBX_SPAN("a\nb\n"));
    add_entry(entries, 8, SBX_LOG_STDERR, SBX_SPAN("\xa9x"));
    assert_status(take(&log, entries, true), SBX_OK);
    assert_int_equal(log.dropped, 0);
    assert_true(sbx_log_is_cut(&log));
    sbx_log_keep_stream(&log, SBX_LOG_STDOUT);
    assert_false(sbx_log_is_cut(&log));
    sbx_log_clear(&log);
}

static void test_the_servers_own_message(void **state)
{
    (void)state;
    struct sbx_log log = {0};
    TAKE(&log, 1, PTY, "hi\r\n");
    TAKE(&log, 2, PTY, "\n[process stream error: I/O error (os error 5)]\n");
    TAKE(&log, 3, STDOUT, "\n[process stream error: x]\n");
    TAKE(&log, 4, PTY, "\n[process stream error: x]\r\n");
    assert_shown(&log, "pty:hi\r\n stdout:\n[process stream error: x]\n pty:\n[process stream error: x]\r\n");
    assert_int_equal(log.last, 4);
    sbx_log_clear(&log);
}

/* ---- Lines ---------------------------------------------------------------------------------------------------- */

static void test_lines(void **state)
{
    (void)state;
    struct sbx_log log = {0};
    TAKE(&log, 1, STDOUT, "a\nb");
    TAKE(&log, 2, STDERR, "x\n");
    TAKE(&log, 3, STDOUT, "c\nd");
    assert_false(sbx_log_keep_lines(&log, 4));
    assert_true(sbx_log_keep_lines(&log, 3));
    assert_shown(&log, "stdout:b stderr:x\n stdout:c\nd");
    assert_true(sbx_log_keep_lines(&log, 2));
    assert_shown(&log, "stdout:c\nd");
    assert_true(sbx_log_keep_lines(&log, 1));
    assert_shown(&log, "stdout:d");
    assert_false(sbx_log_keep_lines(&log, 1));
    sbx_log_clear(&log);
    TAKE(&log, 1, STDOUT, "a\n\n");
    assert_true(sbx_log_keep_lines(&log, 1)); /* the newline at the very end begins no line */
    assert_shown(&log, "stdout:\n");
    sbx_log_clear(&log);
}

/* ---- Another shape, no memory --------------------------------------------------------------------------------- */

#define BASE64(data)                                                                                         \
    "{\"entries\":[{\"sequence\":1,\"stream\":\"stdout\",\"timestampMs\":5,\"data\":\"" data                 \
    "\",\"encoding\":\"base64\"}]}"

static void refuse(const char *text)
{
    struct sbx_log log = {0};
    json_t *reply = NULL;
    assert_status(sbx_json_parse(&reply, span_of(text), 0), SBX_OK);
    assert_status(sbx_log_take(&log, reply, false), SBX_EPROTO);
    json_decref(reply);
    sbx_log_clear(&log);
}

static void test_another_shape(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "{}",
        "{\"entries\":{}}",
        "{\"entries\":null}",
        "{\"entries\":[7]}",
        "{\"entries\":[{}]}",
        "{\"entries\":[{\"sequence\":1,\"stream\":\"stdout\",\"timestampMs\":5}]}",
        "{\"entries\":[{\"sequence\":1,\"stream\":\"stdin\",\"timestampMs\":5,\"data\":\"\"}]}",
        "{\"entries\":[{\"sequence\":0,\"stream\":\"stdout\",\"timestampMs\":5,\"data\":\"\"}]}",
        "{\"entries\":[{\"sequence\":\"1\",\"stream\":\"stdout\",\"timestampMs\":5,\"data\":\"\"}]}",
        "{\"entries\":[{\"sequence\":1,\"stream\":\"stdout\",\"timestampMs\":\"5\",\"data\":\"\"}]}",
        "{\"entries\":[{\"sequence\":1,\"stream\":7,\"timestampMs\":5,\"data\":\"\"}]}",
        "{\"entries\":[{\"sequence\":1,\"stream\":\"stdout\",\"timestampMs\":5,\"data\":7}]}",
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        refuse(wrong[i]);
    }
    refuse(BASE64("aGk"));
    refuse(BASE64("no!!"));
}

static enum sbx_status attempt(void *user)
{
    struct sbx_log log = {0};
    enum sbx_status status = sbx_log_take(&log, user, false);
    if (status == SBX_OK) {
        status = sbx_log_end(&log);
    }
    json_t *shown = status == SBX_OK ? sbx_log_show(&log) : NULL;
    if (status == SBX_OK && shown == NULL) {
        status = SBX_ENOMEM;
    }
    json_decref(shown);
    sbx_log_clear(&log);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    json_t *entries = json_array();
    for (uint64_t i = 1; i <= 20; i++) {
        add_entry(entries, i, SBX_LOG_STDOUT, i % 2 == 0 ? SBX_SPAN("a\xff") : SBX_SPAN("b\xe2\x82"));
    }
    json_t *reply = json_pack("{s:o}", "entries", entries);
    assert_in_range(allocations_fail_each_loosely(attempt, reply), 40, 1000);
    json_decref(reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_characters_are_whole),    cmocka_unit_test(test_streams_are_apart),
        cmocka_unit_test(test_bytes_that_are_no_text),  cmocka_unit_test(test_places),
        cmocka_unit_test(test_what_was_dropped),        cmocka_unit_test(test_a_window),
        cmocka_unit_test(test_the_servers_own_message), cmocka_unit_test(test_lines),
        cmocka_unit_test(test_another_shape),           cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
