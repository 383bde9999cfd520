/* patience.c: asking again, and asking first.
 *
 * What is repeated is the whole op, not its request: an op whose every connection was refused has done nothing. Where a
 * gateway answers in the sandbox's place, it may have passed a change on; so that one is repeated only while no change
 * of the op has left. Of a sandbox that starts none has: a look goes before the first.
 *
 * A probe is a request of the op that needs it, so that it goes with it, and is nobody's when the op is given up.
 *
 * Thread: as patience.h says.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/patience.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/tool_run.h"

enum { FIRST_PAUSE_MS = 25, PAUSE_MAX_MS = 500, LEAST_PAUSE_MS = 10, LOOK_MS = 20 };

static struct sbx_reach *reach_of(const struct sbx_op *op)
{
    return op->endpoint == NULL ? NULL : sbx_endpoint_reach(op->endpoint);
}

void sbx_patience_limit(struct sbx_op *op, int timeout_ms)
{
    op->patience.cut = timeout_ms > 0 && timeout_ms < op->timeout_ms;
    op->timeout_ms = timeout_ms > 0 ? timeout_ms : op->timeout_ms;
}

void sbx_patience_begin(struct sbx_op *op)
{
    op->patience.end_ms = op->deadline_ms;
    op->patience.otherwise = op->otherwise;
}

/* Waits without more time for it. */
static enum sbx_step pause_for(struct sbx_op *op, int ms)
{
    enum sbx_step step = sbx_op_pause(op, ms);
    op->deadline_ms = op->patience.end_ms;
    return step;
}

/* ---- Asking first --------------------------------------------------------------------------------------- */

static enum sbx_step fail_fast(struct sbx_op *op, uint64_t silent_ms)
{
    char words[160];
    (void)snprintf(
        words, sizeof(words),
        "the sandbox has not answered for %llu s, nor to a probe; nothing is sent until one is answered",
        (unsigned long long)(silent_ms / 1000));
    op->patience.unsent = true;
    return sbx_op_fail(op, SBX_ETIMEDOUT, words);
}

static enum sbx_step send_probe(struct sbx_op *op)
{
    struct sbx_request *probe = NULL;
    enum sbx_status status = sbx_request_create(&probe, op->endpoint, SBX_GET, "/v1/health");
    if (status == SBX_OK) {
        probe->budget = SBX_BUDGET_PROGRAMS; /* it never waits behind files */
        probe->fresh = true;
    }
    uint64_t end_ms = sbx_now_ms() + SBX_PROBE_MS;
    op->deadline_ms = end_ms < op->patience.end_ms ? end_ms : op->patience.end_ms;
    enum sbx_step step = sbx_op_send(op, status, probe);
    op->deadline_ms = op->patience.end_ms;
    return step;
}

static enum sbx_step go(struct sbx_op *op, enum sbx_reach_way way, uint64_t silent_ms)
{
    switch (way) {
    case SBX_REACH_PROBE:
        return send_probe(op);
    case SBX_REACH_WAIT:
        op->step = 0;
        return sbx_now_ms() < op->patience.end_ms ? pause_for(op, LOOK_MS) : fail_fast(op, silent_ms);
    case SBX_REACH_FAIL:
        return fail_fast(op, silent_ms);
    case SBX_REACH_GO:
    default:
        return sbx_op_turn_to(op, op->first);
    }
}

static enum sbx_step look(struct sbx_op *op)
{
    uint64_t silent_ms = 0;
    enum sbx_reach_way way = sbx_reach_look(reach_of(op), &silent_ms);
    return go(op, way, silent_ms);
}

static enum sbx_step see_probe(struct sbx_op *op)
{
    uint64_t silent_ms = 0;
    enum sbx_reach_way way = sbx_reach_probed(reach_of(op), &silent_ms);
    return go(op, way, silent_ms);
}

const sbx_step_function *sbx_patience_steps(struct sbx_op *op)
{
    static const sbx_step_function steps[] = {look, see_probe, NULL};
    return reach_of(op) == NULL || op->patience.insists ? op->first : steps;
}

/* ---- A look before the first change ---------------------------------------------------------------------- */

struct sbx_request *sbx_patience_send_first(struct sbx_op *op, struct sbx_request *request)
{
    struct sbx_request *health = NULL;
    bool unheard = request->change && !op->patience.insists && sbx_reach_is_awaited(reach_of(op));
    if (!unheard || sbx_request_create(&health, op->endpoint, SBX_GET, "/v1/health") != SBX_OK) {
        return request;
    }
    health->budget = request->budget; /* and so its connection, next */
    op->patience.held = request;
    return health;
}

enum sbx_step sbx_patience_send_held(struct sbx_op *op)
{
    struct sbx_request *held = op->patience.held;
    op->patience.held = NULL;
    if (sbx_reach_is_awaited(reach_of(op)) && sbx_op_need_reply(op) == SBX_STEP_END) {
        sbx_request_destroy(held);
        return SBX_STEP_END;
    }
    return sbx_op_send(op, SBX_OK, held);
}

