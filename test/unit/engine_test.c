/* engine_test.c: the engine in slices: connections are kept and their number is bounded, and where there is nothing
 * to do nothing is due and nothing is readable.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/engine.h"

#include <dirent.h>
#include <poll.h>

#include "takeover.h"
#include "world.h"

/* What the server holds back at the moment. */
struct held {
    size_t files;
    size_t programs;
    size_t most_files;
};

static bool hold(struct server *server, size_t *count, int fd)
{
    struct world *world = server_user(server);
    struct held *held = world->user;
    (void)pthread_mutex_lock(&world->lock);
    (*count)++;
    held->most_files = held->files > held->most_files ? held->files : held->most_files;
    (void)pthread_mutex_unlock(&world->lock);
    bool going_on = server_wait(server);
    (void)pthread_mutex_lock(&world->lock);
    (*count)--;
    (void)pthread_mutex_unlock(&world->lock);
    return going_on && server_reply(fd, "200 OK", JSON, "{}");
}

/* The rest of the reply comes when it is released. */
static bool answer_in_halves(struct server *server, int fd)
{
    static const char first[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n/hal";
    return server_write(fd, first, strlen(first)) && server_wait(server) && server_write(fd, "ves!", 4);
}

/* /silent never answers; /wait, /file and /program answer when they are released; all else, itself. */
static bool answer(struct server *server, const struct asked *asked, int fd)
{
    struct held *held = ((struct world *)server_user(server))->user;
    if (strcmp(asked->target, "/file") == 0) {
        return hold(server, &held->files, fd);
    }
    if (strcmp(asked->target, "/program") == 0) {
        return hold(server, &held->programs, fd);
    }
    if (strcmp(asked->target, "/halves") == 0) {
        return answer_in_halves(server, fd);
    }
    if (strcmp(asked->target, "/silent") == 0) {
        return server_wait(server);
    }
    if (strcmp(asked->target, "/wait") == 0 && !server_wait(server)) {
        return false;
    }
    return server_reply(fd, "200 OK", JSON, asked->target);
}

static int set_up(void **state)
{
    static struct held held;
    held = (struct held){0};
    return world_start(state, answer, &held);
}

/* ---- Connections ---------------------------------------------------------------------------------------- */

static void test_keeps_a_connection(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < 20; i++) {
        struct probe *probe = world_get(world, 0, i % 2 == 0 ? "/even" : "/odd");
        world_run(world, probe);
        assert_reply(probe, i % 2 == 0 ? "/even" : "/odd");
    }
    assert_int_equal(server_count(world->server), 20);
    assert_int_equal(server_connections(world->server), 1);
}

static bool has_begun(void *user)
{
    const struct probe *probe = user;
    return probe->request->reply.length > 0;
}

/* The server's kernel may keep the rest until it has heard of the beginning: it hears at once, on whatever connection. */
static void test_acknowledges_what_is_not_all(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < 2; i++) {
        world_run(world, world_get(world, 0, "/ok"));
        size_t before = acknowledgements();
        server_hold(world->server);
        struct probe *probe = world_get(world, 1, "/halves");
        sbx_engine_submit(world->engine, &probe->task);
        drive_until(world->engine, has_begun, probe);
        assert_true(acknowledgements() > before);
        size_t begun = acknowledgements();
        server_release(world->server);
        world_drive(world, 1);
        assert_reply(probe, "/halves!");
        assert_int_equal(acknowledgements(), begun);
    }
    assert_int_equal(server_connections(world->server), 1);
}

static void test_many_at_once(void **state)
{
    struct world *world = *state;
    world_submit(world, 0, 400, "/ok");
    world_drive(world, 400);
    for (size_t i = 0; i < 400; i++) {
        assert_reply(&world->probes[i], "/ok");
    }
    assert_int_equal(server_count(world->server), 400);
    assert_in_range(server_connections(world->server), 1, SBX_FILE_CONNECTIONS);
}

static bool all_held(void *user)
{
    struct world *world = user;
    const struct held *held = world->user;
    (void)pthread_mutex_lock(&world->lock);
    bool all = held->files == SBX_FILE_CONNECTIONS && held->programs == 60;
    (void)pthread_mutex_unlock(&world->lock);
    return all;
}

/* Files have 24 connections; programs have their own beside them, whichever was asked first. */
static void test_budgets(void **state)
{
    struct world *world = *state;
    world_submit(world, 0, 50, "/file");
    for (size_t i = 50; i < 110; i++) {
        world_get(world, i, "/program")->request->budget = SBX_BUDGET_PROGRAMS;
        sbx_engine_submit(world->engine, &world->probes[i].task);
    }
    drive_until(world->engine, all_held, world);
    for (int i = 0; i < 20; i++) {
        sbx_engine_slice(world->engine);
    }
    assert_int_equal(server_connections(world->server), SBX_FILE_CONNECTIONS + 60);
    server_release(world->server);
    world_drive(world, 110);
    for (size_t i = 0; i < 110; i++) {
        assert_probe(&world->probes[i], SBX_OK);
    }
    assert_int_equal(((struct held *)world->user)->most_files, SBX_FILE_CONNECTIONS);
    assert_int_equal(server_count_of(world->server, "GET /file"), 50);
}

