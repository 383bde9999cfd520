/* tool_env_test.c: an environment is the same, whether it comes as an object or as a list; what is no variable is named.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/tool_env.h"

#include "support.h"
#include "takeover.h"

static void test_environments(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        const char *env; /* NULL: it is wrong */
        const char *wrong;
    } rows[] = {
        {"{}", "{}", NULL},
        {"[]", "{}", NULL},
        {"{\"A\":\"1\",\"B\":\"\"}", "{\"A\":\"1\",\"B\":\"\"}", NULL},
        {"[\"A=1\",\"B=\",\"C=x=y z\",\"A=2\"]", "{\"A\":\"2\",\"B\":\"\",\"C\":\"x=y z\"}", NULL},
        {"[\"A=1\",\"B\"]", NULL, "'B' is no NAME=VALUE"},
        {"[\"\"]", NULL, "'' is no NAME=VALUE"},
        {"[\"=1\"]", NULL, "'=1' has no name"},
        {"[\"A\\u0000B=1\"]", NULL, "the name 'A\\0B' has a NUL"},
        {"[\"A=1\\u0000\"]", NULL, "the value of 'A' has a NUL"},
        {"{\"A\":\"1\",\"B=C\":\"2\"}", NULL, "the name 'B=C' has a \"=\""},
        {"{\"\":\"2\"}", NULL, "'' has no name"},
        {"{\"A\":\"2\\u0000\"}", NULL, "the value of 'A' has a NUL"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *value = json_loads(rows[i].value, JSON_ALLOW_NUL, NULL);
        json_t *wanted = rows[i].env == NULL ? NULL : json_loads(rows[i].env, 0, NULL);
        json_t *env = NULL;
        char wrong[SBX_ENV_WORDS] = "";
        assert_status(sbx_env_read(value, &env, wrong), wanted == NULL ? SBX_EINVAL : SBX_OK);
        assert_int_equal(env == NULL, wanted == NULL);
        if (wanted == NULL) {
            assert_string_equal(wrong, rows[i].wrong);
        } else {
            assert_true(json_equal(env, wanted));
        }
        json_decref(env);
        json_decref(wanted);
        json_decref(value);
    }
}

static void test_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum sbx_status status;
        const char *wrong;
    } rows[] = {
        {"", SBX_OK, ""},
        {"{\"A\":\"\"}", SBX_OK, ""},
        {"[\"A=1\"]", SBX_EINVAL, ""},
        {"{\"A\":1}", SBX_EINVAL, ""},
        {"{", SBX_EINVAL, ""},
        {"{\"=\":\"\"}", SBX_EINVAL, "the name '=' has a \"=\""},
        {"{\"x\":\"\\\"\", \"A\\\"\\u0000\\\\\":\"\"}", SBX_EINVAL, "the name 'A\\\"\\u0000\\\\' has a NUL"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *env = NULL;
        char wrong[SBX_ENV_WORDS];
        struct sbx_span text = {rows[i].text, strlen(rows[i].text)};
        assert_status(sbx_env_parse(text, &env, wrong), rows[i].status);
        assert_int_equal(env != NULL, rows[i].status == SBX_OK);
        assert_string_equal(wrong, rows[i].wrong);
        json_decref(env);
    }
}

static void test_long_names_are_cut(void **state)
{
    (void)state;
    char name[1000] = "";
    char wrong[SBX_ENV_WORDS];
    json_t *env = NULL;
    json_t *list = json_array();
    memset(name, 'x', sizeof(name) - 1);
    assert_int_equal(json_array_append_new(list, json_string(name)), 0);
    assert_status(sbx_env_read(list, &env, wrong), SBX_EINVAL);
    assert_int_equal(strlen(wrong), 200 + strlen("'' is no NAME=VALUE"));
    json_decref(list);
}

static enum sbx_status attempt(void *user)
{
    json_t *env = NULL;
    char wrong[SBX_ENV_WORDS];
    enum sbx_status status = sbx_env_read(user, &env, wrong);
    json_decref(env);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    json_t *list = json_loads("[\"A=1\",\"B=2\"]", 0, NULL);
    assert_in_range(allocations_fail_each_loosely(attempt, list), 3, 50);
    json_decref(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_environments), cmocka_unit_test(test_text),
                                       cmocka_unit_test(test_long_names_are_cut),
                                       cmocka_unit_test(test_no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
