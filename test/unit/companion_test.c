/* companion_test.c: what is known of a sandbox's companion, whose base URL it is known of, and for how long.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion/companion.h"

#include "support.h"
#include "takeover.h"

static const struct sbx_greeting greeting = {.program = SBX_SPAN("/p/companion"),
                                             .directory = SBX_SPAN("/p")};

static struct sbx_companion *companion_with(bool off, const char *path)
{
    struct sbx_companion *companion = NULL;
    struct sbx_companion_options options = {.off = off, .path = span_of(path)};
    assert_status(sbx_companion_create(&companion, &options), SBX_OK);
    return companion;
}

static struct sbx_endpoint *endpoint_at(const char *base_url, const char *token)
{
    struct sbx_endpoint *endpoint = NULL;
    struct sbx_endpoint_options options = {.base_url = span_of(base_url), .token = span_of(token)};
    assert_status(sbx_endpoint_create(&endpoint, &options), SBX_OK);
    return endpoint;
}

static void assert_reported(struct sbx_companion *companion, enum sbx_companion_state state,
                            const char *reason)
{
    char text[SBX_DETAIL_MAX];
    assert_int_equal(sbx_companion_report(companion, text, sizeof(text)), state);
    assert_string_equal(text, reason);
}

static void assert_place(struct sbx_companion *companion, const char *place)
{
    struct sbx_bytes bytes;
    sbx_bytes_init(&bytes, SBX_PATH_MAX);
    sbx_companion_append_program(companion, &bytes);
    assert_text(sbx_bytes_span(&bytes), place);
    sbx_bytes_clear(&bytes);
}

static void test_unknown_up_unknown(void **state)
{
    (void)state;
    struct sbx_companion *companion = companion_with(false, "");
    struct sbx_endpoint *endpoint = endpoint_at("http://a", "");
    assert_int_equal(sbx_companion_look(companion, endpoint), SBX_COMPANION_UNKNOWN);
    assert_reported(companion, SBX_COMPANION_UNKNOWN, "nothing has been asked yet");
    assert_text(sbx_companion_path(companion), "");
    assert_place(companion, "");
    assert_status(sbx_companion_is_up(companion, endpoint, &greeting), SBX_OK);
    assert_int_equal(sbx_companion_look(companion, endpoint), SBX_COMPANION_UP);
    assert_reported(companion, SBX_COMPANION_UP, "");
    assert_place(companion, "/p/companion");
    sbx_companion_is_unknown(companion, "it went");
    assert_int_equal(sbx_companion_look(companion, endpoint), SBX_COMPANION_UNKNOWN);
    assert_reported(companion, SBX_COMPANION_UNKNOWN, "it went");
    sbx_endpoint_unref(endpoint);
    sbx_companion_unref(companion);
}

/* A token that was renewed is no other sandbox; another base URL is, whatever was known of the first. */
static void test_another_base_url_is_another_sandbox(void **state)
{
    (void)state;
    struct sbx_companion *companion = companion_with(false, "");
    struct sbx_endpoint *one = endpoint_at("http://a", "t");
    struct sbx_endpoint *renewed = endpoint_at("http://a/", "u");
    struct sbx_endpoint *other = endpoint_at("http://a/b", "t");
    for (int off = 0; off < 2; off++) {
        if (off == 1) {
            sbx_companion_is_off(companion, one, "no");
        } else {
            assert_status(sbx_companion_is_up(companion, one, &greeting), SBX_OK);
        }
        enum sbx_companion_state known = off == 1 ? SBX_COMPANION_OFF : SBX_COMPANION_UP;
        assert_int_equal(sbx_companion_look(companion, one), known);
        assert_int_equal(sbx_companion_look(companion, renewed), known);
        assert_int_equal(sbx_companion_look(companion, other), SBX_COMPANION_UNKNOWN);
        assert_int_equal(sbx_companion_look(companion, one), SBX_COMPANION_UNKNOWN);
        assert_reported(companion, SBX_COMPANION_UNKNOWN, off == 1 ? "no" : "");
    }
    sbx_endpoint_unref(one);
    sbx_endpoint_unref(renewed);
    sbx_endpoint_unref(other);
    sbx_companion_unref(companion);
}

