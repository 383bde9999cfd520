/* scratch.h: what the companion's tests use: an empty directory that is the current one, and asking the
 * handlers in frames, in this process.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_SCRATCH_H
#define TEST_SCRATCH_H

#include "support.h"

#include "companion/server.h"

/* Set-up and tear-down of a test: an empty directory, which is HOME too, gone afterwards; umask 022. */
int scratch_open(void **state);
int scratch_close(void **state);
#define scratch_test(test) cmocka_unit_test_setup_teardown(test, scratch_open, scratch_close)

/* Serves one frame through encoder, server and decoder. The answer borrows until the next one. */
enum sbx_status scratch_ask(enum sbx_op_code code, const struct sbx_args *args, struct sbx_answer *answer);

/* Bytes that its reply may have; SBX_REPLIES_MAX where a test begins. */
extern size_t scratch_room;

/* ASK(MKDIR, .path = P("a")): its status; the answer is in `answer`. */
extern struct sbx_answer answer;
#define ASK(NAME, ...) scratch_ask(SBX_OP_##NAME, &(struct sbx_args){__VA_ARGS__}, &answer)
#define P(text) span_of(text)

/* The server that scratch_ask uses, with this much room for replies. */
struct server scratch_server(size_t room);

void scratch_put(const char *path, const char *content);
void scratch_has(const char *path, const char *content); /* fails the test where it has not */
bool scratch_is_there(const char *path);                 /* as lstat sees it */

/* Skips the test unless it may become someone else; then does, and back. */
void scratch_become_nobody(void);
void scratch_become_root(void);

/* A file of so many bytes that are 0. */
void scratch_put_zeros(const char *path, size_t size);

#endif
