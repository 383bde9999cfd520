/* op.h: struct sbx_op, the one struct that travels: from a call in JavaScript to the sandbox and back.
 *
 * What an operation does on the server is a list of steps. A step asks the server (SBX_STEP_WAIT: the next
 * one runs when the reply is there), or works on what came back (SBX_STEP_NEXT), or ends the operation
 * (SBX_STEP_END: the result is set). Its state tells who owns it:
 *
 *     NEW       its maker                  main    leaves by sbx_op_submit
 *     SENT      the engine, and its steps  pool    leaves by sbx_op_finish
 *     DONE      the done list, its taker   main    leaves by sbx_op_destroy
 *
 * An op that is SENT can be given up (sbx_op_give_up), which changes nothing of who owns it: the engine takes back what
 * the op waits for (a request with its connection; a question that waits; of one in a batch that has left, the reply is not
 * listened to), runs no further step, and finishes it with SBX_ECANCELED. So it comes by the done list as every op
 * does. One that is NEW was never begun, and one that is DONE is past it. One that began something which has to be
 * removed (`to_the_end`) goes on until it knows what.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_OP_H
#define SBX_CORE_OP_H

#include "core/companion/ask.h"
#include "core/gather.h"
#include "core/http/engine.h"
#include "core/http/request.h"
#include "wire/wire.h"

struct sbx_op;
struct sbx_fs;
struct sbx_toolkit;
struct sbx_tool;
struct sbx_run;

enum sbx_op_state { SBX_OP_IS_NEW, SBX_OP_IS_SENT, SBX_OP_IS_DONE };

enum sbx_step { SBX_STEP_NEXT, SBX_STEP_WAIT, SBX_STEP_END };

typedef enum sbx_step (*sbx_step_function)(struct sbx_op *op); /* pool */

/* A static list of them. */
#define SBX_STEPS(...)                                                                                       \
    (const sbx_step_function[])                                                                              \
    {                                                                                                        \
        __VA_ARGS__, NULL                                                                                    \
    }

/* How it bears with a sandbox that does not answer: patience.h. */
struct sbx_patience {
    bool cut;     /* its time is a call's own, and less than usual: its end says nothing about the sandbox */
    bool unsent;  /* it failed before any of its steps: nothing of it has left */
    bool insists; /* it is sent, whatever is known of the sandbox, and asks again by itself */
    uint64_t end_ms;                    /* when its time is over, whatever its steps make of deadline_ms */
    uint64_t asked_ms;                  /* when it last asked something; 0: it has not yet */
    unsigned tries;                     /* in vain, of a sandbox that had not started */
    enum sbx_status last;               /* how the last of those ended */
    const sbx_step_function *otherwise; /* static: as it was submitted with */
    struct sbx_request *held; /* owned: a change that leaves when a look before it is answered; NULL: none */
};

struct sbx_op {
    struct sbx_task task; /* first */
    enum sbx_op_state state;

    /* What is asked. */
    const struct sbx_op_row *row;      /* static; NULL: a call of a tool */
    const struct sbx_fs *fs;           /* borrowed; of an operation on files */
    const struct sbx_toolkit *toolkit; /* borrowed; of a call of a tool */
    const struct sbx_tool *tool;       /* static; likewise */
    struct sbx_endpoint *endpoint;     /* owned: one count */
    struct sbx_args args;              /* its spans borrow from this op's own allocation */
    bool relative;                     /* the caller's path was relative */
    bool size_first;                   /* a content that no reply holds ends with its size alone */
    bool sized;                        /* it is known how large its content is, or that it is small */
    bool alone;                        /* its questions are asked one by one, past a companion that stays */
    bool synchronous; /* it blocks its caller: its deadline holds whatever progress there is */
    int timeout_ms;
    struct sbx_patience patience; /* with a sandbox that does not answer */

    /* On its way. */
    const sbx_step_function *first;     /* static: the steps that it was submitted with */
    const sbx_step_function *steps;     /* static; ended by NULL. NULL while NEW: those of its row */
    size_t step;                        /* the next one */
    const sbx_step_function *otherwise; /* static: what it does where there is no companion; NULL: nothing */
    void (*take_back)(struct sbx_op *op); /* what it waits for; NULL: it waits for nothing */
    bool to_the_end;                      /* given up after it was sent, it goes on all the same */
    struct sbx_ask ask;                   /* the last question to the companion */
    struct sbx_bytes path;                /* owned: where args.path is in the sandbox */
    struct sbx_bytes new_path;            /* owned: likewise args.new_path */
    /* 0: its time has not begun. */
    uint64_t deadline_ms;
    struct sbx_deadline pause;   /* armed while it waits for a moment */
    struct sbx_request *request; /* owned: the last one that was asked */
    char *detail;                /* owned: the words of a failure; NULL where there are none */
    enum sbx_status looked;      /* how the last look at a path ended: SBX_OK or SBX_ENOENT */
    struct sbx_stat seen;        /* what that look saw */
    struct sbx_bytes subject;    /* owned: what an error of a tool is about */
    struct sbx_bytes body;       /* owned: of the request under way, where it is not in args */
    struct sbx_run *run;         /* owned: of run-command; NULL: none yet */
    struct sbx_buffer content;   /* owned: a content read in order to be changed */

