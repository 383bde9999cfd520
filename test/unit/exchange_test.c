/* exchange_test.c: a request that the main thread performs: what is asked of it, what it tells of the reply, and what
 * becomes of either when the other has ended first.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/exchange.h"

#include "takeover.h"
#include "world.h"

struct fixture {
    struct sbx_engine *engine;
    struct sbx_endpoint *endpoint;
    struct probe probes[30];
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    const struct sbx_header headers[] = {{SBX_SPAN("X-Empty"), SBX_SPAN("")}};
    struct sbx_endpoint_options options = {.base_url = SBX_SPAN("http://sandbox-agent"),
                                           .token = SBX_SPAN("the-secret-token"),
                                           .headers = headers,
                                           .header_count = 1,
                                           .fetcher = 7};
    assert_non_null(fixture);
    fixture->engine = engine_start();
    assert_status(sbx_endpoint_create(&fixture->endpoint, &options), SBX_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    engine_end(fixture->engine);
    for (size_t i = 0; i < COUNT(fixture->probes); i++) {
        probe_clear(&fixture->probes[i]);
    }
    sbx_endpoint_unref(fixture->endpoint);
    free(fixture);
    return 0;
}

/* Submits a GET of `route` as probe `index`. */
static struct probe *submit(struct fixture *fixture, size_t index, const char *route)
{
    struct probe *probe = &fixture->probes[index];
    probe_init(probe, fixture->endpoint, SBX_GET, route);
    sbx_engine_submit(fixture->engine, &probe->task);
    return probe;
}

/* A reply begins that says no more of itself than this. */
static bool begin(struct sbx_exchange *exchange, long http_status, const char *type, int64_t length)
{
    return sbx_exchange_begin(
        exchange, &(struct sbx_reply_head){http_status, type, length, .redirect = {0}, .retry_after = -1});
}

/* The next exchange that is handed out; NULL: there is none. */
static struct sbx_exchange *take(struct fixture *fixture)
{
    struct sbx_queue taken;
    sbx_queue_init(&taken);
    sbx_engine_slice(fixture->engine);
    sbx_engine_take_exchanges(fixture->engine, &taken);
    struct sbx_link *link = sbx_queue_pop(&taken);
    assert_true(sbx_queue_empty(&taken));
    return link == NULL ? NULL : sbx_exchange_of(link);
}

/* The probe is back with `outcome`, and its exchange is over. */
static void assert_over(struct fixture *fixture, const struct probe *probe, struct sbx_exchange *exchange,
                        enum sbx_status outcome)
{
    struct sbx_queue done;
    assert_ptr_equal(take(fixture), exchange);
    assert_true(sbx_exchange_is_over(exchange));
    sbx_exchange_destroy(exchange);
    sbx_queue_init(&done);
    sbx_engine_take_done(fixture->engine, &done);
    assert_probe(probe, outcome);
}

static void test_asks_and_gives_back(void **state)
{
    static const char *const lines[][2] = {
        {"Accept", "application/json"}, {"X-Empty", ""}, {"Authorization", "Bearer the-secret-token"}};
    struct fixture *fixture = *state;
    struct sbx_header header;
    struct probe *probe = &fixture->probes[0];
    probe_init(probe, fixture->endpoint, SBX_GET, "/v1/fs/stat");
    probe->request->accept = "application/json";
    sbx_engine_submit(fixture->engine, &probe->task);
    struct sbx_exchange *exchange = take(fixture);
    assert_false(sbx_exchange_is_over(exchange));
    assert_int_equal(sbx_exchange_fetcher(exchange), 7);
    assert_string_equal(sbx_exchange_method(exchange), "GET");
    assert_string_equal(sbx_exchange_url(exchange), "http://sandbox-agent/v1/fs/stat");
    assert_null(sbx_exchange_body(exchange).data);
    for (size_t i = 0; i < COUNT(lines); i++) {
        assert_true(sbx_exchange_header(exchange, i, &header));
        assert_text(header.name, lines[i][0]);
        assert_text(header.value, lines[i][1]);
    }
    assert_false(sbx_exchange_header(exchange, COUNT(lines), &header));
    assert_true(begin(exchange, 200, "application/json; charset=x", -1));
    assert_true(sbx_exchange_append(exchange, SBX_SPAN("{\"a\"")));
    assert_true(sbx_exchange_append(exchange, SBX_SPAN(":1}")));
    sbx_exchange_finish(exchange);
    assert_false(sbx_exchange_append(exchange, SBX_SPAN("more")));
    assert_over(fixture, probe, exchange, SBX_OK);
    assert_text(sbx_bytes_span(&probe->request->reply), "{\"a\":1}");
    assert_int_equal(probe->request->http_status, 200);
}

