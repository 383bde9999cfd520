/* engine_ends_test.c: how the engine ends a request that does not end by itself: by its deadline, which progress may
 * put off, or because the engine is closed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/engine.h"

#include <stdatomic.h>
#include <time.h>

#include "takeover.h"
#include "world.h"

#define TIMES 30
#define REPLY "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* A byte every 40 ms. */
static bool drip(struct server *server, int fd)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: " OCTETS "\r\nContent-Length: 30\r\n\r\n";
    bool going_on = server_write(fd, head, sizeof(head) - 1);
    for (int i = 0; i < TIMES && going_on; i++) {
        going_on = server_sleep(server, 40) && server_write(fd, "x", 1);
    }
    return going_on;
}

/* One byte of two. */
static bool stall(struct server *server, int fd)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: " OCTETS "\r\nContent-Length: 2\r\n\r\nx";
    return server_write(fd, head, sizeof(head) - 1) && server_wait(server);
}

/* Whether /said has answered: all of that is in the client's socket then. */
static atomic_bool said;

/* /silent never answers; /said does when it is released; /nap does after 600 ms, /empty after 500 with nothing; /wait answers when it is released; all else, itself. */
static bool answer(struct server *server, const struct asked *asked, int fd)
{
    if (strcmp(asked->target, "/drip") == 0) {
        return drip(server, fd);
    }
    if (strcmp(asked->target, "/stall") == 0) {
        return stall(server, fd);
    }
    if (strcmp(asked->target, "/silent") == 0) {
        return server_wait(server);
    }
    if (strcmp(asked->target, "/said") == 0) {
        bool answered = server_wait(server) && server_reply(fd, "200 OK", JSON, asked->target);
        atomic_store(&said, true);
        return answered;
    }
    if (strcmp(asked->target, "/nap") == 0 && !server_sleep(server, 600)) {
        return false;
    }
    if (strcmp(asked->target, "/empty") == 0) {
        return server_sleep(server, 500) && server_reply(fd, "200 OK", JSON, "");
    }
    if (strcmp(asked->target, "/wait") == 0 && !server_wait(server)) {
        return false;
    }
    return server_reply(fd, "200 OK", JSON, asked->target);
}

static int set_up(void **state)
{
    return world_start(state, answer, NULL);
}

/* ---- Deadlines ------------------------------------------------------------------------------------------ */

static void test_deadline(void **state)
{
    struct world *world = *state;
    struct probe *probe = world_get(world, 0, "/silent");
    probe->request->timeout_ms = 100;
    world_run(world, probe);
    assert_probe(probe, SBX_ETIMEDOUT);
    assert_null(strstr(probe->request->error, "may have completed"));
    assert_int_equal(server_count(world->server), 1); /* and it was not sent again */
}

static void test_deadline_of_a_change(void **state)
{
    struct world *world = *state;
    struct probe *probe = world_change(world, 0, SBX_POST, "/silent", "{}");
    probe->request->timeout_ms = 100;
    world_run(world, probe);
    assert_probe(probe, SBX_ETIMEDOUT);
    assert_non_null(strstr(probe->request->error, "may have completed"));
    assert_int_equal(server_count(world->server), 1);
}

static bool is_asked(void *user)
{
    const struct world *world = user;
    return server_count(world->server) == 1;
}

