/* op.c: making an op, running its steps, ending it.
 *
 * One allocation holds the op and every byte that its args point to.
 *
 * Thread: as op.h says.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/op.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/companion/companion_lane.h"
#include "core/http/problem.h"
#include "core/patience.h"
#include "core/tool_run.h"

/* The only way to change the state. */
static void enter(struct sbx_op *op, enum sbx_op_state state)
{
    assert((int)state == (int)op->state + 1);
    op->state = state;
}

static void move_in(struct sbx_span *span, char **at)
{
    if (span->length > 0) {
        memcpy(*at, span->data, span->length);
    }
    span->data = *at;
    *at += span->length;
}

void sbx_op_set_endpoint(struct sbx_op *op, struct sbx_endpoint *endpoint)
{
    sbx_endpoint_unref(op->endpoint);
    op->endpoint = endpoint == NULL ? NULL : sbx_endpoint_ref(endpoint);
}

enum sbx_status sbx_op_create(struct sbx_op **op, struct sbx_endpoint *endpoint, const struct sbx_args *args)
{
    size_t size = sizeof(struct sbx_op);
    const struct sbx_span *spans[] = {&args->path, &args->new_path, &args->target, &args->data};
    for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
        if (spans[i]->length > SBX_CONTENT_MAX) {
            return SBX_EFBIG;
        }
        size += spans[i]->length;
    }
    struct sbx_op *made = calloc(1, size);
    if (made == NULL) {
        return SBX_ENOMEM;
    }
    made->args = *args;
    char *at = (char *)(made + 1);
    move_in(&made->args.path, &at);
    move_in(&made->args.new_path, &at);
    move_in(&made->args.target, &at);
    move_in(&made->args.data, &at);
    sbx_bytes_init(&made->subject, SBX_BODY_MAX);
    sbx_bytes_init(&made->body, SBX_BODY_MAX);
    sbx_bytes_init(&made->path, 2 * SBX_PATH_MAX);
    sbx_bytes_init(&made->new_path, 2 * SBX_PATH_MAX);
    sbx_gather_init(&made->gather);
    sbx_bytes_init(&made->stage, 2 * SBX_PATH_MAX);
    sbx_link_init(&made->task.link);
    sbx_link_init(&made->link);
    sbx_op_set_endpoint(made, endpoint);
    *op = made;
    return SBX_OK;
}

void sbx_op_free_result(enum sbx_reply reply, struct sbx_result *result)
{
    if (result->status != SBX_OK) {
        return;
    }
    if (reply == SBX_REPLY_BYTES || reply == SBX_REPLY_TEXT) {
        free(result->bytes.data);
    } else if (sbx_op_lists(reply)) {
        free(result->list.entries);
        free(result->list.names);
        free(result->list.listed);
    }
}

void sbx_op_drop_result(struct sbx_op *op)
{
    if (op->room == NULL) { /* what is in the room is not its own */
        sbx_op_free_result(op->row == NULL ? SBX_REPLY_TEXT : (enum sbx_reply)op->row->reply, &op->result);
    }
    op->result = (struct sbx_result){.status = SBX_OK};
}

void sbx_op_destroy(struct sbx_op *op)
{
    if (op == NULL) {
        return;
    }
    if (op->state == SBX_OP_IS_DONE) {
        sbx_op_drop_result(op);
    }
    free(op->content.data);
    sbx_run_destroy(op->run);
    if (op->call != NULL) {
        op->end_call(op->call);
    }
    sbx_gather_clear(&op->gather);
    sbx_bytes_clear(&op->stage);
    free(op->detail);
    sbx_bytes_clear(&op->subject);
    sbx_bytes_clear(&op->body);
    sbx_bytes_clear(&op->path);
    sbx_bytes_clear(&op->new_path);
    sbx_request_destroy(op->request);
    sbx_request_destroy(op->patience.held);
    sbx_endpoint_unref(op->endpoint);
    free(op);
}

const char *sbx_op_detail(const struct sbx_op *op)
{
    return op->detail == NULL ? "" : op->detail;
}

static void finish(struct sbx_op *op)
{
    enter(op, SBX_OP_IS_DONE);
    sbx_engine_finish(op->task.engine, &op->task);
}

static bool is_given_up(const struct sbx_op *op)
{
    return atomic_load(&op->task.given_up) && !op->to_the_end;
}

