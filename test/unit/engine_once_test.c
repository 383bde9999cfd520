/* engine_once_test.c: what changes something is never sent twice. The server reads a request whole and then loses
 * the connection in each way there is; it must have seen one, and the client must say that it does not know.
 * A read may be sent again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sys/socket.h>

#include "world.h"

#define REPLY "HTTP/1.1 200 OK\r\nContent-Type: " JSON "\r\nContent-Length: 8\r\n\r\n{\"a\": 1}"

/* How the server loses a connection after it has read a request of "/lost": it closes or resets it after that
 * many bytes of the reply. */
struct loss {
    bool resets;
    size_t after; /* less than the whole reply */
};

static bool lose(const struct loss *loss, int fd)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    (void)server_write(fd, REPLY, loss->after);
    if (loss->resets) {
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    }
    return false;
}

/* Requests of "/lost-when-kept" are lost when they are the second on their connection or later. */
static bool answer(struct server *server, const struct asked *asked, int fd)
{
    struct world *world = server_user(server);
    bool lost = strcmp(asked->target, "/lost") == 0;
    bool lost_when_kept = strcmp(asked->target, "/lost-when-kept") == 0 && asked->turn > 0;
    if (lost || lost_when_kept) {
        return lose(world->user, fd);
    }
    (void)server_reply(fd, "200 OK", JSON, "{}");
    return strcmp(asked->target, "/last") != 0;
}

static struct loss loss;

static int set_up(void **state)
{
    return world_start(state, answer, &loss);
}

static const struct {
    enum sbx_method method;
    const char *body; /* NULL: none, and no content type */
    const char *line;
} changes[] = {
    {SBX_POST, "{\"a\":1}", "POST /lost"}, {SBX_PUT, "content", "PUT /lost"},
    {SBX_POST, "", "POST /lost"},          {SBX_PUT, "", "PUT /lost"},
    {SBX_POST, NULL, "POST /lost"},        {SBX_DELETE, NULL, "DELETE /lost"},
};

/* A request on a connection that was used before, or on one of its own; in both cases it is seen once. */
static void assert_seen_once(struct world *world, size_t change, bool kept)
{
    if (kept) {
        world_run(world, world_get(world, 0, "/ok"));
        assert_reply(&world->probes[0], "{}");
    }
    size_t before = server_count_of(world->server, changes[change].line);
    struct probe *probe = world_change(world, 1, changes[change].method, "/lost", changes[change].body);
    probe->request->accept = JSON;
    world_run(world, probe);
    assert_probe(probe, SBX_EIO);
    assert_non_null(strstr(probe->request->error, "may have completed"));
    for (int i = 0; i < 3; i++) {
        sbx_engine_slice(world->engine);
    }
    size_t seen = server_count_of(world->server, changes[change].line) - before;
    if (seen != 1) {
        fail_msg("%s, body %s, on a %s connection, lost after %zu bytes: seen %zu times",
                 changes[change].line, changes[change].body == NULL ? "none" : changes[change].body,
                 kept ? "kept" : "fresh", loss.after, seen);
    }
}

static void test_change_is_seen_once(void **state)
{
    struct world *world = *state;
    for (size_t change = 0; change < COUNT(changes); change++) {
        for (int way = 0; way < 4; way++) {
            loss = (struct loss){.resets = way / 2 == 1};
            assert_seen_once(world, change, way % 2 == 1);
        }
    }
}

/* Whatever has come of the reply when the connection ends. */
static void test_change_whose_reply_is_cut(void **state)
{
    struct world *world = *state;
    for (size_t after = 0; after < sizeof(REPLY) - 1; after++) {
        loss = (struct loss){.after = after};
        assert_seen_once(world, after % COUNT(changes), after % 2 == 1);
    }
}

/* Twenty at once on kept connections: each of them is seen once. */
static void test_many_changes_at_once(void **state)
{
    struct world *world = *state;
    loss = (struct loss){0};
    world_submit(world, 0, 20, "/ok");
    world_drive(world, 20);
    for (size_t i = 0; i < 20; i++) {
        sbx_engine_submit(world->engine, &world_change(world, i, SBX_POST, "/lost", "{}")->task);
    }
    world_drive(world, 20);
    for (size_t i = 0; i < 20; i++) {
        assert_probe(&world->probes[i], SBX_EIO);
    }
    assert_int_equal(server_count_of(world->server, "POST /lost"), 20);
}

/* A read changes nothing: where a kept connection is lost before any answer, it is sent again on a fresh one. */
static void test_read_is_sent_again(void **state)
{
    struct world *world = *state;
    for (int way = 0; way < 2; way++) {
        loss = (struct loss){.resets = way == 1};
        world_run(world, world_get(world, 0, "/ok"));
        struct probe *probe = world_get(world, 1, "/lost-when-kept");
        world_run(world, probe);
        assert_reply(probe, "{}");
    }
    assert_int_equal(server_count_of(world->server, "GET /lost-when-kept"), 4);
}

/* Never is a part of a reply taken for all of it. */
static void test_read_whose_reply_is_cut(void **state)
{
    struct world *world = *state;
    for (size_t after = 0; after < sizeof(REPLY) - 1; after++) {
        loss = (struct loss){.after = after};
        struct probe *probe = world_get(world, 0, "/lost");
        probe->request->accept = JSON;
        world_run(world, probe);
        enum sbx_status outcome = probe->request->outcome;
        if (outcome != SBX_EIO && outcome != SBX_EPROTO) {
            fail_msg("lost after %zu bytes: %s", after, sbx_status_name(outcome));
        }
        assert_true(probe->request->error[0] != '\0');
        assert_null(strstr(probe->request->error, "may have completed"));
    }
}

/* A kept connection that the server has closed meanwhile, as it does after an error, costs nothing. */
static void test_change_after_the_server_closed(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < COUNT(changes); i++) {
        world_run(world, world_get(world, 0, "/last"));
        assert_reply(&world->probes[0], "{}");
        assert_true(server_closed(world->server, server_connections(world->server) - 1));
        struct probe *probe = world_change(world, 1, changes[i].method, "/ok", changes[i].body);
        world_run(world, probe);
        assert_reply(probe, "{}");
    }
    assert_int_equal(server_count(world->server), 2 * COUNT(changes));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_change_is_seen_once),     TEST(test_change_whose_reply_is_cut),
        TEST(test_many_changes_at_once),    TEST(test_read_is_sent_again),
        TEST(test_read_whose_reply_is_cut), TEST(test_change_after_the_server_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
