/* toolkit.h: the toolkit in tests: a call of a tool by name, its result as JSON.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_TOOLKIT_H
#define TEST_TOOLKIT_H

#include <jansson.h>

#include "core/tools.h"
#include "script.h"
#include "world.h"

/* The row of a tool; fails the test where there is none. */
const struct sbx_tool *tool_named(const char *name);

/* A toolkit with that working directory and environment ("" and "" for none). */
struct sbx_toolkit *toolkit_with(const char *cwd, const char *env);

/* The state of tests that send nothing: cmocka's set-up and tear-down. */
struct toolkit_fixture {
    struct sbx_endpoint *endpoint;
    struct sbx_toolkit *toolkit; /* without directory and environment */
};

int toolkit_set_up(void **state);
int toolkit_tear_down(void **state);

/* A call that is not yet sent; `toolkit` and the endpoint outlive it. */
struct sbx_op *tool_call(const struct sbx_toolkit *toolkit, struct sbx_endpoint *endpoint, const char *name,
                         struct sbx_span input);

/* Makes a call by a toolkit of its own, without directory and environment: fails the test unless what it asks is `script`,
 * which begins with these exchanges. The world's endpoint and engine are used; the op is the caller's. */
struct sbx_op *toolkit_run(struct world *world, struct script *script, const char *name, const char *input,
                           const struct exchange *exchanges);

/* The same, where the result is that JSON. */
void toolkit_gives(struct world *world, struct script *script, const char *name, const char *input,
                   const struct exchange *exchanges, const char *answer);

/* Fails the test unless the op's result is that JSON. */
void check_answer(const struct sbx_op *op, const char *expected, const char *file, int line);
#define assert_answer(op, expected) check_answer((op), (expected), __FILE__, __LINE__)

#endif
