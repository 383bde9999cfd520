/* replies_test.c: a reply counts only when it is whole, of the type that was asked for, and no longer than allowed.
 * What is none of that fails with a status and words, whatever the server sends.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/http/problem.h"
#include "world.h"

/* What the server writes next, byte for byte, and whether it closes the connection then. The bytes outlive the
 * test, for the server may still be at them when the client has seen enough. */
static struct {
    char bytes[2 << 20];
    size_t length;
    bool closes;
} canned;

static void can(struct sbx_span bytes, bool closes)
{
    assert_in_range(bytes.length, 0, sizeof(canned.bytes));
    if (bytes.length > 0) {
        memcpy(canned.bytes, bytes.data, bytes.length);
    }
    canned.length = bytes.length;
    canned.closes = closes;
}

static bool answer(struct server *server, const struct asked *asked, int fd)
{
    (void)server;
    (void)asked;
    return server_write(fd, canned.bytes, canned.length) && !canned.closes;
}

static int set_up(void **state)
{
    return world_start(state, answer, NULL);
}

/* A GET that asks for JSON of 1,000 bytes at most, answered with `bytes`. */
static struct probe *ask(struct world *world, const char *bytes, bool closes)
{
    can(span_of(bytes), closes);
    struct probe *probe = world_get(world, 0, "/");
    probe->request->accept = JSON;
    probe->request->reply_max = 1000;
    world_run(world, probe);
    return probe;
}

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

static void test_whole_replies(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *bytes;
        bool closes;
        const char *reply;
    } whole[] = {
        {HEAD "Content-Length: 2\r\n\r\n{}", false, "{}"},
        {HEAD "Content-Length: 2\r\n\r\n{}", true, "{}"},
        {HEAD "Content-Length: 0\r\n\r\n", false, ""},
        {HEAD "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", false, "{}"},
        {"HTTP/1.1 200 OK\r\ncontent-type: Application/JSON; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}",
         false, "{}"},
        {"HTTP/1.1 100 Continue\r\n\r\n" HEAD "Content-Length: 2\r\n\r\n{}", false, "{}"},
        {"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" HEAD "Content-Length: 2\r\n\r\n{}", false, "{}"},
        {"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", true, "{}"},
    };
    for (size_t i = 0; i < COUNT(whole); i++) {
        struct probe *probe = ask(world, whole[i].bytes, whole[i].closes);
        assert_reply(probe, whole[i].reply);
        assert_int_equal(probe->request->http_status, 200);
    }
}

static void test_short_replies(void **state)
{
    struct world *world = *state;
    static const char *const cut[] = {
        HEAD "Content-Length: 100\r\n\r\n{}",
        HEAD "Content-Length: 1\r\n\r\n",
        HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        HEAD "Transfer-Encoding: chunked\r\n\r\n9\r\n{}",
        "",
    };
    for (size_t i = 0; i < COUNT(cut); i++) {
        assert_probe(ask(world, cut[i], true), SBX_EIO);
    }
}

/* Without a length the end of the connection may be the end of the reply, or a loss. */
static void test_reply_that_does_not_say_its_length(void **state)
{
    struct world *world = *state;
    struct probe *probe = ask(world, HEAD "\r\n{}", true);
    assert_int_not_equal(probe->request->outcome, SBX_OK);
    assert_true(probe->request->error[0] != '\0');
}

static void test_wrong_types(void **state)
{
    struct world *world = *state;
    static const char *const wrong[] = {
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Type: application/jsonl\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json-seq\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Type: application/\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Type:\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 204 No Content\r\n\r\n",
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct probe *probe = ask(world, wrong[i], false);
        if (probe->request->outcome != SBX_EPROTO) {
            fail_msg("%s: %s", sbx_status_name(probe->request->outcome), wrong[i]);
        }
        assert_true(probe->request->error[0] != '\0');
    }
    can(SBX_SPAN("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n{}"), false);
    world_run(world, world_get(world, 0, "/")); /* one that asks for no type takes any */
    assert_reply(&world->probes[0], "{}");
}

static void test_what_is_no_http(void **state)
{
    struct world *world = *state;
    static const char *const wrong[] = {
        "220 mail.example.com ESMTP\r\n",
        "SSH-2.0-OpenSSH_9.2p1\r\n",
        "\x15\x03\x01\x00\x02\x02\x46",
        "{}",
        "HTTP/1.1 banana\r\n\r\n",
        "HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n",
        HEAD "Content-Length: banana\r\n\r\n{}",
        HEAD "Content-Length: -1\r\n\r\n{}",
        HEAD "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        HEAD "Content-Length: 99999999999999999999\r\n\r\n{}",
        HEAD "Transfer-Encoding: chunked\r\n\r\nbanana\r\n",
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct probe *probe = ask(world, wrong[i], true);
        enum sbx_status outcome = probe->request->outcome;
        assert_int_equal(probe->back, 1);
        if (outcome != SBX_EPROTO && outcome != SBX_EIO && outcome != SBX_EFBIG) {
            fail_msg("%s: %s", sbx_status_name(outcome), wrong[i]);
        }
        assert_true(probe->request->error[0] != '\0');
    }
}