    void (*end_call)(void *call); /* static: frees `call` */
    void *call;                   /* owned: what the steps of a tool keep; NULL: nothing */

    struct sbx_gather gather; /* owned: what is there of a listing */
    size_t written;           /* bytes of args.data that are */
    struct sbx_file file;     /* whose content the range is that is read, once that is known */
    bool slashed;             /* the caller's path ended in a slash: rm takes a directory alone */
    bool of_file;             /* it has to be this one: `file` was given */
    unsigned begun_again;     /* how often, because the file was replaced by another one */

    struct sbx_bytes
        stage;  /* owned: of a content in parts (bulk.h), in the sandbox: their directory, or the part */
    char *room; /* borrowed: where a content goes instead of memory of its own; NULL: nowhere */
    size_t room_length;    /* bytes */
    atomic_size_t arrived; /* bytes of the reply under way */

    /* What came back. */
    struct sbx_result result;
    bool answered;      /* the sandbox has answered something: it was there, and may have begun */
    const char *advice; /* static: what to do about the failure; NULL: nothing special */

    void *user;           /* borrowed: of whoever takes it from the done list */
    struct sbx_link link; /* likewise */
};

/* An op whose args are a copy of `args`, the bytes of their spans included; it counts `endpoint` (NULL: it gets one
 * before it is sent). */
enum sbx_status sbx_op_create(struct sbx_op **op, struct sbx_endpoint *endpoint,
                              const struct sbx_args *args) SBX_CHECKED;

/* Frees it with its result; the taker first moves out what it keeps. Thread: main. */
void sbx_op_destroy(struct sbx_op *op);

/* Lends it to the engine, which runs `steps`; the op is back when it is on the engine's done list.
 * Thread: main. */
void sbx_op_submit(struct sbx_op *op, struct sbx_engine *engine, const sbx_step_function *steps);

/* Asks for an op that was submitted, and not yet taken from the done list, to end early. Whether it may have changed
 * something that others see, or still may. Thread: main. */
bool sbx_op_give_up(struct sbx_op *op);
/* Ends one that is not to be sent. Thread: main. */
void sbx_op_refuse(struct sbx_op *op, enum sbx_status status, const char *words);

/* Makes one that is DONE and that the sandbox knows nothing of NEW again, but for its deadline. false: it does.
 * Thread: main. */
bool sbx_op_renew(struct sbx_op *op);

/* Where it goes, in place of what it was made with. Before it is sent. Thread: main. */
void sbx_op_set_endpoint(struct sbx_op *op, struct sbx_endpoint *endpoint);

/* Frees what a result of that shape owns. Thread: any. */
void sbx_op_free_result(enum sbx_reply reply, struct sbx_result *result);

/* Frees the result of one that is done: it has succeeded with nothing. */
void sbx_op_drop_result(struct sbx_op *op);

/* The words of a failure; "" where there are none. Borrowed. */
const char *sbx_op_detail(const struct sbx_op *op);

/* For steps. Thread: pool. */

/* Sends `request` (taken) and waits for it; on SBX_OK only: `status` is how making it went. */
enum sbx_step sbx_op_send(struct sbx_op *op, enum sbx_status status, struct sbx_request *request);

/* Asks the companion for `code` with `args`, whose paths are the sandbox's; waits for op->ask to be back. Where there
 * is no companion, and none has answered this op before, it goes on with op->otherwise. */
enum sbx_step sbx_op_ask(struct sbx_op *op, struct sbx_companion_lane *lane, enum sbx_op_code code,
                         const struct sbx_args *args);

/* Once more from the first step on: there is progress, and the deadline begins anew, unless somebody is blocked. */
enum sbx_step sbx_op_again(struct sbx_op *op);

/* The next step runs in `ms`, and the deadline counts from then on. At the engine's end the op fails. */
enum sbx_step sbx_op_pause(struct sbx_op *op, int ms);

/* Goes on with other steps, from the first on. */
enum sbx_step sbx_op_turn_to(struct sbx_op *op, const sbx_step_function *steps);

/* Ends the operation well; its result is set already. */
enum sbx_step sbx_op_succeed(struct sbx_op *op);

/* Ends it well with a copy of `bytes`. */
enum sbx_step sbx_op_give_bytes(struct sbx_op *op, struct sbx_span bytes);

/* Ends it well with `path`, an absolute one of the view; without its slash where the caller's was relative. */
enum sbx_step sbx_op_give_path(struct sbx_op *op, struct sbx_span path);

/* Ends it with `status`, and `words` that say more; NULL: none. */
enum sbx_step sbx_op_fail(struct sbx_op *op, enum sbx_status status, const char *words);

/* Ends it with what its last request amounts to, where that is a failure: SBX_STEP_END, else SBX_STEP_NEXT. */
enum sbx_step sbx_op_need_reply(struct sbx_op *op);

#endif
