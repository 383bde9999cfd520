/* tool_run.h: run-command where the sandbox has a companion: the program runs under its supervisor.
 *
 *     check ─ find ─▶ start ─▶ wait, again and again ─▶ output ─▶ answer
 *                                 └─ it goes on after waitMs: tool_run_on.c
 *
 * Thread: pool, but for what says otherwise.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_TOOL_RUN_H
#define SBX_CORE_TOOL_RUN_H

#include <jansson.h>
#include <stdatomic.h>

#include "core/op.h"

#define SBX_RUN_STREAMS 2 /* standard output and error, in this order */

struct sbx_run {
    char record[24];                            /* the name of its record; "": none yet */
    json_t *body;                               /* owned: the program, as the server's endpoint wants it */
    bool stays;                                 /* it is of create-process: the answer is that it runs */
    json_t *created;                            /* owned: the server's answer to its start; NULL: none yet */
    uint64_t limit_ms;                          /* of the program; 0: not known */
    uint64_t wait_ms;                           /* for its end, as it was asked for; 0: it was not */
    uint64_t due_ms;                            /* when that is over */
    bool snapshot;                              /* the last wait had one made of what goes on */
    uint64_t most;                              /* bytes of a stream that are kept */
    bool searched;                              /* the companion was gone, and is looked for again */
    bool sent;                                  /* there may be something of it in the sandbox */
    bool may_run;                               /* it was sent, and is not known to have ended */
    bool goes_on;                               /* the answer says so: the server keeps it */
    bool tidies;                                /* of its kind there may be too many that have ended */
    bool uncounted;                             /* it is none of the server's processes */
    atomic_int *counted;                        /* borrowed: where it counts as one; NULL: nowhere */
    bool awaited;                               /* to be ended, it was waited for until it had started */
    bool tree_ended;                            /* stop, kill: its supervisor did that, or was gone with it */
    bool busy;                                  /* the server did not yet see it end */
    int tries;                                  /* waits in vain, one after the other */
    struct sbx_bytes id;                        /* owned: the server's of the process; empty: it gave none */
    struct sbx_bytes directory;                 /* owned: of its record, in the sandbox */
    struct sbx_supervised state;                /* what the record said last */
    struct sbx_buffer streams[SBX_RUN_STREAMS]; /* owned: the files of its output */
    size_t stream;                              /* the next to be read */
};

/* NULL: no memory. */
struct sbx_run *sbx_run_create(void);
void sbx_run_destroy(struct sbx_run *run); /* NULL is allowed */

/* What is left of the program of an op that is over, as an op that removes it, and what is too much by now; NULL: nothing
 * is. Thread: main. */
struct sbx_op *sbx_run_rest(struct sbx_op *op);

/* For that op. Goes on with the removal of the server's process, where `id` is still that of `record`, and of the record
 * (tool_run_rest.c); */
enum sbx_step sbx_run_remove(struct sbx_op *op);

/* with the choice of one that is to be removed next; where there is none, the op ends (tool_tidy.c). */
enum sbx_step sbx_run_tidy(struct sbx_op *op);

/* The first step: a program to run goes on with the next one, one that goes on by its id (tool_run_on.c). */
enum sbx_step sbx_run_choose(struct sbx_op *op);
extern const sbx_step_function sbx_run_by_id[];

/* Where the record's directory is, or empty: run->directory. */
void sbx_run_set_directory(struct sbx_op *op);

/* Asks for a file in it, of so many bytes at most; `name` begins with a slash. */
enum sbx_step sbx_run_ask_file(struct sbx_op *op, const char *name, size_t most);

/* A step: the record's directory; where there is no place for one, the server's own way is left. */
enum sbx_step sbx_run_choose_directory(struct sbx_op *op);

/* Two steps: its standard input, where it was given one, is put beside the record (tool_run_input.c). */
enum sbx_step sbx_run_put_input(struct sbx_op *op);
enum sbx_step sbx_run_take_input(struct sbx_op *op);
bool sbx_run_has_input(const struct sbx_op *op);

/* Goes on with the wait for its end. */
enum sbx_step sbx_run_wait(struct sbx_op *op);

/* Goes on with what it printed so far, and answers that it goes on (tool_run_on.c). */
enum sbx_step sbx_run_show(struct sbx_op *op);

/* What stands behind `option` among the supervisor's own arguments, borrowed; NULL: it is not there (tool_run_on.c). */
const char *sbx_run_option(const json_t *args, const char *option);

/* The parts of a snapshot, into `state` and SBX_RUN_STREAMS empty `streams`, whose bytes are the caller's on every
 * status. SBX_EPROTO: it is none. */
enum sbx_status sbx_run_read_snapshot(struct sbx_span snapshot, struct sbx_supervised *state,
                                      struct sbx_buffer *streams) SBX_CHECKED;

/* Ends the op with what its program printed, and how it ended, or that it goes on (tool_run_answer.c). */
enum sbx_step sbx_run_answer(struct sbx_op *op);

/* "SIGTERM"; a new reference, NULL: it is no signal, or there is no memory. */
json_t *sbx_run_name_signal(uint32_t number);

/* Ends it with the process that was made of its program. */
enum sbx_step sbx_run_answer_created(struct sbx_op *op);

/* Ends it with why its program did not start. */
enum sbx_step sbx_run_answer_not_started(struct sbx_op *op);

#endif
