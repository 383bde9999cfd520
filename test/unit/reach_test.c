/* reach_test.c: when a sandbox that has answered is gone, when it may yet start, when it is probed, and what says nothing
 * about that.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/reach.h"
#include "core/http/request.h"

#include <string.h>

#include "drive.h"

#define OWN "{\"type\":\"urn:x\",\"title\":\"Invalid Request\",\"status\":404}"

static void note(struct sbx_reach *reach, enum sbx_status outcome, long http_status, const char *reply)
{
    struct sbx_request request = {.outcome = outcome, .http_status = http_status};
    sbx_bytes_init(&request.reply, 1024);
    sbx_bytes_append_text(&request.reply, reply);
    sbx_reach_note(reach, &request);
    sbx_bytes_clear(&request.reply);
}

/* What a request says after one that was answered, or as the first. */
static bool gone_after(bool answered, enum sbx_status outcome, long http_status, const char *reply)
{
    struct sbx_reach *reach = NULL;
    assert_int_equal(sbx_reach_create(&reach), SBX_OK);
    if (answered) {
        note(reach, SBX_OK, 200, "{}");
    }
    note(reach, outcome, http_status, reply);
    bool gone = sbx_reach_is_gone(sbx_reach_ref(reach));
    sbx_reach_unref(reach);
    sbx_reach_unref(reach);
    return gone;
}

static void gone_is_what_cannot_be_reached(void **state)
{
    (void)state;
    assert_true(gone_after(true, SBX_ECONNREFUSED, 0, ""));
    assert_true(gone_after(true, SBX_EHOSTUNREACH, 0, ""));
    assert_false(gone_after(true, SBX_ETIMEDOUT, 0, ""));
    assert_false(gone_after(true, SBX_EIO, 0, ""));
    assert_false(gone_after(false, SBX_ECONNREFUSED, 0, ""));
}

static void gone_is_what_another_answers_for(void **state)
{
    static const long statuses[] = {404, 410, 502, 503, 504, 530};
    (void)state;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        assert_true(gone_after(true, SBX_OK, statuses[i], "<h1>no</h1>"));
        assert_true(gone_after(true, SBX_OK, statuses[i], "{\"message\":\"no\"}"));
        assert_false(gone_after(true, SBX_OK, statuses[i], OWN));
        assert_false(gone_after(false, SBX_OK, statuses[i], "<h1>no</h1>"));
    }
    assert_false(gone_after(true, SBX_OK, 413, "too large"));
    assert_false(gone_after(true, SBX_OK, 400, "no"));
}

#define REFUSED                                                                                              \
    "{\"type\":\"urn:sandbox-agent:error:token_invalid\",\"title\":\"Token Invalid\",\"status\":401}"

static void gone_is_what_an_edge_refuses(void **state)
{
    static const long statuses[] = {401, 403};
    (void)state;
    for (size_t i = 0; i < COUNT(statuses); i++) {
        assert_true(gone_after(true, SBX_OK, statuses[i], "<h1>expired</h1>"));
        assert_true(
            gone_after(true, SBX_OK, statuses[i], "{\"detail\":\"expired\",\"type\":\"about:blank\"}"));
        assert_true(gone_after(true, SBX_OK, statuses[i], ""));
        assert_false(gone_after(true, SBX_OK, statuses[i], REFUSED));
        assert_false(gone_after(false, SBX_OK, statuses[i], "<h1>expired</h1>"));
        assert_false(gone_after(true, SBX_ECANCELED, statuses[i], "")); /* nobody read it to its end */
    }
}

/* Whether it may yet start after a request that ended so. */
static bool may_start_after(bool answered, enum sbx_status outcome, long http_status, const char *reply)
{
    struct sbx_reach *reach = NULL;
    assert_int_equal(sbx_reach_create(&reach), SBX_OK);
    assert_false(sbx_reach_may_start(reach)); /* nothing was tried */
    if (answered) {
        note(reach, SBX_OK, 401, "");
    }
    note(reach, outcome, http_status, reply);
    note(reach, SBX_ECANCELED, 0, ""); /* says nothing */
    bool may = sbx_reach_may_start(reach);
    sbx_reach_unref(reach);
    return may;
}

static void what_has_nobody_yet_may_start(void **state)
{
    (void)state;
    assert_true(may_start_after(false, SBX_ECONNREFUSED, 0, ""));
    assert_true(may_start_after(false, SBX_OK, 502, "<h1>no</h1>"));
    assert_true(may_start_after(false, SBX_OK, 503, "<h1>no</h1>"));
    assert_false(may_start_after(true, SBX_ECONNREFUSED, 0, ""));
    assert_false(may_start_after(true, SBX_OK, 502, "<h1>no</h1>"));
}