static void test_replies_at_their_cap(void **state)
{
    struct world *world = *state;
    char bytes[4000];
    char body[1002];
    for (size_t length = 999; length <= 1001; length++) {
        enum sbx_status expected = length <= 1000 ? SBX_OK : SBX_EFBIG;
        memset(body, 'x', length);
        body[length] = '\0';
        (void)snprintf(bytes, sizeof(bytes), HEAD "Content-Length: %zu\r\n\r\n%s", length, body);
        assert_probe(ask(world, bytes, false), expected);
        (void)snprintf(bytes, sizeof(bytes), HEAD "Transfer-Encoding: chunked\r\n\r\n%zx\r\n%s\r\n0\r\n\r\n",
                       length, body);
        assert_probe(ask(world, bytes, false), expected);
    }
    /* A length beyond the cap is known at once: nobody waits for the bytes, nor makes room for them. */
    assert_probe(ask(world, HEAD "Content-Length: 1000000000000\r\n\r\nx", false), SBX_EFBIG);
}

static void assert_kept_short(struct world *world, const char *status_line)
{
    struct sbx_bytes bytes;
    char *body = malloc(1 << 20);
    memset(body, 'p', 1 << 20);
    sbx_bytes_init(&bytes, 2 << 20);
    sbx_bytes_append_text(&bytes, status_line);
    sbx_bytes_append_text(&bytes, "\r\nContent-Type: text/html\r\nContent-Length: 1048576\r\n\r\n");
    sbx_bytes_append(&bytes, (struct sbx_span){body, 1 << 20});
    for (int i = 0; i < 3; i++) { /* the connection is of use afterwards */
        struct probe *probe = ask(world, sbx_bytes_text(&bytes), false);
        assert_probe(probe, SBX_OK);
        assert_int_equal(probe->request->reply.length, SBX_PROBLEM_MAX);
        assert_memory_equal(probe->request->reply.data, body, SBX_PROBLEM_MAX);
    }
    sbx_bytes_clear(&bytes);
    free(body);
}

static void test_problems_are_kept_short(void **state)
{
    assert_kept_short(*state, "HTTP/1.1 502 Bad Gateway");
    assert_kept_short(*state, "HTTP/1.1 404 Not Found");
    assert_kept_short(*state, "HTTP/1.1 302 Found");
}

/* A redirect to another place is not followed: the token would go there. */
static void test_redirect_is_a_problem(void **state)
{
    struct world *world = *state;
    struct sbx_problem problem;
    static const char bytes[] =
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/other\r\nContent-Length: 0\r\n\r\n";
    struct probe *probe = ask(world, bytes, false);
    sbx_problem_of(probe->request, &problem);
    assert_status(problem.status, SBX_EPROTO);
    assert_int_equal(server_count(world->server), 1);
}

static void test_refused_connection(void **state)
{
    struct world *world = *state;
    struct sbx_endpoint *endpoint;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int bound =
        socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); /* bound and not listening: nobody else's either */
    assert_int_equal(bind(bound, (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(bound, (struct sockaddr *)&address, &length), 0);
    char url[64];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    struct sbx_endpoint_options options = {.base_url = span_of(url)};
    assert_status(sbx_endpoint_create(&endpoint, &options), SBX_OK);
    for (int i = 0; i < 4; i++) {
        struct probe *probe = &world->probes[i];
        probe_init(probe, endpoint, i % 2 == 0 ? SBX_GET : SBX_POST, "/");
        world_run(world, probe);
        assert_probe(probe, SBX_ECONNREFUSED); /* never "may have completed": nothing was sent */
        assert_non_null(strstr(probe->request->error, "127.0.0.1"));
    }
    sbx_endpoint_unref(endpoint);
    (void)close(bound);
}

static void test_host_without_a_name(void **state)
{
    struct world *world = *state;
    struct sbx_endpoint *endpoint;
    /* A label of more than 63 bytes: no name server is asked. */
    struct sbx_endpoint_options options = {
        .base_url =
            SBX_SPAN("http://xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.invalid")};
    assert_status(sbx_endpoint_create(&endpoint, &options), SBX_OK);
    probe_init(&world->probes[0], endpoint, SBX_GET, "/");
    world_run(world, &world->probes[0]);
    assert_probe(&world->probes[0], SBX_EHOSTUNREACH);
    sbx_endpoint_unref(endpoint);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_whole_replies),
        TEST(test_short_replies),
        TEST(test_reply_that_does_not_say_its_length),
        TEST(test_wrong_types),
        TEST(test_what_is_no_http),
        TEST(test_replies_at_their_cap),
        TEST(test_problems_are_kept_short),
        TEST(test_redirect_is_a_problem),
        TEST(test_refused_connection),
        TEST(test_host_without_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