static void test_limits(void **state)
{
    struct fixture *fixture = *state;
    struct probe *probe = submit(fixture, 0, "/large");
    probe->request->reply_max = 4;
    struct sbx_exchange *exchange = take(fixture);
    assert_true(begin(exchange, 200, "", -1));
    assert_true(sbx_exchange_append(exchange, SBX_SPAN("1234")));
    assert_false(sbx_exchange_append(exchange, SBX_SPAN("5")));
    assert_over(fixture, probe, exchange, SBX_EFBIG);

    probe = submit(fixture, 1, "/size"); /* its size is enough */
    probe->request->size_above = 10;
    exchange = take(fixture);
    assert_false(begin(exchange, 200, "", 11));
    assert_over(fixture, probe, exchange, SBX_EFBIG);
    assert_int_equal(probe->request->reply_length, 11);

    char room[4];
    probe = submit(fixture, 2, "/room");
    probe->request->room = room;
    probe->request->reply_max = sizeof(room);
    exchange = take(fixture);
    assert_true(begin(exchange, 200, "", 4));
    assert_true(sbx_exchange_append(exchange, SBX_SPAN("1234")));
    sbx_exchange_finish(exchange);
    assert_over(fixture, probe, exchange, SBX_OK);
    assert_memory_equal(room, "1234", 4);
}

/* A problem is kept as far as it is read, and is one all the same. */
static void test_long_problem(void **state)
{
    static char much[SBX_PROBLEM_MAX];
    struct fixture *fixture = *state;
    struct probe *probe = submit(fixture, 0, "/problem");
    struct sbx_exchange *exchange = take(fixture);
    memset(much, 'x', sizeof(much));
    assert_true(begin(exchange, 500, "text/plain", -1));
    assert_true(sbx_exchange_append(exchange, (struct sbx_span){much, sizeof(much)}));
    assert_false(sbx_exchange_append(exchange, SBX_SPAN("y")));
    assert_over(fixture, probe, exchange, SBX_OK);
    assert_int_equal(probe->request->http_status, 500);
    assert_int_equal(sbx_bytes_span(&probe->request->reply).length, SBX_PROBLEM_MAX);
}

/* Where a read was lost it is handed out a second time: that one, which fails too. */
static struct sbx_exchange *again(struct fixture *fixture, struct sbx_exchange *exchange, const char *code,
                                  bool expected)
{
    struct sbx_queue taken;
    if (!expected) {
        return exchange;
    }
    sbx_queue_init(&taken);
    sbx_engine_slice(fixture->engine);
    sbx_engine_take_exchanges(fixture->engine, &taken);
    struct sbx_exchange *second = sbx_exchange_of(sbx_queue_pop(&taken));
    assert_ptr_equal(sbx_exchange_of(sbx_queue_pop(&taken)), exchange);
    assert_true(sbx_exchange_is_over(exchange));
    sbx_exchange_destroy(exchange);
    sbx_exchange_fail(second, code, (char[]){"of the-secret-token"});
    return second;
}

static void test_failures(void **state)
{
    static const struct {
        const char *code;
        bool change;
        enum sbx_status status;
        bool sent;
    } cases[] = {
        {"ECONNREFUSED", false, SBX_ECONNREFUSED, false},
        {"ECONNREFUSED", true, SBX_ECONNREFUSED, false},
        {"UND_ERR_SOCKET", false, SBX_EIO, true},
        {"ENOTFOUND", false, SBX_EHOSTUNREACH, false},
        {"ETIMEDOUT", false, SBX_ETIMEDOUT, true},
        {"ETIMEDOUT", true, SBX_EIO, true},
        {"HPE_INVALID_CONSTANT", false, SBX_EPROTO, true},
        {"HPE_INVALID_CONSTANT", true, SBX_EIO, true},
        {"SELF_SIGNED_CERT_IN_CHAIN", true, SBX_EPROTO, false},
        {"", false, SBX_EIO, true},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char words[] = "of the-secret-token";
        struct probe *probe = submit(fixture, i, "/failure");
        probe->request->change = cases[i].change;
        probe->request->body = SBX_SPAN("body");
        struct sbx_exchange *exchange = take(fixture);
        sbx_exchange_fail(exchange, cases[i].code, words);
        sbx_exchange_finish(exchange); /* too late */
        exchange = again(fixture, exchange, cases[i].code, !cases[i].change && cases[i].status == SBX_EIO);
        assert_over(fixture, probe, exchange, cases[i].status);
        bool sent = probe->request->body_sent == probe->request->body.length;
        assert_true(sent == cases[i].sent);
        assert_null(strstr(probe->request->error, "token"));
        bool lost = cases[i].change && cases[i].status == SBX_EIO;
        assert_true(lost == (strstr(probe->request->error, "may have completed") != NULL));
    }
}

/* The exchange that asks again, now that the one before it is over. */
static struct sbx_exchange *take_again(struct fixture *fixture)
{
    struct sbx_exchange *again = NULL;
    for (int slices = 0; slices < 10000 && again == NULL; slices++) {
        struct sbx_queue taken;
        struct sbx_link *link;
        sbx_queue_init(&taken);
        sbx_engine_slice(fixture->engine);
        sbx_engine_take_exchanges(fixture->engine, &taken);
        while ((link = sbx_queue_pop(&taken)) != NULL) {
            struct sbx_exchange *exchange = sbx_exchange_of(link);
            again = sbx_exchange_is_over(exchange) ? again : exchange;
            if (exchange != again) {
                sbx_exchange_destroy(exchange);
            }
        }
    }
    assert_non_null(again);
    return again;
}

