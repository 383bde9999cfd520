/* toolkit.c: calls of tools.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "toolkit.h"

const struct sbx_tool *tool_named(const char *name)
{
    size_t count = 0;
    const struct sbx_tool *tools = sbx_tools(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(tools[i].name, name) == 0) {
            return &tools[i];
        }
    }
    fail_msg("there is no tool %s", name);
    return NULL;
}

struct sbx_toolkit *toolkit_with(const char *cwd, const char *env)
{
    struct sbx_toolkit *toolkit = NULL;
    struct sbx_toolkit_options options = {
        .cwd = span_of(cwd), .env = span_of(env), .timeout_ms = 10000, .companion = {.off = true}};
    assert_status(sbx_toolkit_create(&toolkit, &options), SBX_OK);
    return toolkit;
}

int toolkit_set_up(void **state)
{
    struct toolkit_fixture *fixture = calloc(1, sizeof(*fixture));
    struct sbx_endpoint_options options = {.base_url = SBX_SPAN("http://127.0.0.1")};
    assert_status(sbx_endpoint_create(&fixture->endpoint, &options), SBX_OK);
    fixture->toolkit = toolkit_with("", "");
    *state = fixture;
    return 0;
}

int toolkit_tear_down(void **state)
{
    struct toolkit_fixture *fixture = *state;
    sbx_toolkit_destroy(fixture->toolkit);
    sbx_endpoint_unref(fixture->endpoint);
    free(fixture);
    return 0;
}

struct sbx_op *tool_call(const struct sbx_toolkit *toolkit, struct sbx_endpoint *endpoint, const char *name,
                         struct sbx_span input)
{
    struct sbx_op *op = NULL;
    assert_status(sbx_tool_op_create(&op, toolkit, tool_named(name), endpoint, input), SBX_OK);
    return op;
}

void check_answer(const struct sbx_op *op, const char *expected, const char *file, int line)
{
    struct sbx_span text = {op->result.bytes.data, op->result.bytes.length};
    if (op->result.status != SBX_OK) {
        print_error("%s (%s) instead of %s\n", sbx_status_name(op->result.status), sbx_op_detail(op),
                    expected);
        _fail(file, line);
    }
    json_t *actual = json_loadb(text.data, text.length, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
    json_t *wanted = json_loads(expected, JSON_ALLOW_NUL, NULL);
    bool same = wanted != NULL && json_equal(actual, wanted);
    json_decref(actual);
    json_decref(wanted);
    if (!same) {
        print_error("%.*s instead of %s\n", (int)text.length, text.data, expected);
        _fail(file, line);
    }
}

struct sbx_op *toolkit_run(struct world *world, struct script *script, const char *name, const char *input,
                           const struct exchange *exchanges)
{
    struct sbx_toolkit *toolkit = toolkit_with("", "");
    struct sbx_op *op = tool_call(toolkit, world->endpoint, name, span_of(input));
    script_begin(script, exchanges);
    sbx_tool_submit(op, world->engine);
    world_drive(world, 1);
    script_check(script, input);
    sbx_toolkit_destroy(toolkit);
    return op;
}

void toolkit_gives(struct world *world, struct script *script, const char *name, const char *input,
                   const struct exchange *exchanges, const char *answer)
{
    struct sbx_op *op = toolkit_run(world, script, name, input, exchanges);
    assert_answer(op, answer);
    sbx_op_destroy(op);
}