/* Where nobody served the engine until then, as if the main thread was busy: what came in time is an answer. */
static void test_answer_that_is_seen_late(void **state)
{
    struct world *world = *state;
    struct probe *probe = world_change(world, 0, SBX_POST, "/said", "{}");
    probe->request->timeout_ms = 5000;
    atomic_store(&said, false);
    server_hold(world->server);
    sbx_engine_submit(world->engine, &probe->task);
    drive_until(world->engine, is_asked, world);
    server_release(world->server);
    while (!atomic_load(&said)) {
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    clock_advance(6000);
    world_drive(world, 1);
    assert_reply(probe, "/said");
}

/* The wait for a connection counts; what was never sent cannot have completed. */
static void test_deadline_of_one_that_waits(void **state)
{
    struct world *world = *state;
    world_submit(world, 0, SBX_FILE_CONNECTIONS, "/wait");
    struct probe *late = world_change(world, 100, SBX_DELETE, "/late", NULL);
    late->request->timeout_ms = 100;
    sbx_engine_submit(world->engine, &late->task);
    world_drive(world, 1);
    assert_probe(late, SBX_ETIMEDOUT);
    assert_null(strstr(late->request->error, "may have completed"));
    server_release(world->server);
    world_drive(world, SBX_FILE_CONNECTIONS);
    assert_int_equal(server_count_of(world->server, "DELETE"), 0);
}

static void test_progress_puts_a_deadline_off(void **state)
{
    struct world *world = *state;
    struct probe *probe = world_get(world, 0, "/drip"); /* takes 1,200 ms */
    probe->request->until_stalled = true;
    probe->request->timeout_ms = 600;
    world_run(world, probe);
    assert_reply(probe, REPLY);
    probe = world_get(world, 0, "/drip");
    probe->request->timeout_ms = 600;
    world_run(world, probe);
    assert_probe(probe, SBX_ETIMEDOUT);
}

static void test_stall_meets_the_deadline(void **state)
{
    struct world *world = *state;
    struct probe *probe = world_get(world, 0, "/stall");
    probe->request->until_stalled = true;
    probe->request->timeout_ms = 200;
    world_run(world, probe);
    assert_probe(probe, SBX_ETIMEDOUT);
    assert_non_null(strstr(probe->request->error, "progress"));
}

/* A GET that is given up when nothing gets on for so long. */
static struct probe *submit_until_stalled(struct world *world, size_t index, const char *route,
                                          int timeout_ms)
{
    struct probe *probe = world_get(world, index, route);
    probe->request->until_stalled = true;
    probe->request->timeout_ms = timeout_ms;
    sbx_engine_submit(world->engine, &probe->task);
    return probe;
}

/* All connections are busy for 1,200 ms, and get on; so does what waits for one of them. */
static void test_progress_of_others_counts_while_waiting(void **state)
{
    struct world *world = *state;
    world_submit(world, 0, SBX_FILE_CONNECTIONS, "/drip");
    struct probe *late = submit_until_stalled(world, 100, "/late", 600);
    world_drive(world, SBX_FILE_CONNECTIONS + 1);
    assert_reply(late, "/late");
}

/* A reply without a byte is progress too: two rounds of them take 1,000 ms. */
static void test_empty_replies_are_progress(void **state)
{
    struct world *world = *state;
    world_submit(world, 0, (size_t)2 * SBX_FILE_CONNECTIONS, "/empty");
    struct probe *late = submit_until_stalled(world, 100, "/late", 800);
    world_drive(world, (size_t)2 * SBX_FILE_CONNECTIONS + 1);
    assert_reply(late, "/late");
}

/* One that has its connection is judged by that alone: else a dead one would last as long as others get on. */
static void test_progress_of_others_does_not_count_while_running(void **state)
{
    struct world *world = *state;
    world_submit(world, 0, 1, "/drip");
    struct probe *nap = submit_until_stalled(world, 1, "/nap", 300);
    world_drive(world, 2);
    assert_probe(nap, SBX_ETIMEDOUT);
}

/* Only of those whose connections it shares. */
static void test_progress_of_another_budget_does_not_count(void **state)
{
    struct world *world = *state;
    struct probe *drip = world_get(world, 0, "/drip");
    drip->request->budget = SBX_BUDGET_PROGRAMS;
    sbx_engine_submit(world->engine, &drip->task);
    struct probe *silent = submit_until_stalled(world, 1, "/silent", 200);
    world_drive(world, 1);
    assert_probe(silent, SBX_ETIMEDOUT);
    world_drive(world, 1);
    assert_reply(drip, REPLY);
}

static void test_waiting_behind_a_stall_meets_the_deadline(void **state)
{
    struct world *world = *state;
    world_submit(world, 0, SBX_FILE_CONNECTIONS, "/wait");
    struct probe *late = submit_until_stalled(world, 100, "/late", 200);
    world_drive(world, 1);
    assert_probe(late, SBX_ETIMEDOUT);
    assert_non_null(strstr(late->request->error, "progress"));
    server_release(world->server);
    world_drive(world, SBX_FILE_CONNECTIONS);
    assert_int_equal(server_count_of(world->server, "GET /late"), 0);
}

/* Those before it are given up after 500 ms, and nothing got on; then it has all its time, 800 ms. */
static void test_time_begins_anew_with_a_connection(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < SBX_FILE_CONNECTIONS; i++) {
        submit_until_stalled(world, i, "/silent", 500);
    }
    struct probe *late = submit_until_stalled(world, 100, "/nap", 800);
    world_drive(world, SBX_FILE_CONNECTIONS + 1);
    assert_probe(&world->probes[0], SBX_ETIMEDOUT);
    assert_reply(late, "/nap");
}

