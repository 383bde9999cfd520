/* engine_contents_test.c: how much of large contents a sandbox is asked for, or sent, at once.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/engine.h"
#include "world.h"

/* The rest of the reply comes when it is released. */
static bool answer_in_halves(struct server *server, int fd)
{
    static const char first[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n/hal";
    return server_write(fd, first, strlen(first)) && server_wait(server) && server_write(fd, "ves!", 4);
}

/* /wait answers when it is released, /long with more than a small content has; all else, itself. */
static bool answer(struct server *server, const struct asked *asked, int fd)
{
    if (strcmp(asked->target, "/halves") == 0) {
        return answer_in_halves(server, fd);
    }
    if (strcmp(asked->target, "/long") == 0) {
        static const char bytes[SBX_REPLY_CONTENT_MAX + 1];
        return server_reply_bytes(fd, "200 OK", JSON, (struct sbx_span){bytes, sizeof(bytes)});
    }
    if (strstr(asked->target, "/wait") != NULL && !server_wait(server)) {
        return false;
    }
    return server_reply(fd, "200 OK", JSON, asked->target);
}

static int set_up(void **state)
{
    return world_start(state, answer, NULL);
}

static void submit(struct world *world, struct probe *probe)
{
    probe->request->budget = SBX_BUDGET_CONTENTS;
    probe->request->at_once = 1;
    sbx_engine_submit(world->engine, &probe->task);
}

static void get_content(struct world *world, size_t number, const char *route)
{
    submit(world, world_get(world, number, route));
}

static void put_part(struct world *world, size_t number)
{
    static const char bytes[SBX_BODY_MAX / 4];
    struct probe *probe = world_change(world, number, SBX_PUT, "/wait", NULL);
    probe_body(probe, OCTETS, (struct sbx_span){bytes, sizeof(bytes)});
    submit(world, probe);
}

static bool has_begun(void *user)
{
    const struct probe *probe = user;
    return probe->request->reply.length > 0;
}

struct expected {
    struct world *world;
    size_t count;
};

static bool are_asked(void *user)
{
    const struct expected *expected = user;
    return server_count(expected->world->server) >= expected->count;
}

/* So many, and however often it is tried no more. */
static void assert_asked(struct world *world, size_t count)
{
    drive_until(world->engine, are_asked, &(struct expected){world, count});
    for (int i = 0; i < 20; i++) {
        sbx_engine_slice(world->engine);
    }
    assert_int_equal(server_count(world->server), count);
}

static void release(struct world *world, size_t count)
{
    server_release(world->server);
    world_drive(world, count);
    for (size_t i = 0; i < count; i++) {
        assert_probe(&world->probes[i], SBX_OK);
    }
}

/* One that is not answered holds up the next. */
static void test_whole_ones(void **state)
{
    struct world *world = *state;
    server_hold(world->server);
    get_content(world, 0, "/wait");
    get_content(world, 1, "/ok");
    assert_asked(world, 1);
    release(world, 2);
}

/* One whose answer has begun does not; but there are no more than two. */
static void test_whole_ones_that_arrive(void **state)
{
    struct world *world = *state;
    server_hold(world->server);
    get_content(world, 0, "/halves");
    get_content(world, 1, "/halves");
    get_content(world, 2, "/ok");
    drive_until(world->engine, has_begun, &world->probes[1]);
    assert_asked(world, 2);
    release(world, 3);
}

/* Small ones of as many bytes go side by side. */
static void test_small_ones(void **state)
{
    struct world *world = *state;
    server_hold(world->server);
    for (size_t i = 0; i < 6; i++) {
        put_part(world, i);
    }
    assert_asked(world, 4);
    release(world, 6);
}

/* What is behind a whole one that waits, waits too: else that would wait for as long as there are small ones. */
static void test_small_ones_behind_a_whole_one(void **state)
{
    struct world *world = *state;
    server_hold(world->server);
    put_part(world, 0);
    get_content(world, 1, "/ok");
    put_part(world, 2);
    assert_asked(world, 1);
    release(world, 3);
    assert_string_equal(server_asked(world->server, 1), "GET /ok");
}

static struct probe *get_unsized(struct world *world, size_t number, const char *route, uint64_t size_above)
{
    struct probe *probe = world_get(world, number, route);
    probe->request->unsized = true;
    probe->request->size_above = size_above;
    sbx_engine_submit(world->engine, &probe->task);
    return probe;
}

/* Of those whose size nobody knows one is asked for; after each small one, twice as many at once. */
static void test_unsized(void **state)
{
    struct world *world = *state;
    size_t count = 4;
    server_hold(world->server);
    for (size_t i = 0; i < count; i++) {
        (void)get_unsized(world, i, "/wait", 0);
    }
    assert_asked(world, 1);
    release(world, count);
    server_hold(world->server);
    for (size_t i = 0; i < SBX_FILE_CONNECTIONS; i++) {
        (void)get_unsized(world, i, "/wait", 0);
    }
    assert_asked(world, count + 16);
    release(world, SBX_FILE_CONNECTIONS);
}

/* Another sandbox does not wait for that one. */
static void test_unsized_of_another(void **state)
{
    struct world *world = *state;
    char url[200];
    struct sbx_endpoint *other;
    (void)snprintf(url, sizeof(url), "%s/other", server_url(world->server));
    const struct sbx_endpoint_options options = {.base_url = {url, strlen(url)}};
    assert_status(sbx_endpoint_create(&other, &options), SBX_OK);
    server_hold(world->server);
    (void)get_unsized(world, 0, "/wait", 0);
    (void)get_unsized(world, 1, "/ok", 0);
    struct probe *probe = &world->probes[2];
    probe_init(probe, other, SBX_GET, "/wait");
    probe->request->unsized = true;
    sbx_engine_submit(world->engine, &probe->task);
    assert_asked(world, 2);
    release(world, 3);
    sbx_endpoint_unref(other);
}

/* After a large one, whether its size is all that was wanted or not, one again; and nothing else waits for that. */
static void test_unsized_behind_a_large_one(void **state)
{
    struct world *world = *state;
    for (size_t before = 0; before < 8; before += 4) {
        struct probe *probe = get_unsized(world, 0, "/long", before == 0 ? SBX_REPLY_CONTENT_MAX : 0);
        world_drive(world, 1);
        assert_probe(probe, before == 0 ? SBX_EFBIG : SBX_OK);
        server_hold(world->server);
        (void)get_unsized(world, 0, "/wait", 0);
        (void)get_unsized(world, 1, "/wait", 0);
        sbx_engine_submit(world->engine, &world_get(world, 2, "/ok")->task);
        assert_asked(world, before + 3);
        release(world, 3);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_whole_ones),
        TEST(test_whole_ones_that_arrive),
        TEST(test_small_ones),
        TEST(test_small_ones_behind_a_whole_one),
        TEST(test_unsized),
        TEST(test_unsized_of_another),
        TEST(test_unsized_behind_a_large_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