/* ---- Asking again --------------------------------------------------------------------------------------- */

/* The search for a companion has found nobody to ask: nor would what is done without one. */
static enum sbx_step fail_unstarted(struct sbx_op *op)
{
    return sbx_op_fail(op, op->ask.status == SBX_OK ? SBX_EIO : op->ask.status, op->ask.words);
}

const sbx_step_function *sbx_patience_otherwise(const struct sbx_op *op)
{
    static const sbx_step_function unstarted[] = {fail_unstarted, NULL};
    bool failed = op->ask.words != NULL; /* the search, rather than that there is none */
    return failed && sbx_reach_may_start(reach_of(op)) ? unstarted : op->otherwise;
}

void sbx_patience_rewind(struct sbx_op *op)
{
    sbx_request_destroy(op->request);
    sbx_request_destroy(op->patience.held);
    sbx_run_destroy(op->run);
    if (op->call != NULL) {
        op->end_call(op->call);
    }
    free(op->detail);
    sbx_bytes_clear(&op->path);
    sbx_bytes_clear(&op->new_path);
    sbx_bytes_clear(&op->subject);
    sbx_bytes_clear(&op->body);
    op->request = NULL;
    op->patience.held = NULL;
    op->patience.unsent = false;
    op->run = NULL;
    op->call = NULL;
    op->otherwise = op->patience.otherwise;
    op->take_back = NULL;
    op->to_the_end = false;
    atomic_store(&op->task.changes, false);
    op->detail = NULL;
    op->advice = NULL;
    op->result = (struct sbx_result){0};
    op->steps = op->first;
    op->step = 0;
}

/* Whether the sandbox may only not have started yet, and cannot have done anything of the op. */
static bool may_go_on(const struct sbx_op *op)
{
    enum sbx_status status = op->result.status;
    bool unsent = status == SBX_ECONNREFUSED || (status == SBX_EIO && !atomic_load(&op->task.changes));
    return unsent && !op->answered && !op->patience.insists && op->patience.asked_ms > 0 &&
           sbx_reach_may_start(reach_of(op));
}

/* 0: its time is over. */
static int choose_pause_ms(const struct sbx_op *op)
{
    uint64_t now_ms = sbx_now_ms();
    uint64_t left_ms = op->patience.end_ms > now_ms ? op->patience.end_ms - now_ms : 0;
    unsigned doubled = op->patience.tries < 5 ? op->patience.tries : 5;
    uint64_t wanted_ms = (uint64_t)FIRST_PAUSE_MS << doubled;
    wanted_ms = wanted_ms < PAUSE_MAX_MS ? wanted_ms : PAUSE_MAX_MS;
    wanted_ms = wanted_ms < left_ms / 2 ? wanted_ms : left_ms / 2;
    return wanted_ms < LEAST_PAUSE_MS ? 0 : (int)wanted_ms;
}

/* The op's failure says what was tried, and then how the last attempt failed. */
static void say_tries(struct sbx_op *op)
{
    char words[SBX_DETAIL_MAX];
    (void)snprintf(words, sizeof(words),
                   "the sandbox has not started within %d ms; it was asked %u times: %.800s", op->timeout_ms,
                   op->patience.tries + 1, sbx_op_detail(op));
    (void)sbx_op_fail(op, op->result.status, words);
}

/* Whether its time ended in the middle of one more try, which had little of it. */
static bool is_cut_short(const struct sbx_op *op)
{
    uint64_t tried_ms = sbx_now_ms() - op->patience.asked_ms;
    return op->patience.tries > 0 && tried_ms * 2 < (uint64_t)op->timeout_ms &&
           sbx_reach_may_start(reach_of(op));
}

/* What a deadline that was met says. */
static void take_deadline(struct sbx_op *op)
{
    bool may_be_done = op->request != NULL && op->request->handed_over && op->request->change;
    if (!is_cut_short(op)) {
        sbx_reach_doubt(op->patience.cut ? NULL : reach_of(op), op->patience.asked_ms);
    } else if (!may_be_done) {
        op->result.status = op->patience.last;
        say_tries(op);
    }
}

bool sbx_patience_goes_on(struct sbx_op *op)
{
    if (op->result.status == SBX_ETIMEDOUT && op->patience.asked_ms > 0) {
        take_deadline(op);
        return false;
    }
    if (!may_go_on(op)) {
        return false;
    }
    int pause_ms = choose_pause_ms(op);
    if (pause_ms == 0) {
        say_tries(op);
        return false;
    }
    op->patience.last = op->result.status;
    op->patience.tries++;
    sbx_patience_rewind(op);
    return pause_for(op, pause_ms) == SBX_STEP_WAIT;
}