/* Connections that were opened for programs go, one with each request that comes after. */
static void test_programs_leave_no_connections(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < 100; i++) {
        world_get(world, i, "/ok")->request->budget = SBX_BUDGET_PROGRAMS;
        sbx_engine_submit(world->engine, &world->probes[i].task);
    }
    world_drive(world, 100);
    for (size_t i = 0; i < 150; i++) {
        world_run(world, world_get(world, 0, "/ok"));
    }
    assert_in_range(server_open(world->server), 1, SBX_FILE_CONNECTIONS + 1);
}

/* A change without a body has a connection of its own, which goes with it. */
static void test_connections_of_their_own_are_closed(void **state)
{
    struct world *world = *state;
    world_run(world, world_get(world, 0, "/ok"));
    for (size_t i = 1; i <= 30; i++) {
        struct probe *probe = world_change(world, 1, SBX_DELETE, "/ok", NULL);
        world_run(world, probe);
        assert_reply(probe, "/ok");
        assert_true(server_closed(world->server, i));
    }
    world_run(world, world_get(world, 0, "/ok")); /* the kept one is there still */
    assert_int_equal(server_connections(world->server), 31);
    assert_int_equal(server_open(world->server), 1);
}

static size_t count_descriptors(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder) != NULL) {
        count++;
    }
    (void)closedir(folder);
    return count;
}

static void test_destroyed_with_kept_connections(void **state)
{
    size_t before = count_descriptors();
    assert_int_equal(set_up(state), 0);
    struct world *world = *state;
    world_submit(world, 0, 40, "/ok");
    world_drive(world, 40);
    assert_true(server_connections(world->server) > 1);
    assert_int_equal(world_end(state), 0);
    assert_int_equal(count_descriptors(), before);
}

/* What is in flight ends well on its own connection; when nothing of its budget is in flight, all of them go. */
static void test_forgets_connections(void **state)
{
    struct world *world = *state;
    world_run(world, world_get(world, 0, "/ok"));
    sbx_engine_forget(world->engine);
    sbx_engine_slice(world->engine);
    assert_true(server_closed(world->server, 0));
    world_submit(world, 1, 1, "/wait");
    sbx_engine_slice(world->engine);
    sbx_engine_forget(world->engine);
    sbx_engine_slice(world->engine);
    world_run(world, world_get(world, 0, "/again"));
    assert_reply(&world->probes[0], "/again");
    assert_int_equal(server_connections(world->server), 3);
    server_release(world->server);
    world_drive(world, 1);
    assert_reply(&world->probes[1], "/wait");
    sbx_engine_slice(world->engine);
    assert_true(server_closed(world->server, 1));
    assert_true(server_closed(world->server, 2));
    assert_int_equal(server_open(world->server), 0);
}

/* Again and again, with something in flight each time. */
static void test_forgets_often(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < 20; i++) {
        world_submit(world, i, 1, "/wait");
        sbx_engine_slice(world->engine);
        sbx_engine_forget(world->engine);
        sbx_engine_slice(world->engine);
    }
    server_release(world->server);
    world_drive(world, 20);
    for (size_t i = 0; i < 20; i++) {
        assert_reply(&world->probes[i], "/wait");
    }
}

/* Closing finds what is in flight on a connection that was to be forgotten. */
static void test_closes_what_was_forgotten(void **state)
{
    struct world *world = *state;
    world_submit(world, 0, 1, "/silent");
    sbx_engine_slice(world->engine);
    sbx_engine_forget(world->engine);
    sbx_engine_slice(world->engine);
    world_submit(world, 1, 1, "/silent");
    sbx_engine_slice(world->engine);
    sbx_engine_close(world->engine);
    world_drive(world, 2);
    assert_probe(&world->probes[0], SBX_ECANCELED);
    assert_probe(&world->probes[1], SBX_ECANCELED);
}

/* ---- The descriptor, and when a slice is due ----------------------------------------------------------- */

static bool is_readable(const struct sbx_engine *engine)
{
    struct pollfd watched = {.fd = sbx_engine_fd(engine), .events = POLLIN};
    return poll(&watched, 1, 0) == 1;
}