/* That something is between is known of one sandbox, and nothing of another one. */
static void test_streams(void **state)
{
    (void)state;
    struct sbx_companion *companion = companion_with(false, "");
    struct sbx_endpoint *one = endpoint_at("http://a", "t");
    struct sbx_endpoint *other = endpoint_at("http://a/b", "t");
    assert_status(sbx_companion_is_up(companion, one, &greeting), SBX_OK);
    assert_true(sbx_companion_streams(companion));
    sbx_companion_streamed(companion, one, false);
    sbx_companion_streamed(companion, other, false);
    assert_true(sbx_companion_streams(companion));
    sbx_companion_streamed(companion, one, true);
    sbx_companion_streamed(companion, one, false);
    assert_true(sbx_companion_streams(companion));
    sbx_companion_streamed(companion, one, false);
    sbx_companion_is_unknown(companion, "it went");
    assert_status(sbx_companion_is_up(companion, one, &greeting), SBX_OK);
    assert_false(sbx_companion_streams(companion));
    assert_status(sbx_companion_is_up(companion, other, &greeting), SBX_OK);
    assert_true(sbx_companion_streams(companion));
    sbx_endpoint_unref(one);
    sbx_endpoint_unref(other);
    sbx_companion_unref(companion);
}

/* It stays near when it is looked for again, and is nothing known where it is another one. */
static void test_distance(void **state)
{
    (void)state;
    struct sbx_companion *companion = companion_with(false, "");
    struct sbx_endpoint *one = endpoint_at("http://a", "t");
    struct sbx_endpoint *other = endpoint_at("http://a/b", "t");
    assert_int_equal(sbx_companion_distance(companion), SBX_DISTANCE_UNKNOWN);
    assert_status(sbx_companion_is_up(companion, one, &greeting), SBX_OK);
    sbx_companion_answered(companion, one, SBX_NEAR_MS);
    assert_int_equal(sbx_companion_distance(companion), SBX_NEAR);
    sbx_companion_is_unknown(companion, "it went");
    assert_status(sbx_companion_is_up(companion, one, &greeting), SBX_OK);
    assert_int_equal(sbx_companion_distance(companion), SBX_NEAR);
    assert_status(sbx_companion_is_up(companion, other, &greeting), SBX_OK);
    assert_int_equal(sbx_companion_distance(companion), SBX_DISTANCE_UNKNOWN);
    for (int i = 0; i < SBX_FAR_ANSWERS; i++) {
        sbx_companion_answered(companion, other, SBX_NEAR_MS + 1);
    }
    assert_int_equal(sbx_companion_distance(companion), SBX_FAR);
    sbx_companion_answered(companion, one, 0); /* late, of the other one */
    assert_int_equal(sbx_companion_distance(companion), SBX_FAR);
    sbx_companion_is_off(companion, one, "it cannot run");
    assert_status(sbx_companion_is_up(companion, one, &greeting), SBX_OK);
    assert_int_equal(sbx_companion_distance(companion), SBX_DISTANCE_UNKNOWN);
    sbx_endpoint_unref(one);
    sbx_endpoint_unref(other);
    sbx_companion_unref(companion);
}

static void test_off_for_a_minute(void **state)
{
    (void)state;
    struct sbx_companion *companion = companion_with(false, "");
    struct sbx_endpoint *endpoint = endpoint_at("http://a", "");
    clock_stop(true);
    sbx_companion_is_off(companion, endpoint, "no such endpoint");
    clock_advance(SBX_COMPANION_AGAIN_MS - 1);
    assert_int_equal(sbx_companion_look(companion, endpoint), SBX_COMPANION_OFF);
    assert_reported(companion, SBX_COMPANION_OFF, "no such endpoint");
    clock_advance(1);
    assert_reported(companion, SBX_COMPANION_OFF, "no such endpoint"); /* nobody has looked */
    assert_int_equal(sbx_companion_look(companion, endpoint), SBX_COMPANION_UNKNOWN);
    assert_reported(companion, SBX_COMPANION_UNKNOWN, "no such endpoint");
    clock_stop(false);
    sbx_endpoint_unref(endpoint);
    sbx_companion_unref(companion);
}