static void run_steps(struct sbx_op *op)
{
    bool held = op->patience.held != NULL && !is_given_up(op);
    op->take_back = NULL;
    enum sbx_step next = held ? sbx_patience_send_held(op) : SBX_STEP_NEXT;
    while (next == SBX_STEP_NEXT && op->steps[op->step] != NULL) {
        next = is_given_up(op) ? sbx_op_fail(op, SBX_ECANCELED, NULL) : op->steps[op->step++](op);
    }
    if (next != SBX_STEP_WAIT && !sbx_patience_goes_on(op)) {
        finish(op);
    }
}

/* What was not sent yet is taken back in any case: it left nothing behind. */
static void give_up(struct sbx_task *task)
{
    struct sbx_op *op = SBX_CONTAINER(task, struct sbx_op, task);
    if (op->to_the_end && atomic_load(&task->changes)) {
        return;
    }
    if (op->take_back != NULL) {
        op->take_back(op);
    }
    (void)sbx_op_fail(op, SBX_ECANCELED, NULL);
    finish(op);
}

bool sbx_op_give_up(struct sbx_op *op)
{
    if (op->state == SBX_OP_IS_NEW) { /* held back: it ends when it is submitted */
        atomic_store(&op->task.given_up, true);
        return false;
    }
    bool prepares = op->row != NULL && ((op->row->kind & SBX_STAGES) != 0 || op->row->code == SBX_OP_UNSTAGE);
    sbx_engine_give_up(op->task.engine, &op->task);
    return atomic_load(&op->task.changes) && !prepares;
}

static void start(struct sbx_task *task)
{
    struct sbx_op *op = SBX_CONTAINER(task, struct sbx_op, task);
    op->steps = sbx_patience_steps(op);
    run_steps(op);
}

void sbx_op_submit(struct sbx_op *op, struct sbx_engine *engine, const sbx_step_function *steps)
{
    enter(op, SBX_OP_IS_SENT);
    op->steps = steps;
    op->first = steps;
    op->task.start = start;
    op->task.give_up = give_up;
    if (op->deadline_ms == 0) {
        op->deadline_ms = sbx_now_ms() + (uint64_t)op->timeout_ms;
    }
    sbx_patience_begin(op);
    sbx_engine_submit(engine, &op->task);
}

/* Whether it failed without a word of the sandbox, and in a way that leaves no doubt that nothing of it got there. */
static bool is_unheard(const struct sbx_op *op)
{
    enum sbx_status status = op->result.status;
    bool refused = status == SBX_ECONNREFUSED || status == SBX_EHOSTUNREACH || status == SBX_EACCES;
    bool unsent = op->patience.unsent && sbx_now_ms() < op->patience.end_ms;
    return !op->answered && (refused || unsent);
}

bool sbx_op_renew(struct sbx_op *op)
{
    if (!is_unheard(op)) {
        return false;
    }
    sbx_patience_rewind(op);
    op->state = SBX_OP_IS_NEW;
    sbx_link_init(&op->task.link);
    sbx_op_set_endpoint(op, NULL);
    return true;
}

void sbx_op_refuse(struct sbx_op *op, enum sbx_status status, const char *words)
{
    enter(op, SBX_OP_IS_SENT);
    (void)sbx_op_fail(op, status, words);
    enter(op, SBX_OP_IS_DONE);
}

/* Whether the sandbox itself has answered. */
static bool is_answered(const struct sbx_request *request)
{
    return request->outcome == SBX_OK && !sbx_problem_is_of_gateway(request) &&
           !sbx_problem_is_of_edge(request);
}

static void on_reply(struct sbx_request *request)
{
    struct sbx_op *op = request->owner;
    op->answered = op->answered || is_answered(request);
    run_steps(op);
}

/* The request's share of the op's time: what is left of it. A content's begins anew with each request, and
 * counts from its last progress, unless somebody is blocked by it. */
static void set_deadline(const struct sbx_op *op, struct sbx_request *request)
{
    uint64_t now = sbx_now_ms();
    int left = op->deadline_ms > now ? (int)(op->deadline_ms - now) : 1;
    request->until_stalled = request->until_stalled && !op->synchronous;
    request->timeout_ms = request->until_stalled ? op->timeout_ms : left;
    request->limit_ms =
        request->until_stalled || left > op->timeout_ms ? request->timeout_ms : op->timeout_ms;
}

static void take_back_request(struct sbx_op *op)
{
    sbx_engine_cancel(op->request);
}

enum sbx_step sbx_op_send(struct sbx_op *op, enum sbx_status status, struct sbx_request *request)
{
    if (status != SBX_OK) {
        return sbx_op_fail(op, status, NULL);
    }
    request = sbx_patience_send_first(op, request);
    sbx_request_destroy(op->request);
    op->request = request;
    request->owner = op;
    request->done = on_reply;
    request->task = &op->task;
    request->arrived = &op->arrived;
    op->take_back = take_back_request;
    set_deadline(op, request);
    op->patience.asked_ms = sbx_now_ms();
    sbx_engine_send(op->task.engine, request);
    return SBX_STEP_WAIT;
}