static void test_idle_engine_asks_for_nothing(void **state)
{
    struct world *world = *state;
    assert_int_equal(sbx_engine_due_ms(world->engine), -1);
    assert_false(is_readable(world->engine));
    world_submit(world, 0, 30, "/ok");
    assert_true(is_readable(world->engine));
    world_drive(world, 30);
    for (int i = 0; i < 10; i++) {
        sbx_engine_slice(world->engine);
    }
    assert_false(is_readable(world->engine)); /* else its owner would spin */
    assert_int_equal(sbx_engine_due_ms(world->engine), -1);
}

static void test_due_is_no_later_than_the_deadline(void **state)
{
    struct world *world = *state;
    world_submit(world, 0, 1, "/wait");
    world->probes[0].request->timeout_ms = 15000;
    sbx_engine_slice(world->engine);
    assert_in_range(sbx_engine_due_ms(world->engine), 0, 15000);
    server_release(world->server);
    world_drive(world, 1);
}

static void test_close_and_forget_wake(void **state)
{
    struct world *world = *state;
    sbx_engine_forget(world->engine);
    assert_true(is_readable(world->engine));
    sbx_engine_slice(world->engine);
    assert_false(is_readable(world->engine));
    sbx_engine_close(world->engine);
    assert_true(is_readable(world->engine));
}

static void test_run_blocks_until_something_is_done(void **state)
{
    struct world *world = *state;
    struct sbx_queue done;
    sbx_queue_init(&done);
    world_submit(world, 0, 1, "/ok");
    sbx_engine_run(world->engine);
    sbx_engine_take_done(world->engine, &done);
    assert_ptr_equal(sbx_queue_pop(&done), &world->probes[0].task.link);
    assert_reply(&world->probes[0], "/ok");
    world_submit(world, 1, 1, "/silent");
    world->probes[1].request->timeout_ms = 100;
    sbx_engine_run(world->engine);
    sbx_engine_take_done(world->engine, &done);
    assert_ptr_equal(sbx_queue_pop(&done), &world->probes[1].task.link);
    assert_probe(&world->probes[1], SBX_ETIMEDOUT);
}

/* ---- Threads, memory ------------------------------------------------------------------------------------ */

static void *submit_from_elsewhere(void *user)
{
    struct world *world = user;
    for (size_t i = 0; i < 200; i++) {
        sbx_engine_submit(world->engine, &world->probes[i].task);
    }
    return NULL;
}

static void test_submits_from_any_thread(void **state)
{
    struct world *world = *state;
    pthread_t thread;
    for (size_t i = 0; i < 200; i++) {
        (void)world_get(world, i, "/ok");
    }
    assert_int_equal(pthread_create(&thread, NULL, submit_from_elsewhere, world), 0);
    world_drive(world, 200);
    (void)pthread_join(thread, NULL);
    assert_int_equal(server_count(world->server), 200);
}

static enum sbx_status create_and_destroy(void *user)
{
    struct sbx_engine *engine = NULL;
    (void)user;
    enum sbx_status status = sbx_engine_create(&engine);
    sbx_engine_destroy(engine);
    return status;
}

static void test_no_memory_for_an_engine(void **state)
{
    (void)state;
    assert_in_range(allocations_fail_each(create_and_destroy, NULL), 3, 100);
}

/* The whole of an exchange, each allocation of it failing: it comes back once, and nothing is lost. */
static enum sbx_status exchange(void *user)
{
    struct world *world = user;
    struct probe probe;
    struct sbx_engine *engine = NULL;
    enum sbx_status status = sbx_engine_create(&engine);
    if (status != SBX_OK) {
        return status;
    }
    allocations_pause(true);
    probe_init(&probe, world->endpoint, SBX_GET, "/ok");
    probe.request->timeout_ms = exchange_ms();
    allocations_pause(false);
    probe_run(&probe, engine);
    status = probe.request->outcome;
    assert_int_equal(probe.back, 1);
    probe_clear(&probe);
    engine_end(engine);
    return status;
}

static void test_no_memory_for_an_exchange(void **state)
{
    assert_in_range(allocations_fail_each_in_exchange(exchange, *state), 20, 500);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_keeps_a_connection),
        TEST(test_acknowledges_what_is_not_all),
        TEST(test_many_at_once),
        TEST(test_budgets),
        TEST(test_programs_leave_no_connections),
        TEST(test_connections_of_their_own_are_closed),
        cmocka_unit_test(test_destroyed_with_kept_connections),
        TEST(test_forgets_connections),
        TEST(test_forgets_often),
        TEST(test_closes_what_was_forgotten),
        TEST(test_idle_engine_asks_for_nothing),
        TEST(test_due_is_no_later_than_the_deadline),
        TEST(test_close_and_forget_wake),
        TEST(test_run_blocks_until_something_is_done),
        TEST(test_submits_from_any_thread),
        cmocka_unit_test(test_no_memory_for_an_engine),
        TEST(test_no_memory_for_an_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
