/* repeat_test.c: what is sent once more because the answer asks for it, and what is not.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "core/http/problem.h"
#include "world.h"

/* What the server answers to a request of "/asked": these, one after the other, then 200. */
struct turns {
    const char *answers[4]; /* status and header lines; "~" stands for the server's URL. NULL: 200 */
    size_t next;
    char body[16]; /* of the last request */
};

static struct turns turns;

static void write_answer(struct server *server, const char *answer, int fd)
{
    char head[512];
    const char *at = strchr(answer, '~');
    int before = at == NULL ? (int)strlen(answer) : (int)(at - answer);
    (void)snprintf(head, sizeof(head), "HTTP/1.1 %.*s%s%s\r\nContent-Length: 0\r\n\r\n", before, answer,
                   at == NULL ? "" : server_url(server), at == NULL ? "" : at + 1);
    (void)server_write(fd, head, strlen(head));
}

static bool answer(struct server *server, const struct asked *asked, int fd)
{
    bool scripted = strncmp(asked->target, "/asked", 6) == 0;
    const char *next = scripted && turns.next < COUNT(turns.answers) ? turns.answers[turns.next] : NULL;
    (void)snprintf(turns.body, sizeof(turns.body), "%.*s", (int)asked->body.length, asked->body.data);
    if (next == NULL) {
        return server_reply(fd, "200 OK", JSON, "{}");
    }
    turns.next++;
    write_answer(server, next, fd);
    return true;
}

static int set_up(void **state)
{
    turns = (struct turns){0};
    return world_start(state, answer, NULL);
}

static struct probe *ask(struct world *world, enum sbx_method method, const char *body)
{
    struct probe *probe = method == SBX_GET ? world_get(world, 0, "/asked?x=1")
                                            : world_change(world, 0, method, "/asked?x=1", body);
    world_run(world, probe);
    return probe;
}

static void assert_followed(struct world *world, const char *answer, const char *line)
{
    turns = (struct turns){.answers = {answer}};
    size_t before = server_count(world->server);
    assert_reply(ask(world, SBX_GET, NULL), "{}");
    assert_int_equal(server_count(world->server), before + 2);
    assert_string_equal(server_asked(world->server, before + 1), line);
}

static void test_follows_within_the_origin(void **state)
{
    struct world *world = *state;
    assert_followed(world, "307 X\r\nLocation: /there?y=2", "GET /there?y=2");
    assert_followed(world, "308 X\r\nLocation: ~/there", "GET /there");
    assert_followed(world, "301 X\r\nLocation: there/a%20b", "GET /there/a%20b");
    assert_followed(world, "302 X\r\nLocation: ?z", "GET /asked?z");
    assert_followed(world, "303 X\r\nLocation: /there", "GET /there");
}

static void test_changes_are_repeated_with_their_body(void **state)
{
    struct world *world = *state;
    static const enum sbx_method methods[] = {SBX_POST, SBX_PUT, SBX_DELETE};
    static const char *const lines[] = {"POST /there", "PUT /there", "DELETE /there"};
    for (size_t i = 0; i < COUNT(methods); i++) {
        const char *body = methods[i] == SBX_DELETE ? NULL : "content";
        turns = (struct turns){.answers = {"307 X\r\nLocation: /there"}};
        assert_reply(ask(world, methods[i], body), "{}");
        assert_int_equal(server_count_of(world->server, lines[i]), 1);
        assert_string_equal(turns.body, body == NULL ? "" : "content");
    }
}

/* The problem of a request whose redirect is not followed; nothing else was asked. */
static void assert_refused(struct world *world, enum sbx_method method, const char *answer, const char *words)
{
    struct sbx_problem problem;
    turns = (struct turns){.answers = {answer}};
    size_t before = server_count(world->server);
    struct probe *probe = ask(world, method, method == SBX_GET ? NULL : "content");
    sbx_problem_of(probe->request, &problem);
    assert_status(problem.status, SBX_EPROTO);
    if (strstr(problem.detail, words) == NULL) {
        fail_msg("\"%s\" says nothing of %s", problem.detail, words);
    }
    assert_null(strstr(problem.detail, "secret"));
    assert_int_equal(server_count(world->server), before + 1);
}

static void test_refuses_another_origin(void **state)
{
    struct world *world = *state;
    assert_refused(world, SBX_GET, "307 X\r\nLocation: http://other.example/?secret",
                   "a redirect to http://other.example:80 (HTTP status 307), which is not followed");
    assert_refused(world, SBX_GET, "302 X\r\nLocation: //other.example:81/secret",
                   "http://other.example:81 (");
    assert_refused(world, SBX_POST, "308 X\r\nLocation: https://other.example",
                   "https://other.example:443 (");
    assert_refused(world, SBX_GET, "307 X\r\nLocation: http://127.0.0.1:1/", "http://127.0.0.1:1 (");
    assert_refused(world, SBX_GET, "307 X\r\nLocation: http://secret@other.example/",
                   "http://other.example:80 (");
    assert_refused(world, SBX_GET, "307 X\r\nLocation: file:///etc/passwd", "no URL (");
}

/* Also not the same place with a name and a password in it, which would be sent. */
static void test_refuses_credentials(void **state)
{
    struct world *world = *state;
    char answer[200];
    (void)snprintf(answer, sizeof(answer), "307 X\r\nLocation: http://u:secret@127.0.0.1:%u/there",
                   server_port(world->server));
    assert_refused(world, SBX_GET, answer, "http://127.0.0.1:");
}

