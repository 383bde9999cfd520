/* json_test.c: text becomes a value or a status, and no memory is told apart from no JSON as far as jansson does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/json.h"

#include "support.h"
#include "takeover.h"

static void test_values(void **state)
{
    (void)state;
    json_t *root = NULL;
    assert_status(sbx_json_parse(&root, SBX_SPAN("{\"a\": [1, \"x\"]}"), 0), SBX_OK);
    assert_true(json_is_object(root));
    assert_string_equal(json_string_value(json_array_get(json_object_get(root, "a"), 1)), "x");
    json_decref(root);
    assert_status(sbx_json_parse(&root, (struct sbx_span){"[]garbage", 2}, 0), SBX_OK); /* no NUL is needed */
    json_decref(root);
}

static void test_flags(void **state)
{
    (void)state;
    json_t *root = NULL;
    struct sbx_span twice = SBX_SPAN("{\"a\":1,\"a\":2}");
    struct sbx_span nul = SBX_SPAN("[\"\\u0000\"]");
    assert_status(sbx_json_parse(&root, twice, JSON_REJECT_DUPLICATES), SBX_EPROTO);
    assert_status(sbx_json_parse(&root, nul, 0), SBX_EPROTO);
    assert_null(root);
    assert_status(sbx_json_parse(&root, nul, JSON_ALLOW_NUL), SBX_OK);
    assert_int_equal(json_string_length(json_array_get(root, 0)), 1);
    json_decref(root);
}

static void test_what_is_no_json(void **state)
{
    (void)state;
    static const struct sbx_span wrong[] = {
        {NULL, 0},
        SBX_SPAN(""),
        SBX_SPAN(" "),
        SBX_SPAN("{"),
        SBX_SPAN("{}x"),
        SBX_SPAN("{'a':1}"),
        SBX_SPAN("[1,]"),
        SBX_SPAN("nul"),
        SBX_SPAN("\"\xff\""),
        SBX_SPAN("{}\0{}"),
        SBX_SPAN("[01]"),
        SBX_SPAN("[1e999]"),
        SBX_SPAN("\xef\xbb\xbf{}"),
        SBX_SPAN("[\"\\ud800\"]"),
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        json_t *root = json_true();
        if (sbx_json_parse(&root, wrong[i], 0) != SBX_EPROTO) {
            fail_msg("\"%.*s\" is no JSON", (int)wrong[i].length, wrong[i].data);
        }
        assert_null(root);
    }
}

/* Deeper than any of our answers, and than a stack may be. */
static void test_depth(void **state)
{
    (void)state;
    json_t *root = NULL;
    char *text = malloc(1 << 20);
    memset(text, '[', 1 << 20);
    assert_status(sbx_json_parse(&root, (struct sbx_span){text, 1 << 20}, 0), SBX_EPROTO);
    free(text);
}

static enum sbx_status parse(void *user)
{
    json_t *root = NULL;
    enum sbx_status status = sbx_json_parse(&root, span_of(user), 0);
    assert_true(status == SBX_OK || root == NULL);
    assert_true(status == SBX_OK || status == SBX_ENOMEM || status == SBX_EPROTO);
    json_decref(root);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_in_range(allocations_fail_each_loosely(parse, "{\"a\":[1,2.5,true,null,\"text\"]}"), 10, 200);
    json_t *root = NULL;
    allocations_fail(1, true);
    enum sbx_status status = sbx_json_parse(&root, SBX_SPAN("{}"), 0);
    assert_true(allocations_succeed());
    assert_status(status, SBX_ENOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),          cmocka_unit_test(test_flags),
        cmocka_unit_test(test_what_is_no_json), cmocka_unit_test(test_depth),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
