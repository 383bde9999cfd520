/* tools_test.c: the table of the tools is what core and an agent can use: core takes no description of more than 200
 * characters, and an agent is shown every field and every example as it stands here.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/tools.h"

#include <ctype.h>

#include "core/tool_calls.h"
#include "core/tool_input.h"
#include "takeover.h"
#include "toolkit.h"

#define DESCRIPTION_MAX 200 /* of a tool and of the toolkit: core refuses more */

static const char *const names[] = {"run-command",  "create-process", "list-processes", "get-process-logs",
                                    "stop-process", "kill-process",   "send-input"};

static void test_the_seven_tools(void **state)
{
    (void)state;
    size_t count = 0;
    const struct sbx_tool *tools = sbx_tools(&count);
    assert_int_equal(count, COUNT(names));
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(tools[i].name, names[i]);
        assert_non_null(tools[i].steps);
        assert_non_null(tools[i].steps[0]);
    }
    assert_string_equal(SBX_TOOLKIT_NAME, "sandbox"); /* hence the command agentos-sandbox */
    assert_in_range(strlen(SBX_TOOLKIT_DESCRIPTION), 1, DESCRIPTION_MAX);
}

static void assert_described(const char *description, size_t max)
{
    assert_non_null(description);
    assert_in_range(strlen(description), 5, max);
    for (const char *c = description; *c != '\0'; c++) {
        assert_true(isprint((unsigned char)*c));
    }
}

static void test_everything_is_described(void **state)
{
    (void)state;
    size_t count = 0;
    const struct sbx_tool *tools = sbx_tools(&count);
    for (size_t i = 0; i < count; i++) {
        assert_described(tools[i].description, DESCRIPTION_MAX);
        for (size_t k = 0; k < tools[i].field_count; k++) {
            assert_described(tools[i].fields[k].description, DESCRIPTION_MAX);
        }
        for (size_t k = 0; k < tools[i].example_count; k++) {
            assert_described(tools[i].examples[k].description, DESCRIPTION_MAX);
        }
        assert_true(tools[i].example_count > 0);
    }
}

static void test_fields(void **state)
{
    (void)state;
    size_t count = 0;
    const struct sbx_tool *tools = sbx_tools(&count);
    for (size_t i = 0; i < count; i++) {
        bool has_subject = tools[i].subject == NULL;
        for (size_t k = 0; k < tools[i].field_count; k++) {
            const struct sbx_field *field = &tools[i].fields[k];
            bool is_subject = tools[i].subject != NULL && strcmp(field->name, tools[i].subject) == 0;
            has_subject = has_subject || is_subject;
            assert_int_equal(field->type == SBX_FIELD_ENUM, field->values != NULL);
            assert_true(field->values == NULL || field->values[0] != NULL);
            for (size_t other = 0; other < k; other++) {
                assert_string_not_equal(field->name, tools[i].fields[other].name);
            }
        }
        assert_true(has_subject);
    }
}

/* Core prints an example's values as flags without quotes: a space would make two of one. */
static void assert_no_space(const json_t *value)
{
    const json_t *one = value;
    size_t count = json_is_array(value) ? json_array_size(value) : 1;
    for (size_t i = 0; i < count; i++) {
        one = json_is_array(value) ? json_array_get(value, i) : value;
        assert_true(!json_is_string(one) || strpbrk(json_string_value(one), " \t\n\"'$") == NULL);
    }
}

/* Each example is taken by its own tool, as an agent would send it. */
static void test_examples_are_taken(void **state)
{
    (void)state;
    struct sbx_endpoint *endpoint;
    struct sbx_endpoint_options options = {.base_url = SBX_SPAN("http://127.0.0.1")};
    struct sbx_toolkit *toolkit = toolkit_with("", "");
    size_t count = 0;
    const struct sbx_tool *tools = sbx_tools(&count);
    assert_status(sbx_endpoint_create(&endpoint, &options), SBX_OK);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < tools[i].example_count; k++) {
            const char *text = tools[i].examples[k].input;
            struct sbx_op *op = tool_call(toolkit, endpoint, tools[i].name, span_of(text));
            json_t *input = sbx_tool_input(op);
            const char *name;
            json_t *value;
            if (input == NULL) {
                fail_msg("%s does not take %s: %s", tools[i].name, text, sbx_op_detail(op));
            }
            json_object_foreach (input, name, value) {
                assert_no_space(value);
            }
            json_decref(input);
            sbx_op_destroy(op);
        }
    }
    sbx_toolkit_destroy(toolkit);
    sbx_endpoint_unref(endpoint);
}

/* ---- A toolkit ---------------------------------------------------------------------------------------- */

static enum sbx_status create(struct sbx_span cwd, struct sbx_span env)
{
    struct sbx_toolkit *toolkit = NULL;
    struct sbx_toolkit_options options = {.cwd = cwd, .env = env, .timeout_ms = 1};
    enum sbx_status status = sbx_toolkit_create(&toolkit, &options);
    sbx_toolkit_destroy(toolkit);
    return status;
}

static void test_options(void **state)
{
    (void)state;
    char cwd[] = "/app";
    char env[] = "{\"A\":\"1\",\"B\":\"\"}";
    struct sbx_toolkit *toolkit = toolkit_with(cwd, env);
    memset(cwd, 'x', sizeof(cwd));
    memset(env, 'x', sizeof(env));
    assert_string_equal(toolkit->cwd, "/app");
    assert_int_equal(json_object_size(toolkit->env), 2);
    assert_string_equal(json_string_value(json_object_get(toolkit->env, "A")), "1");
    sbx_toolkit_destroy(toolkit);
    toolkit = toolkit_with("", "");
    assert_null(toolkit->cwd);
    assert_int_equal(json_object_size(toolkit->env), 0);
    sbx_toolkit_destroy(toolkit);
    sbx_toolkit_destroy(NULL);
}

static void test_wrong_options(void **state)
{
    (void)state;
    static const struct sbx_span environments[] = {
        SBX_SPAN("[]"),           SBX_SPAN("\"A=1\""),      SBX_SPAN("null"),
        SBX_SPAN("{\"A\":1}"),    SBX_SPAN("{\"A\":null}"), SBX_SPAN("{\"A\":\"1\",\"B\":[]}"),
        SBX_SPAN("{\"A\":\"1\""), SBX_SPAN("A=1"),
    };
    struct sbx_span none = {0};
    for (size_t i = 0; i < COUNT(environments); i++) {
        assert_status(create(none, environments[i]), SBX_EINVAL);
    }
    assert_status(create(SBX_SPAN("/a\0b"), none), SBX_EINVAL);
    assert_status(create(SBX_SPAN("/\xff"), none), SBX_EINVAL); /* no text: it could not become JSON */
}

static enum sbx_status create_and_destroy(void *user)
{
    (void)user;
    return create(SBX_SPAN("/app"), SBX_SPAN("{\"A\":\"1\"}"));
}

static enum sbx_status create_without_options(void *user)
{
    (void)user;
    return create((struct sbx_span){0}, (struct sbx_span){0});
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_in_range(allocations_fail_each(create_without_options, NULL), 2, 10);
    assert_in_range(allocations_fail_each_loosely(create_and_destroy, NULL), 4, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_seven_tools), cmocka_unit_test(test_everything_is_described),
        cmocka_unit_test(test_fields),          cmocka_unit_test(test_examples_are_taken),
        cmocka_unit_test(test_options),         cmocka_unit_test(test_wrong_options),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