static void test_a_change_is_not_made_a_look(void **state)
{
    struct world *world = *state;
    assert_refused(world, SBX_POST, "302 X\r\nLocation: /there", "(HTTP status 302), which is not followed");
    assert_refused(world, SBX_PUT, "301 X\r\nLocation: /there", "(HTTP status 301), which is not followed");
    assert_refused(world, SBX_DELETE, "303 X\r\nLocation: /there",
                   "(HTTP status 303), which is not followed");
}

static bool answer_loop(struct server *server, const struct asked *asked, int fd)
{
    (void)asked;
    write_answer(server, "307 X\r\nLocation: /asked", fd);
    return true;
}

static int set_up_loop(void **state)
{
    return world_start(state, answer_loop, NULL);
}

static void test_a_circle_ends(void **state)
{
    struct world *world = *state;
    struct sbx_problem problem;
    sbx_problem_of(ask(world, SBX_GET, NULL)->request, &problem);
    assert_status(problem.status, SBX_EPROTO);
    assert_non_null(strstr(problem.detail, "twenty"));
    assert_int_equal(server_count(world->server), 21);
}

static void test_retries_once_after_a_moment(void **state)
{
    struct world *world = *state;
    static const char *const answers[] = {"503 X\r\nRetry-After: 0", "429 X\r\nRetry-After: 0",
                                          "503 X\r\nRetry-After: Thu, 01 Jan 1970 00:00:00 GMT"};
    for (size_t i = 0; i < COUNT(answers); i++) {
        size_t before = server_count(world->server);
        turns = (struct turns){.answers = {answers[i]}};
        assert_reply(ask(world, SBX_GET, NULL), "{}");
        assert_int_equal(server_count(world->server), before + 2);
        turns = (struct turns){.answers = {answers[i], answers[i], answers[i]}};
        assert_in_range(ask(world, SBX_GET, NULL)->request->http_status, 429, 503);
        assert_int_equal(server_count(world->server), before + 4);
    }
}

static void test_retries_not(void **state)
{
    struct world *world = *state;
    static const struct {
        enum sbx_method method;
        const char *answer;
    } cases[] = {
        {SBX_POST, "503 X\r\nRetry-After: 0"},   {SBX_PUT, "429 X\r\nRetry-After: 0"},
        {SBX_DELETE, "503 X\r\nRetry-After: 0"}, {SBX_GET, "503 X"},
        {SBX_GET, "503 X\r\nRetry-After: 6"},    {SBX_GET, "503 X\r\nRetry-After: 86400"},
        {SBX_GET, "502 X\r\nRetry-After: 0"},    {SBX_GET, "404 X\r\nRetry-After: 0"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t before = server_count(world->server);
        turns = (struct turns){.answers = {cases[i].answer}};
        struct probe *probe = ask(world, cases[i].method, cases[i].method == SBX_GET ? NULL : "x");
        assert_probe(probe, SBX_OK);
        assert_in_range(probe->request->http_status, 400, 599);
        assert_int_equal(server_count(world->server), before + 1);
    }
}

/* There is no time left for it. */
static void test_waits_within_its_deadline(void **state)
{
    struct world *world = *state;
    turns = (struct turns){.answers = {"503 X\r\nRetry-After: 5"}};
    struct probe *probe = world_get(world, 0, "/asked");
    probe->request->timeout_ms = 4000;
    world_run(world, probe);
    assert_int_equal(probe->request->http_status, 503);
    assert_int_equal(server_count(world->server), 1);
}

static bool has_answered(void *user)
{
    (void)user;
    return turns.next == 1;
}

static struct probe *begin_pause(struct world *world)
{
    turns = (struct turns){.answers = {"503 X\r\nRetry-After: 5"}};
    struct probe *probe = world_get(world, 0, "/asked");
    sbx_engine_submit(world->engine, &probe->task);
    drive_until(world->engine, has_answered, NULL);
    for (int i = 0; i < 100 && probe->request->repeat.pause.place == 0; i++) {
        sbx_engine_slice(world->engine);
    }
    assert_int_not_equal(probe->request->repeat.pause.place, 0);
    return probe;
}

static void test_is_taken_back_while_it_waits(void **state)
{
    struct world *world = *state;
    struct probe *probe = begin_pause(world);
    sbx_engine_cancel(probe->request);
    assert_int_equal(probe->request->repeat.pause.place, 0);
    assert_int_equal(probe->back, 0);
}

static void test_ends_with_the_engine_while_it_waits(void **state)
{
    struct world *world = *state;
    struct probe *probe = begin_pause(world);
    sbx_engine_close(world->engine);
    world_drive(world, 1);
    assert_probe(probe, SBX_ECANCELED);
    assert_int_equal(server_count(world->server), 1);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, world_end)
    const struct CMUnitTest tests[] = {
        TEST(test_follows_within_the_origin),
        TEST(test_changes_are_repeated_with_their_body),
        TEST(test_refuses_another_origin),
        TEST(test_refuses_credentials),
        TEST(test_a_change_is_not_made_a_look),
        cmocka_unit_test_setup_teardown(test_a_circle_ends, set_up_loop, world_end),
        TEST(test_retries_once_after_a_moment),
        TEST(test_retries_not),
        TEST(test_waits_within_its_deadline),
        TEST(test_is_taken_back_while_it_waits),
        TEST(test_ends_with_the_engine_while_it_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
