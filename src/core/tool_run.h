/* tool_run.h: run-command where the sandbox has a companion: the program runs under its supervisor.
 *
 *     check ─ find ─▶ start ─▶ wait, again and again ─▶ output ─▶ answer
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
    uint64_t limit_ms;                          /* of the program */
    uint64_t most;                              /* bytes of a stream that are kept */
    bool searched;                              /* the companion was gone, and is looked for again */
    bool sent;                                  /* there may be something of it in the sandbox */
    bool may_run;                               /* it was sent, and is not known to have ended */
    bool uncounted;                             /* the server waits for it itself */
    atomic_int *counted;                        /* borrowed: where it counts as one; NULL: nowhere */
    bool awaited;                               /* to be ended, it was waited for until it had started */
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

/* What is left of the program of an op that is over, as an op that removes it; NULL: nothing is. Thread: main. */
struct sbx_op *sbx_run_rest(struct sbx_op *op);

/* Ends the op with what its program, which has ended, printed (tool_run_answer.c). */
enum sbx_step sbx_run_answer(struct sbx_op *op);

/* Ends it with the process that was made of its program. */
enum sbx_step sbx_run_answer_created(struct sbx_op *op);

/* Ends it with why its program did not start. */
enum sbx_step sbx_run_answer_not_started(struct sbx_op *op);

#endif