static void what_answers_or_is_nowhere_does_not_start(void **state)
{
    (void)state;
    assert_false(may_start_after(false, SBX_OK, 502, OWN));
    assert_false(may_start_after(false, SBX_OK, 401, ""));
    assert_false(may_start_after(false, SBX_OK, 403, "<h1>no</h1>"));
    assert_false(may_start_after(false, SBX_OK, 404, "<h1>no</h1>"));
    assert_false(may_start_after(false, SBX_OK, 530, "<h1>no</h1>"));
    assert_false(may_start_after(false, SBX_EHOSTUNREACH, 0, ""));
    assert_false(may_start_after(false, SBX_ETIMEDOUT, 0, ""));
    assert_false(may_start_after(false, SBX_EIO, 0, ""));
}

static void what_takes_connections_and_ends_them_may_start(void **state)
{
    struct sbx_request lost = {.outcome = SBX_EIO, .lost = true};
    struct sbx_reach *reach = NULL;
    (void)state;
    assert_int_equal(sbx_reach_create(&reach), SBX_OK);
    sbx_reach_note(reach, &lost);
    assert_true(sbx_reach_may_start(reach));
    note(reach, SBX_OK, 200, "{}");
    sbx_reach_note(reach, &lost);
    assert_false(sbx_reach_may_start(reach));
    assert_false(sbx_reach_is_gone(reach)); /* the next one may be taken */
    sbx_reach_unref(reach);
}

static void the_port_of_a_proxy_is_not_the_sandbox(void **state)
{
    struct sbx_reach *reach = NULL;
    struct sbx_endpoint *endpoint = NULL;
    (void)state;
    assert_int_equal(sbx_reach_create(&reach), SBX_OK);
    struct sbx_endpoint_options options = {.base_url = SBX_SPAN("http://127.0.0.1:1"),
                                           .proxy = SBX_SPAN("http://127.0.0.1:2")};
    assert_int_equal(sbx_endpoint_create(&endpoint, &options), SBX_OK);
    struct sbx_request request = {.outcome = SBX_ECONNREFUSED, .endpoint = endpoint};
    sbx_reach_note(reach, &request);
    assert_false(sbx_reach_may_start(reach));
    request = (struct sbx_request){.outcome = SBX_EIO, .lost = true, .endpoint = endpoint};
    sbx_reach_note(reach, &request);
    assert_false(sbx_reach_may_start(reach));
    sbx_endpoint_unref(endpoint);
    sbx_reach_unref(reach);
}

static enum sbx_reach_way look(struct sbx_reach *reach)
{
    uint64_t silent_ms = 0;
    return sbx_reach_look(reach, &silent_ms);
}

static enum sbx_reach_way probed(struct sbx_reach *reach)
{
    uint64_t silent_ms = 0;
    return sbx_reach_probed(reach, &silent_ms);
}

/* One that answers (`heard`) or of which nothing was heard, and then a deadline that was met by what was asked now. */
static struct sbx_reach *doubted(bool heard)
{
    struct sbx_reach *reach = NULL;
    assert_int_equal(sbx_reach_create(&reach), SBX_OK);
    if (heard) {
        note(reach, SBX_OK, 200, "{}");
    }
    assert_int_equal(look(reach), SBX_REACH_GO);
    sbx_reach_doubt(reach, sbx_now_ms());
    return reach;
}

static void one_probes_and_the_others_wait(void **state)
{
    (void)state;
    for (int heard = 0; heard < 2; heard++) {
        struct sbx_reach *reach = doubted(heard == 1);
        assert_int_equal(look(reach), SBX_REACH_PROBE);
        assert_int_equal(look(reach), SBX_REACH_WAIT);
        sbx_reach_doubt(reach, sbx_now_ms()); /* others meet theirs meanwhile */
        assert_int_equal(look(reach), SBX_REACH_WAIT);
        note(reach, SBX_OK, 200, "{}");
        assert_int_equal(probed(reach), SBX_REACH_GO);
        assert_int_equal(look(reach), SBX_REACH_GO);
        sbx_reach_unref(reach);
    }
}

