/* watch.h: a process that is watched: how it is, and what it prints, asked for again and again.
 *
 *     process ─ logs ─▶ enough? ── no: pause ─▶ process …
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_WATCH_H
#define SBX_CORE_WATCH_H

#include <jansson.h>

#include "core/log.h"
#include "core/op.h"

struct sbx_watch {
    struct sbx_log log; /* owned */
    char *id;           /* owned: of the process */
    json_t *process;    /* owned: as the server described it last; NULL: not yet */
    bool ended;         /* by that description */
    bool news;          /* the last look at its log found some */
    size_t window;      /* entries at the end of its log that are asked for; 0: all since log.last */
    uint64_t pause_ms;  /* the next one */
};

/* Zero until begun. SBX_ENOMEM. */
enum sbx_status sbx_watch_begin(struct sbx_watch *watch, const char *id) SBX_CHECKED;
void sbx_watch_clear(struct sbx_watch *watch);

/* Steps: a question, and what is made of the reply. Each has the whole of the op's deadline. */
enum sbx_step sbx_watch_ask_process(struct sbx_op *op, const struct sbx_watch *watch);
enum sbx_step sbx_watch_take_process(struct sbx_op *op, struct sbx_watch *watch);
enum sbx_step sbx_watch_ask_log(struct sbx_op *op, const struct sbx_watch *watch);
/* The last entries of one stream, beside all others: what is made of the reply is whoever's asks. */
enum sbx_step sbx_watch_ask_last(struct sbx_op *op, const struct sbx_watch *watch,
                                 enum sbx_log_stream stream);
enum sbx_step sbx_watch_take_log(struct sbx_op *op, struct sbx_watch *watch);

/* Pauses: shortly after news, longer while there are none, never beyond `until_ms`. */
enum sbx_step sbx_watch_pause(struct sbx_op *op, struct sbx_watch *watch, uint64_t until_ms);

/* Sets status and exitCode of `answer` as the process has them; 0, or it failed. */
int sbx_watch_tell(const struct sbx_watch *watch, json_t *answer);

#endif
