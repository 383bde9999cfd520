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
        {"[\"A=1\",\"B\"]", NULL, "B"},
        {"[\"=1\"]", NULL, "=1"},
        {"[\"A=1\\u0000\"]", NULL, "A=1"},
        {"{\"A\":\"1\",\"B=C\":\"2\"}", NULL, "B=C"},
        {"{\"\":\"2\"}", NULL, ""},
        {"{\"A\":\"2\\u0000\"}", NULL, "A"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *value = json_loads(rows[i].value, JSON_ALLOW_NUL, NULL);
        json_t *wanted = rows[i].env == NULL ? NULL : json_loads(rows[i].env, 0, NULL);
        json_t *env = NULL;
        const char *wrong = NULL;
        assert_status(sbx_env_read(value, &env, &wrong), wanted == NULL ? SBX_EINVAL : SBX_OK);
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

static enum sbx_status attempt(void *user)
{
    json_t *env = NULL;
    const char *wrong;
    enum sbx_status status = sbx_env_read(user, &env, &wrong);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_environments), cmocka_unit_test(test_no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