static void a_probe_without_an_answer_is_silence(void **state)
{
    struct sbx_reach *reach = doubted(true);
    (void)state;
    assert_int_equal(look(reach), SBX_REACH_PROBE);
    note(reach, SBX_ETIMEDOUT, 0, "");
    assert_false(sbx_reach_is_gone(reach));
    assert_int_equal(probed(reach), SBX_REACH_FAIL);
    assert_true(sbx_reach_is_gone(reach));
    assert_int_equal(look(reach), SBX_REACH_FAIL);
    sbx_reach_doubt(reach, sbx_now_ms());
    assert_int_equal(look(reach), SBX_REACH_FAIL);
    note(reach, SBX_OK, 404, OWN); /* what was sent before is answered */
    assert_int_equal(look(reach), SBX_REACH_GO);
    sbx_reach_unref(reach);
}

static void silence_of_what_never_answered_is_no_end(void **state)
{
    struct sbx_reach *reach = doubted(false);
    (void)state;
    assert_int_equal(look(reach), SBX_REACH_PROBE);
    assert_int_equal(probed(reach), SBX_REACH_FAIL);
    assert_false(sbx_reach_is_gone(reach)); /* it may be slow to start */
    sbx_reach_unref(reach);
}

static void who_finds_nobody_needs_no_probe(void **state)
{
    (void)state;
    static const enum sbx_status outcomes[] = {SBX_ECONNREFUSED, SBX_EHOSTUNREACH};
    for (size_t i = 0; i < COUNT(outcomes); i++) {
        struct sbx_reach *reach = doubted(true);
        assert_int_equal(look(reach), SBX_REACH_PROBE);
        note(reach, outcomes[i], 0, "");
        assert_int_equal(probed(reach), SBX_REACH_GO);
        sbx_reach_unref(reach);
    }
}

static void what_was_heard_since_leaves_no_doubt(void **state)
{
    struct sbx_reach *reach = NULL;
    (void)state;
    assert_int_equal(sbx_reach_create(&reach), SBX_OK);
    uint64_t asked_ms = sbx_now_ms() - 1;
    note(reach, SBX_OK, 200, "{}");
    sbx_reach_doubt(reach, asked_ms);
    assert_int_equal(look(reach), SBX_REACH_GO);
    note(reach, SBX_OK, 504, "<h1>late</h1>"); /* of a gateway, whose deadline it is */
    sbx_reach_doubt(reach, asked_ms);
    assert_int_equal(look(reach), SBX_REACH_GO);
    sbx_reach_unref(reach);
}

static void another_url_is_another_sandbox(void **state)
{
    struct sbx_reach *reach = NULL;
    (void)state;
    assert_int_equal(sbx_reach_keep(&reach, SBX_SPAN("http://a")), SBX_OK);
    note(reach, SBX_OK, 200, "{}");
    note(reach, SBX_ECONNREFUSED, 0, "");
    assert_int_equal(sbx_reach_keep(&reach, SBX_SPAN("http://a")), SBX_OK);
    assert_true(sbx_reach_is_gone(reach));
    assert_int_equal(sbx_reach_keep(&reach, SBX_SPAN("http://b")), SBX_OK);
    assert_false(sbx_reach_is_gone(reach));
    sbx_reach_unref(reach);
}

static void nothing_is_noted_nowhere(void **state)
{
    (void)state;
    sbx_reach_doubt(NULL, 1);
    assert_int_equal(look(NULL), SBX_REACH_GO);
    assert_int_equal(probed(NULL), SBX_REACH_GO);
    assert_false(sbx_reach_may_start(NULL));
    note(sbx_reach_ref(NULL), SBX_OK, 200, "");
    assert_false(sbx_reach_is_gone(NULL));
    sbx_reach_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gone_is_what_cannot_be_reached),
        cmocka_unit_test(gone_is_what_another_answers_for),
        cmocka_unit_test(gone_is_what_an_edge_refuses),
        cmocka_unit_test(what_has_nobody_yet_may_start),
        cmocka_unit_test(what_answers_or_is_nowhere_does_not_start),
        cmocka_unit_test(what_takes_connections_and_ends_them_may_start),
        cmocka_unit_test(the_port_of_a_proxy_is_not_the_sandbox),
        cmocka_unit_test(one_probes_and_the_others_wait),
        cmocka_unit_test(a_probe_without_an_answer_is_silence),
        cmocka_unit_test(silence_of_what_never_answered_is_no_end),
        cmocka_unit_test(who_finds_nobody_needs_no_probe),
        cmocka_unit_test(what_was_heard_since_leaves_no_doubt),
        cmocka_unit_test(another_url_is_another_sandbox),
        cmocka_unit_test(nothing_is_noted_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
