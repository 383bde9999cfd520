/* multi_test.c: transfers over the poller alone: their ends are told once, with how they ended, and a connection that
 * was kept goes with its multi handle.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/multi.h"

#include "core/http/deadlines.h"
#include "takeover.h"
#include "world.h"

static bool answer(struct server *server, const struct asked *asked, int fd)
{
    (void)server;
    return server_reply(fd, "200 OK", JSON, asked->target);
}

static int set_up(void **state)
{
    return world_start(state, answer, NULL);
}

static struct sbx_request *prepared(struct world *world, const char *route)
{
    struct sbx_request *request = NULL;
    assert_status(sbx_request_create(&request, world->endpoint, SBX_GET, route), SBX_OK);
    assert_status(sbx_request_prepare(request), SBX_OK);
    return request;
}

/* Waits as the handle asks for, until a transfer has ended. */
static CURL *drive_to_an_end(struct sbx_multi *multi, struct sbx_poller *poller, CURLcode *code)
{
    CURL *ended;
    uint64_t hung_at = sbx_now_ms() + HANG_MS;
    while ((ended = sbx_multi_next_ended(multi, code)) == NULL) {
        struct sbx_poll_event events[8];
        uint64_t due_ms = sbx_multi_due_ms(multi);
        uint64_t now = sbx_now_ms();
        uint64_t until = due_ms == 0 || due_ms > hung_at ? hung_at : due_ms;
        size_t count = sbx_poller_wait(poller, events, COUNT(events), until > now ? (int)(until - now) : 0);
        for (size_t i = 0; i < count; i++) {
            sbx_multi_serve(multi, events[i]);
        }
        sbx_multi_serve_due(multi);
        assert_true(sbx_now_ms() < hung_at);
    }
    return ended;
}

static void transfer(struct world *world, struct sbx_multi *multi, struct sbx_poller *poller)
{
    CURLcode code = CURLE_FAILED_INIT;
    struct sbx_request *request = prepared(world, "/x");
    assert_status(sbx_multi_add(multi, request->easy), SBX_OK);
    assert_ptr_equal(drive_to_an_end(multi, poller, &code), request->easy);
    assert_int_equal(code, CURLE_OK);
    assert_null(sbx_multi_next_ended(multi, &code));
    sbx_multi_remove(multi, request->easy);
    sbx_request_conclude(request, code);
    assert_status(request->outcome, SBX_OK);
    assert_text(sbx_bytes_span(&request->reply), "/x");
    sbx_request_destroy(request);
}

static void test_transfers(void **state)
{
    struct world *world = *state;
    struct sbx_poller *poller;
    struct sbx_multi *multi;
    assert_status(sbx_poller_create(&poller), SBX_OK);
    assert_status(sbx_multi_create(&multi, poller, NULL), SBX_OK);
    assert_true(sbx_multi_due_ms(multi) == 0);
    transfer(world, multi, poller);
    transfer(world, multi, poller);
    assert_int_equal(server_connections(world->server), 1);
    sbx_multi_destroy(multi);
    assert_true(server_closed(world->server, 0));
    assert_status(sbx_multi_create(&multi, poller, NULL), SBX_OK);
    transfer(world, multi, poller);
    assert_int_equal(server_connections(world->server), 2);
    sbx_multi_destroy(multi);
    sbx_poller_destroy(poller);
    sbx_multi_destroy(NULL);
}

static void test_removed_under_way(void **state)
{
    struct world *world = *state;
    struct sbx_poller *poller;
    struct sbx_multi *multi;
    CURLcode code;
    assert_status(sbx_poller_create(&poller), SBX_OK);
    assert_status(sbx_multi_create(&multi, poller, NULL), SBX_OK);
    struct sbx_request *request = prepared(world, "/x");
    assert_status(sbx_multi_add(multi, request->easy), SBX_OK);
    sbx_multi_serve_due(multi);
    sbx_multi_remove(multi, request->easy);
    sbx_request_abandon(request, SBX_ECANCELED, "closed");
    assert_null(sbx_multi_next_ended(multi, &code));
    transfer(world, multi, poller); /* the others are none the worse for it */
    sbx_request_destroy(request);
    sbx_multi_destroy(multi);
    sbx_poller_destroy(poller);
}

static enum sbx_status create_and_destroy(void *user)
{
    struct sbx_multi *multi = NULL;
    enum sbx_status status = sbx_multi_create(&multi, user, NULL);
    sbx_multi_destroy(multi);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    struct sbx_poller *poller;
    assert_status(sbx_poller_create(&poller), SBX_OK);
    assert_int_equal(curl_global_init(CURL_GLOBAL_DEFAULT),
                     CURLE_OK); /* its first time is not ours to test */
    assert_in_range(allocations_fail_each(create_and_destroy, poller), 2, 100);
    sbx_poller_destroy(poller);
}

#define WORLD(function) cmocka_unit_test_setup_teardown(function, set_up, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_transfers),
        WORLD(test_removed_under_way),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
