/* reach_test.c: when a sandbox that has answered is gone, and what says nothing about that.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/reach.h"
#include "core/http/request.h"

#include <string.h>

#include "support.h"

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

static void nothing_is_noted_nowhere(void **state)
{
    (void)state;
    note(sbx_reach_ref(NULL), SBX_OK, 200, "");
    assert_false(sbx_reach_is_gone(NULL));
    sbx_reach_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gone_is_what_cannot_be_reached),
        cmocka_unit_test(gone_is_what_another_answers_for),
        cmocka_unit_test(nothing_is_noted_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