static void test_never(void **state)
{
    (void)state;
    struct sbx_companion *companion = companion_with(true, "");
    struct sbx_endpoint *endpoint = endpoint_at("http://a", "");
    clock_advance(2ULL * SBX_COMPANION_AGAIN_MS);
    assert_int_equal(sbx_companion_look(companion, endpoint), SBX_COMPANION_OFF);
    assert_reported(companion, SBX_COMPANION_OFF, "the option companion is false");
    sbx_endpoint_unref(endpoint);
    sbx_companion_unref(companion);
}

/* The last owner frees it: the leak check sees to that. */
static void test_owners(void **state)
{
    (void)state;
    struct sbx_companion *companion = companion_with(false, "/opt/companion");
    assert_ptr_equal(sbx_companion_ref(companion), companion);
    sbx_companion_unref(companion);
    assert_text(sbx_companion_path(companion), "/opt/companion");
    sbx_companion_unref(companion);
    sbx_companion_unref(NULL);
}

static void test_long_reason_is_cut(void **state)
{
    (void)state;
    char few[8];
    char reason[2 * SBX_DETAIL_MAX];
    struct sbx_companion *companion = companion_with(false, "");
    memset(reason, 'x', sizeof(reason) - 1);
    reason[sizeof(reason) - 1] = '\0';
    sbx_companion_is_unknown(companion, reason);
    assert_int_equal(sbx_companion_report(companion, few, sizeof(few)), SBX_COMPANION_UNKNOWN);
    assert_string_equal(few, "xxxxxxx");
    assert_int_equal(sbx_companion_report(companion, NULL, 0), SBX_COMPANION_UNKNOWN);
    reason[SBX_DETAIL_MAX - 1] = '\0';
    assert_reported(companion, SBX_COMPANION_UNKNOWN, reason);
    sbx_companion_unref(companion);
}

static void test_path_that_is_too_long(void **state)
{
    (void)state;
    char path[SBX_PATH_MAX + 3];
    struct sbx_companion *companion = NULL;
    memset(path, 'x', sizeof(path));
    struct sbx_companion_options options = {.path = {path, SBX_PATH_MAX + 2}};
    assert_status(sbx_companion_create(&companion, &options), SBX_ENAMETOOLONG);
    assert_null(companion);
    options.path.length = SBX_PATH_MAX;
    assert_status(sbx_companion_create(&companion, &options), SBX_OK);
    sbx_companion_unref(companion);
}

static enum sbx_status create(void *user)
{
    struct sbx_companion *companion = NULL;
    struct sbx_companion_options options = {.path = SBX_SPAN("/opt/companion")};
    (void)user;
    enum sbx_status status = sbx_companion_create(&companion, &options);
    sbx_companion_unref(companion);
    return status;
}

/* Without memory for where it is, it is not there. */
static enum sbx_status come_up(void *user)
{
    struct sbx_companion *companion = NULL;
    allocations_pause(true);
    companion = companion_with(false, "");
    struct sbx_endpoint *endpoint = user;
    allocations_pause(false);
    enum sbx_status status = sbx_companion_is_up(companion, endpoint, &greeting);
    assert_int_equal(sbx_companion_look(companion, endpoint),
                     status == SBX_OK ? SBX_COMPANION_UP : SBX_COMPANION_UNKNOWN);
    assert_reported(companion, sbx_companion_look(companion, endpoint),
                    status == SBX_OK ? "" : "not enough memory");
    sbx_companion_unref(companion);
    return status;
}

/* Without memory for whose it is, it is asked for again too soon, rather than never. */
static void test_no_memory(void **state)
{
    (void)state;
    struct sbx_endpoint *endpoint = endpoint_at("http://a", "");
    assert_int_equal(allocations_fail_each(create, NULL), 2);
    assert_int_equal(allocations_fail_each(come_up, endpoint), 3);
    struct sbx_companion *companion = companion_with(false, "");
    allocations_fail(1, false);
    sbx_companion_is_off(companion, endpoint, "no");
    assert_true(allocations_succeed());
    assert_int_equal(sbx_companion_look(companion, endpoint), SBX_COMPANION_UNKNOWN);
    sbx_companion_unref(companion);
    sbx_endpoint_unref(endpoint);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown_up_unknown),
        cmocka_unit_test(test_another_base_url_is_another_sandbox),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_off_for_a_minute),
        cmocka_unit_test(test_never),
        cmocka_unit_test(test_owners),
        cmocka_unit_test(test_long_reason_is_cut),
        cmocka_unit_test(test_path_that_is_too_long),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
