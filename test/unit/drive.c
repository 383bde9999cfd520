/* drive.c: poll, slice, take what is done.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "drive.h"

#include <poll.h>
#include <time.h>

#include "takeover.h"

#define QUIET_MS 20
#define PAUSE_MAX_MS 1000

struct sbx_engine *engine_start(void)
{
    struct sbx_engine *engine = NULL;
    assert_status(sbx_engine_create(&engine), SBX_OK);
    return engine;
}

void engine_end(struct sbx_engine *engine)
{
    struct sbx_queue done;
    sbx_queue_init(&done);
    sbx_engine_close(engine);
    sbx_engine_slice(engine);
    sbx_engine_take_done(engine, &done);
    sbx_engine_destroy(engine);
}

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool skipping;

void drive_skip_pauses(bool skip)
{
    skipping = skip;
}

/* Waits as the engine asks for, and runs a slice. */
static void turn(struct sbx_engine *engine, int64_t hung_at)
{
    struct pollfd watched = {.fd = sbx_engine_fd(engine), .events = POLLIN};
    int due_ms = sbx_engine_due_ms(engine);
    int64_t left_ms = hung_at - now_ms();
    if (left_ms <= 0) {
        fail_msg("hung: nothing is over after %d ms (due in %d ms)", HANG_MS, due_ms);
    }
    bool soon = due_ms >= 0 && due_ms < left_ms;
    bool skipped = skipping && soon && due_ms > QUIET_MS && due_ms <= PAUSE_MAX_MS;
    int wait_ms = soon ? due_ms : (int)left_ms;
    if (poll(&watched, 1, skipped ? QUIET_MS : wait_ms) == 0 && skipped) {
        clock_advance((uint64_t)due_ms);
    }
    sbx_engine_slice(engine);
}

static size_t length_of(const struct sbx_queue *queue)
{
    size_t length = 0;
    for (const struct sbx_link *link = queue->head.next; link != &queue->head; link = link->next) {
        length++;
    }
    return length;
}

void drive(struct sbx_engine *engine, size_t count, struct sbx_queue *done)
{
    int64_t hung_at = now_ms() + HANG_MS;
    sbx_engine_take_done(engine, done);
    while (length_of(done) < count) {
        turn(engine, hung_at);
        sbx_engine_take_done(engine, done);
    }
    assert_int_equal(length_of(done), count);
}

void drive_until(struct sbx_engine *engine, bool (*until)(void *user), void *user)
{
    int64_t hung_at = now_ms() + HANG_MS;
    while (!until(user)) {
        struct pollfd watched = {.fd = sbx_engine_fd(engine), .events = POLLIN};
        (void)poll(&watched, 1, 1); /* what is waited for may happen elsewhere */
        sbx_engine_slice(engine);
        assert_true(now_ms() < hung_at);
    }
}

struct sbx_endpoint *endpoint_of(const struct server *server)
{
    struct sbx_endpoint *endpoint = NULL;
    struct sbx_endpoint_options options = {.base_url = span_of(server_url(server))};
    assert_status(sbx_endpoint_create(&endpoint, &options), SBX_OK);
    return endpoint;
}

static void on_back(struct sbx_request *request)
{
    struct probe *probe = request->owner;
    struct sbx_request *then = probe->then;
    probe->back++;
    if (then == NULL) {
        sbx_engine_finish(probe->task.engine, &probe->task);
        return;
    }
    sbx_request_destroy(request);
    probe->request = then;
    probe->then = NULL;
    sbx_engine_send(probe->task.engine, then);
}

static void start(struct sbx_task *task)
{
    struct probe *probe = SBX_CONTAINER(task, struct probe, task);
    sbx_engine_send(task->engine, probe->request);
}

void probe_init(struct probe *probe, struct sbx_endpoint *endpoint, enum sbx_method method, const char *route)
{
    *probe = (struct probe){.task.start = start};
    sbx_link_init(&probe->task.link);
    assert_status(sbx_request_create(&probe->request, endpoint, method, route), SBX_OK);
    probe->request->owner = probe;
    probe->request->done = on_back;
    probe->request->change = method != SBX_GET;
}

void probe_clear(struct probe *probe)
{
    sbx_request_destroy(probe->request);
    sbx_request_destroy(probe->then);
    probe->request = NULL;
    probe->then = NULL;
}

void probe_body(struct probe *probe, const char *type, struct sbx_span body)
{
    probe->request->body_type = type;
    probe->request->body = body;
    probe->request->change = true;
}

void probe_run(struct probe *probe, struct sbx_engine *engine)
{
    struct sbx_queue done;
    sbx_queue_init(&done);
    sbx_engine_submit(engine, &probe->task);
    drive(engine, 1, &done);
    assert_ptr_equal(sbx_queue_pop(&done), &probe->task.link);
}

void check_probe(const struct probe *probe, enum sbx_status outcome, const char *file, int line)
{
    if (probe->back == 1 && probe->request->outcome == outcome) {
        return;
    }
    print_error("came back %u times, the last time with %s instead of %s; HTTP status %ld, \"%s\"\n",
                probe->back, sbx_status_name(probe->request->outcome), sbx_status_name(outcome),
                probe->request->http_status, probe->request->error);
    _fail(file, line);
}
