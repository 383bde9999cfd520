/* supervisor.h: the companion as the supervisor of programs: how one is started under it, and waited for.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_SUPERVISOR_H
#define SBX_CORE_SUPERVISOR_H

#include <jansson.h>

#include "core/op.h"

#define SBX_RECORD_LENGTH 20 /* characters of a record's name */
#define SBX_RECORDS_MAX 256  /* that are asked for at once; the server runs 64 programs by default */

/* A step: goes on where the sandbox has a companion, once it is known; otherwise with `otherwise`. The step behind it is
 * sbx_supervisor_need. */
enum sbx_step sbx_supervisor_find(struct sbx_op *op, const sbx_step_function *otherwise);
enum sbx_step sbx_supervisor_need(struct sbx_op *op);

/* Makes a name for a record, of `size` bytes at most. */
enum sbx_status sbx_supervisor_name(char *name, size_t size) SBX_CHECKED;

/* Appends the directory of a record in the sandbox; nothing where the companion has no place for it. */
void sbx_supervisor_append_directory(const struct sbx_op *op, const char *record, struct sbx_bytes *bytes);

/* The program of `body` (command, args, cwd, env) as one that runs under the supervisor, with `options` (ended by NULL)
 * of it. The caller's; NULL: no memory. */
json_t *sbx_supervisor_wrap(const struct sbx_op *op, const json_t *body, const char *const *options);

/* A process as the server shows it (taken; NULL is allowed): of one that runs under the supervisor the program itself, and
 * no pid, for the server has that of the supervisor. NULL: no memory. */
json_t *sbx_supervisor_unwrap(json_t *process);

/* Whether it can be the name of a record. */
bool sbx_supervisor_is_record(struct sbx_span name);

/* The record of such a process, borrowed from it; NULL: it is none. */
const char *sbx_supervisor_record_of(const json_t *process);

/* A question to wait for the end of a program, or for its start. */
struct sbx_wait {
    const char *record;
    int ms;                 /* at most */
    bool start;             /* until it is known to run, or not to */
    bool snapshot;          /* one is made of what goes on after that time */
    enum sbx_budget budget; /* programs for what takes long; what ends programs does not wait behind them */
};

enum sbx_step sbx_supervisor_ask_wait(struct sbx_op *op, const struct sbx_wait *wait);

/* What the record says, by the last request; the failure of that, or the companion's: SBX_ENOENT, SBX_ESRCH. */
enum sbx_status sbx_supervisor_take_wait(const struct sbx_op *op, struct sbx_supervised *state) SBX_CHECKED;

/* A question for what `count` records say now, SBX_RECORDS_MAX at most. */
enum sbx_step sbx_supervisor_ask_records(struct sbx_op *op, const char *const *records, size_t count);

/* The answers to it, in the order of the question; the state of a record that is not there is 0. */
enum sbx_status sbx_supervisor_take_records(const struct sbx_op *op, struct sbx_supervised *states,
                                            size_t count) SBX_CHECKED;

#endif
