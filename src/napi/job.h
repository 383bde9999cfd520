/* job.h: an operation with its promise. The one place where promises are made and settled.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_JOB_H
#define SBX_NAPI_JOB_H

#include "napi/call_options.h"
#include "napi/object.h"

/* The JavaScript value of an operation that succeeded; NULL: thrown. */
typedef napi_value (*sbx_job_result)(napi_env env, struct sbx_op *op);

struct sbx_job;

/* What a job does that is more than one op. */
struct sbx_job_plan {
    /* Takes an op of the job that is over, and may start others (sbx_job_go_on): the op that the promise is settled
     * with, where none is under way any more, or those that are come after it; else NULL. */
    struct sbx_op *(*next)(struct sbx_job *job, struct sbx_op *op);
    /* Frees the state; NULL is allowed. */
    void (*end)(struct sbx_object *object, void *state);
};

/* What an operation's end looks like from JavaScript. */
struct sbx_job_kind {
    sbx_job_result result;
    const struct sbx_job_plan *plan; /* static; NULL: it is one op */
    bool (*answers)(
        enum sbx_status status); /* whether a failure is an answer too: of exists, "no"; or NULL */
    const char *syscall;         /* static: of the error; NULL: of a tool */
    bool synchronous;            /* it returns or throws, where others give a promise */
    bool unheard;                /* nobody has its promise: where it is given up, it ends as its ops do */
};

/* What an onProgress was told. */
struct sbx_progress {
    struct sbx_link link; /* among those of the environment that are told */
    napi_ref function;    /* owned; NULL: nobody is told */
    uint64_t bytes;
    uint64_t total;
    bool told; /* at all */
};

struct sbx_job {
    struct sbx_object *object; /* owned: one count */
    const struct sbx_job_kind *kind;
    napi_deferred deferred;  /* owned until settled */
    struct sbx_queue ops;    /* those under way */
    size_t under_way;        /* how many they are */
    struct sbx_abort *abort; /* owned: what listens to its signal; NULL: nothing */
    struct sbx_progress progress;
    bool given_up;    /* its signal was aborted: no op but what cleans up is begun any more */
    bool change;      /* it changes something */
    bool stirs;       /* or may do so, as a tool's call */
    uint64_t changes; /* of the environment when it began */
    uint64_t asked_ms;
    uint64_t version; /* of the object's struct sbx_fresh when it began */
    void *state;      /* owned: the plan's; NULL: it has none */

    /* Owned: one count; of what has waited for its client. NULL: its ops have their own. */
    struct sbx_endpoint *endpoint;
    unsigned begun; /* ops that were sent, or wait */
};

/* Takes `op` and sends it; the promise of its end. `state` (taken): of the kind's plan. Of the options the deadline is the
 * caller's, who has set it. */
napi_value sbx_job_start(struct sbx_object *object, struct sbx_op *op, const struct sbx_job_kind *kind,
                         void *state, const struct sbx_call_options *options);

/* Takes `op`, which changes nothing, and `state`, of the kind's plan, and sends it; there is no promise: close() alone waits
 * for it, and what it says may be kept. false: it could not be sent. */
bool sbx_job_send_alone(struct sbx_object *object, struct sbx_op *op, const struct sbx_job_kind *kind,
                        void *state);

/* Rejects it with `reason` at once; its ops are given up, and end as they can. */
void sbx_job_give_up(struct sbx_job *job, napi_value reason);

/* Takes one more op of the job and sends it. SBX_OK, or it is still the caller's. */
enum sbx_status sbx_job_go_on(struct sbx_job *job, struct sbx_op *op) SBX_CHECKED;

/* Sends an op that was held back (later.h). SBX_OK, or it is still the caller's. */
enum sbx_status sbx_job_send(struct sbx_op *op) SBX_CHECKED;

/* Takes an op that is over. In a scope. */
void sbx_job_end(struct sbx_op *op);

/* Sends an op that has waited for its client: with all that follow in its job, to `endpoint`. SBX_OK, or it was not sent. */
enum sbx_status sbx_job_send_to(struct sbx_op *op, struct sbx_endpoint *endpoint) SBX_CHECKED;

/* The job that `op` is of. Borrowed. */
struct sbx_job *sbx_job_of(const struct sbx_op *op);

/* Takes `op`, runs it here and now, and returns its value; NULL: thrown. */
napi_value sbx_job_run(struct sbx_object *object, struct sbx_op *op, const struct sbx_job_kind *kind);

/* Settles the promises of the ops in `done` (taken), all in one scope. */
void sbx_job_settle(struct sbx_env *env, struct sbx_queue *done);

/* Frees an op and leaves its promise as it is: the environment ends. */
void sbx_job_drop(struct sbx_op *op);

#endif