/* The late answer of a request that was given up is never taken for that of another. */
static void test_late_answer_is_lost(void **state)
{
    struct world *world = *state;
    struct probe *slow = world_get(world, 0, "/wait");
    slow->request->timeout_ms = 100;
    world_run(world, slow);
    assert_probe(slow, SBX_ETIMEDOUT);
    server_release(world->server);
    for (int i = 0; i < 5; i++) {
        world_run(world, world_get(world, 1, "/mine"));
        assert_reply(&world->probes[1], "/mine");
    }
}

/* A request that is sent when another one came back has a deadline too, however that one ended. */
static void test_deadline_of_the_next_request(void **state)
{
    struct world *world = *state;
    static char path[70000];
    memset(path, 'a', sizeof(path));
    for (int way = 0; way < 3; way++) {
        struct probe *probe = world_get(world, 0, way == 0 ? "/ok" : "/silent");
        struct probe *next = world_get(world, 1, "/silent");
        probe->request->timeout_ms = way == 1 ? 50 : 5000;
        if (way == 2) { /* no handle can be made for it */
            sbx_request_query(probe->request, "path", (struct sbx_span){path, sizeof(path)});
        }
        probe->then = next->request;
        next->request = NULL;
        probe->then->owner = probe;
        probe->then->timeout_ms = 100;
        world_run(world, probe);
        assert_int_equal(probe->back, 2);
        assert_status(probe->request->outcome, SBX_ETIMEDOUT);
    }
}

/* ---- Closing -------------------------------------------------------------------------------------------- */

static bool files_held(void *user)
{
    struct world *world = user;
    return server_count(world->server) >= SBX_FILE_CONNECTIONS;
}

static void test_close_cancels(void **state)
{
    struct world *world = *state;
    world_submit(world, 0, SBX_FILE_CONNECTIONS + 10, "/silent"); /* ten of them wait for a connection */
    drive_until(world->engine, files_held, world);
    world_submit(world, 100, 1, "/inbox");
    sbx_engine_close(world->engine);
    world_submit(world, 101, 1, "/afterwards");
    world_drive(world, SBX_FILE_CONNECTIONS + 12);
    for (size_t i = 0; i < COUNT(world->probes); i++) {
        if (world->probes[i].request != NULL) {
            assert_probe(&world->probes[i], SBX_ECANCELED);
        }
    }
    assert_int_equal(server_count(world->server), SBX_FILE_CONNECTIONS);
    world_submit(world, 102, 1, "/later");
    world_drive(world, 1);
    assert_probe(&world->probes[102], SBX_ECANCELED);
}

/* A request sent by what is told of a cancellation is cancelled as well. */
static void test_close_cancels_the_next_request(void **state)
{
    struct world *world = *state;
    struct probe *probe = world_get(world, 0, "/silent");
    struct probe *next = world_get(world, 1, "/silent");
    probe->then = next->request;
    next->request = NULL;
    probe->then->owner = probe;
    sbx_engine_submit(world->engine, &probe->task);
    sbx_engine_slice(world->engine);
    sbx_engine_close(world->engine);
    world_drive(world, 1);
    assert_int_equal(probe->back, 2);
    assert_status(probe->request->outcome, SBX_ECANCELED);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_deadline),
        TEST(test_deadline_of_a_change),
        TEST(test_answer_that_is_seen_late),
        TEST(test_deadline_of_one_that_waits),
        TEST(test_progress_puts_a_deadline_off),
        TEST(test_stall_meets_the_deadline),
        TEST(test_progress_of_others_counts_while_waiting),
        TEST(test_empty_replies_are_progress),
        TEST(test_progress_of_others_does_not_count_while_running),
        TEST(test_progress_of_another_budget_does_not_count),
        TEST(test_waiting_behind_a_stall_meets_the_deadline),
        TEST(test_time_begins_anew_with_a_connection),
        TEST(test_late_answer_is_lost),
        TEST(test_deadline_of_the_next_request),
        TEST(test_close_cancels),
        TEST(test_close_cancels_the_next_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