static void take_back_pause(struct sbx_op *op)
{
    sbx_engine_disarm(op->task.engine, &op->pause);
}

static void on_pause_over(struct sbx_deadline *pause, enum sbx_status why)
{
    struct sbx_op *op = SBX_CONTAINER(pause, struct sbx_op, pause);
    if (why == SBX_ETIMEDOUT) {
        run_steps(op);
    } else {
        (void)sbx_op_fail(op, why, "closed");
        finish(op);
    }
}

enum sbx_step sbx_op_pause(struct sbx_op *op, int ms)
{
    op->pause = (struct sbx_deadline){.at_ms = sbx_now_ms() + (uint64_t)ms, .due = on_pause_over};
    op->deadline_ms = op->pause.at_ms + (uint64_t)op->timeout_ms;
    op->take_back = take_back_pause;
    enum sbx_status status = sbx_engine_arm(op->task.engine, &op->pause);
    return status == SBX_OK ? SBX_STEP_WAIT : sbx_op_fail(op, status, NULL);
}

static void take_back_question(struct sbx_op *op)
{
    sbx_companion_lane_cancel(&op->ask);
}

static void on_answer(struct sbx_ask *ask)
{
    struct sbx_op *op = ask->owner;
    if (ask->no_companion && op->otherwise != NULL) {
        (void)sbx_op_turn_to(op, sbx_patience_otherwise(op));
    }
    op->answered = op->answered || (ask->status == SBX_OK && !ask->no_companion);
    op->otherwise = NULL;
    run_steps(op);
}

enum sbx_step sbx_op_again(struct sbx_op *op)
{
    op->step = 0;
    if (!op->synchronous) {
        op->deadline_ms = sbx_now_ms() + (uint64_t)op->timeout_ms;
    }
    return SBX_STEP_NEXT;
}

enum sbx_step sbx_op_turn_to(struct sbx_op *op, const sbx_step_function *steps)
{
    op->steps = steps;
    op->step = 0;
    return SBX_STEP_NEXT;
}

enum sbx_step sbx_op_ask(struct sbx_op *op, struct sbx_companion_lane *lane, enum sbx_op_code code,
                         const struct sbx_args *args)
{
    uint64_t now = sbx_now_ms();
    op->ask = (struct sbx_ask){
        .row = sbx_op_row(code),
        .args = *args,
        .endpoint = op->endpoint,
        .alone = op->alone,
        .timeout_ms = op->deadline_ms > now ? (int)(op->deadline_ms - now) : 1,
        .limit_ms = op->timeout_ms,
        .done = on_answer,
        .owner = op,
        .task = &op->task,
    };
    op->take_back = take_back_question;
    op->patience.asked_ms = now;
    enum sbx_status status = sbx_companion_lane_ask(lane, op->task.engine, &op->ask);
    return status == SBX_OK ? SBX_STEP_WAIT : sbx_op_fail(op, status, NULL);
}

enum sbx_step sbx_op_succeed(struct sbx_op *op)
{
    op->result.status = SBX_OK;
    free(op->detail); /* of a look that found nothing, as it should */
    op->detail = NULL;
    return SBX_STEP_END;
}

enum sbx_step sbx_op_give_bytes(struct sbx_op *op, struct sbx_span bytes)
{
    char *copy = malloc(bytes.length + 1);
    if (copy == NULL) {
        return sbx_op_fail(op, SBX_ENOMEM, NULL);
    }
    memcpy(copy, bytes.data, bytes.length);
    op->result.bytes = (struct sbx_buffer){copy, bytes.length};
    return sbx_op_succeed(op);
}

enum sbx_step sbx_op_give_path(struct sbx_op *op, struct sbx_span path)
{
    size_t slash = op->relative ? 1 : 0;
    return sbx_op_give_bytes(op, (struct sbx_span){path.data + slash, path.length - slash});
}

enum sbx_step sbx_op_fail(struct sbx_op *op, enum sbx_status status, const char *words)
{
    op->result.status = status;
    free(op->detail);
    op->detail = words == NULL || words[0] == '\0' ? NULL : strdup(words); /* no memory: the status alone */
    return SBX_STEP_END;
}

enum sbx_step sbx_op_need_reply(struct sbx_op *op)
{
    struct sbx_problem problem;
    sbx_problem_of(op->request, &problem);
    return problem.status == SBX_OK ? SBX_STEP_NEXT : sbx_op_fail(op, problem.status, problem.detail);
}