/* A redirect within the origin, and a server that wants a moment, are asked again as over curl; elsewhere nothing goes. */
static void test_repeats(void **state)
{
    static const struct sbx_reply_head heads[] = {
        {307, "", -1, {"http://sandbox-agent/new", 24}, -1}, {503, "", -1, {0}, 0}, {429, "", -1, {0}, 6}};
    struct fixture *fixture = *state;
    struct probe *probe = submit(fixture, 0, "/old");
    struct sbx_exchange *exchange = take(fixture);
    for (size_t i = 0; i < 2; i++) {
        assert_true(sbx_exchange_begin(exchange, &heads[i]));
        sbx_exchange_finish(exchange);
        exchange = take_again(fixture);
        assert_string_equal(sbx_exchange_url(exchange), "http://sandbox-agent/new");
    }
    assert_true(sbx_exchange_begin(exchange, &heads[2]));
    sbx_exchange_finish(exchange);
    assert_over(fixture, probe, exchange, SBX_OK);
    assert_int_equal(probe->request->http_status, 429);
}

static void test_redirect_elsewhere(void **state)
{
    const struct sbx_reply_head head = {302, "", -1, SBX_SPAN("http://elsewhere.test/new"), -1};
    struct fixture *fixture = *state;
    struct probe *probe = submit(fixture, 0, "/old");
    struct sbx_exchange *exchange = take(fixture);
    assert_true(sbx_exchange_begin(exchange, &head));
    sbx_exchange_finish(exchange);
    assert_over(fixture, probe, exchange, SBX_OK);
    assert_non_null(strstr(sbx_bytes_text(&probe->request->reply), "http://elsewhere.test:80"));
}

/* The deadline ends it while it is performed; what comes then is nobody's. */
static void test_deadline(void **state)
{
    struct fixture *fixture = *state;
    struct sbx_queue done;
    struct probe *probe = submit(fixture, 0, "/late");
    probe->request->timeout_ms = 20;
    struct sbx_exchange *exchange = take(fixture);
    assert_true(begin(exchange, 200, "", -1));
    sbx_queue_init(&done);
    drive(fixture->engine, 1, &done);
    assert_probe(probe, SBX_ETIMEDOUT);
    sbx_exchange_append(exchange, SBX_SPAN("late"));
    sbx_exchange_finish(exchange); /* it is over and on its way back at once */
    assert_ptr_equal(take(fixture), exchange);
    assert_true(sbx_exchange_is_over(exchange));
    sbx_exchange_destroy(exchange);
}

/* Neither those that nobody took nor those under way are left behind. */
static void test_close(void **state)
{
    struct fixture *fixture = *state;
    struct sbx_queue done;
    (void)submit(fixture, 0, "/taken");
    struct sbx_exchange *exchange = take(fixture);
    (void)submit(fixture, 1, "/not-taken");
    sbx_engine_slice(fixture->engine);
    sbx_engine_close(fixture->engine);
    sbx_queue_init(&done);
    drive(fixture->engine, 2, &done);
    assert_probe(&fixture->probes[0], SBX_ECANCELED);
    assert_probe(&fixture->probes[1], SBX_ECANCELED);
    assert_true(sbx_exchange_is_over(exchange));
}

/* The budget of connections holds for it as well. */
static void test_budget(void **state)
{
    struct fixture *fixture = *state;
    struct sbx_queue taken;
    struct sbx_link *link;
    size_t count = 0;
    for (size_t i = 0; i < COUNT(fixture->probes); i++) {
        (void)submit(fixture, i, "/many");
    }
    sbx_engine_slice(fixture->engine);
    sbx_queue_init(&taken);
    sbx_engine_take_exchanges(fixture->engine, &taken);
    for (; (link = sbx_queue_pop(&taken)) != NULL; count++) {
        sbx_exchange_finish(sbx_exchange_of(link));
    }
    assert_int_equal(count, SBX_FILE_CONNECTIONS);
    sbx_engine_slice(fixture->engine); /* what had waited goes out, and what is over too */
    sbx_engine_take_exchanges(fixture->engine, &taken);
    for (count = 0; (link = sbx_queue_pop(&taken)) != NULL;) {
        struct sbx_exchange *exchange = sbx_exchange_of(link);
        count += sbx_exchange_is_over(exchange) ? 0 : 1;
        if (sbx_exchange_is_over(exchange)) {
            sbx_exchange_destroy(exchange);
        } else {
            sbx_exchange_fail(exchange, "", (char[]){"enough"});
        }
    }
    assert_int_equal(count, COUNT(fixture->probes) - SBX_FILE_CONNECTIONS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_asks_and_gives_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_long_problem, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_repeats, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_redirect_elsewhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_deadline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_close, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_budget, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
