/* request_test.c: what goes over the wire is what was asked: each byte of a path, of a name and of a body, and
 * no header that nobody meant. What comes back is kept up to its cap.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/request.h"

#include <stdio.h>

#include "drive.h"
#include "takeover.h"

/* ---- URLs --------------------------------------------------------------------------------------------- */

static struct sbx_request *make(const char *base_url, const char *route)
{
    struct sbx_endpoint *endpoint;
    struct sbx_request *request;
    struct sbx_endpoint_options options = {.base_url = span_of(base_url)};
    assert_status(sbx_endpoint_create(&endpoint, &options), SBX_OK);
    assert_status(sbx_request_create(&request, endpoint, SBX_GET, route), SBX_OK);
    sbx_endpoint_unref(endpoint); /* the request counts it as well */
    return request;
}

static void assert_url(struct sbx_request *request, const char *url)
{
    assert_text(sbx_bytes_span(&request->url), url);
    sbx_request_destroy(request);
}

static void test_url(void **state)
{
    (void)state;
    assert_url(make("http://h:1//", "/v1/fs/stat"), "http://h:1/v1/fs/stat");
    assert_url(make("https://h/prefix/", "/v1/x"), "https://h/prefix/v1/x");
}

static void test_query(void **state)
{
    (void)state;
    struct sbx_request *request = make("http://h", "/v1/fs/stat");
    sbx_request_query(request, "path", SBX_SPAN("/a b/+&?#%=\xc3\xa4\n\""));
    sbx_request_query(request, "tail", SBX_SPAN("7"));
    sbx_request_query(request, "empty", SBX_SPAN(""));
    assert_url(request, "http://h/v1/fs/stat?path=/a%20b/%2B%26%3F%23%25%3D%C3%A4%0A%22&tail=7&empty=");
}

static void test_segments(void **state)
{
    (void)state;
    static const struct {
        const char *segment;
        const char *url;
    } segments[] = {
        {"proc_1", "http://h/v1/processes/proc_1/stop"},
        {"..", "http://h/v1/processes/%2E%2E/stop"},
        {".", "http://h/v1/processes/%2E/stop"},
        {"a/b", "http://h/v1/processes/a%2Fb/stop"},
        {"../../fs", "http://h/v1/processes/%2E%2E%2F%2E%2E%2Ffs/stop"},
        {"a?b#c", "http://h/v1/processes/a%3Fb%23c/stop"},
        {"%2e", "http://h/v1/processes/%252e/stop"},
        {"\xc3\xa4\x7f\x01", "http://h/v1/processes/%C3%A4%7F%01/stop"},
        {"", "http://h/v1/processes//stop"},
    };
    for (size_t i = 0; i < COUNT(segments); i++) {
        struct sbx_request *request = make("http://h", "/v1/processes");
        sbx_request_segment(request, span_of(segments[i].segment), "/stop");
        assert_url(request, segments[i].url);
    }
}

static void test_url_too_long(void **state)
{
    (void)state;
    struct sbx_request *request = make("http://h", "/v1/fs/stat");
    char *path = malloc(70000);
    memset(path, 'a', 70000);
    sbx_request_query(request, "path", (struct sbx_span){path, 70000});
    sbx_request_query(request, "tail", SBX_SPAN("7"));
    assert_status(sbx_request_prepare(request), SBX_ENAMETOOLONG);
    sbx_request_destroy(request);
    free(path);
    sbx_request_destroy(NULL);
}

/* ---- On the wire ---------------------------------------------------------------------------------------- */

struct wire {
    struct server *server;
    struct sbx_engine *engine;
    struct sbx_endpoint *endpoint;
    char target[66000];
    char headers[4000];
    char *body; /* owned */
    size_t body_length;
};

/* Remembers the request, and answers "{}". */
static bool remember(struct server *server, const struct asked *asked, int fd)
{
    struct wire *wire = server_user(server);
    (void)snprintf(wire->target, sizeof(wire->target), "%s", asked->target);
    (void)snprintf(wire->headers, sizeof(wire->headers), "%s", asked->headers);
    free(wire->body);
    wire->body = malloc(asked->body.length + 1);
    memcpy(wire->body, asked->body.data, asked->body.length);
    wire->body_length = asked->body.length;
    return server_reply(fd, "200 OK", JSON, "{}");
}

static int set_up(void **state)
{
    struct wire *wire = calloc(1, sizeof(*wire));
    struct sbx_header header = {SBX_SPAN("X-Mine"), SBX_SPAN("a: b")};
    wire->server = server_start(remember, wire);
    wire->engine = engine_start();
    struct sbx_endpoint_options options = {.base_url = span_of(server_url(wire->server)),
                                           .token = SBX_SPAN("t0ken"),
                                           .headers = &header,
                                           .header_count = 1};
    assert_status(sbx_endpoint_create(&wire->endpoint, &options), SBX_OK);
    *state = wire;
    return 0;
}

static int tear_down(void **state)
{
    struct wire *wire = *state;
    engine_end(wire->engine);
    server_stop(wire->server);
    sbx_endpoint_unref(wire->endpoint);
    free(wire->body);
    free(wire);
    return 0;
}

/* How often a header is there. */
static size_t count_header(const struct wire *wire, const char *name)
{
    size_t count = 0;
    size_t length = strlen(name);
    const char *line = wire->headers;
    while (line != NULL && *line != '\0') {
        count += strncasecmp(line, name, length) == 0 && line[length] == ':';
        line = strstr(line, "\r\n");
        line = line == NULL ? NULL : line + 2;
    }
    return count;
}

static void assert_header(const struct wire *wire, const char *line)
{
    char ended[200];
    (void)snprintf(ended, sizeof(ended), "%s\r\n", line);
    if (strstr(wire->headers, ended) == NULL) {
        fail_msg("there is no \"%s\" in\n%s", line, wire->headers);
    }
}

static void send_probe(struct wire *wire, struct probe *probe)
{
    probe_run(probe, wire->engine);
    assert_probe(probe, SBX_OK);
    assert_int_equal(probe->request->http_status, 200);
    assert_text(sbx_bytes_span(&probe->request->reply), "{}");
    probe_clear(probe);
}

static void test_headers_of_a_get(void **state)
{
    struct wire *wire = *state;
    struct probe probe;
    probe_init(&probe, wire->endpoint, SBX_GET, "/v1/fs/stat");
    probe.request->accept = JSON;
    send_probe(wire, &probe);
    assert_string_equal(server_asked(wire->server, 0), "GET /v1/fs/stat");
    assert_header(wire, "Authorization: Bearer t0ken");
    assert_header(wire, "X-Mine: a: b");
    assert_header(wire, "Accept: application/json");
    assert_int_equal(count_header(wire, "Host"), 1);
    static const char *const absent[] = {"Content-Type", "Content-Length",  "Transfer-Encoding",
                                         "Expect",       "Accept-Encoding", "Cookie",
                                         "Upgrade"};
    for (size_t i = 0; i < COUNT(absent); i++) {
        assert_int_equal(count_header(wire, absent[i]), 0);
    }
}

static void test_segment_on_the_wire(void **state)
{
    struct wire *wire = *state;
    static const char *const ids[] = {"..", ".", "a/b", "../fs", "%2e%2e", "a?b"};
    static const char *const targets[] = {
        "/v1/processes/%2E%2E/stop",      "/v1/processes/%2E/stop",        "/v1/processes/a%2Fb/stop",
        "/v1/processes/%2E%2E%2Ffs/stop", "/v1/processes/%252e%252e/stop", "/v1/processes/a%3Fb/stop",
    };
    for (size_t i = 0; i < COUNT(ids); i++) {
        struct probe probe;
        probe_init(&probe, wire->endpoint, SBX_POST, "/v1/processes");
        sbx_request_segment(probe.request, span_of(ids[i]), "/stop");
        send_probe(wire, &probe);
        assert_string_equal(wire->target, targets[i]);
    }
}

/* Dots in a path of the file system are the query's, and no one takes them apart. */
static void test_query_on_the_wire(void **state)
{
    struct wire *wire = *state;
    struct probe probe;
    probe_init(&probe, wire->endpoint, SBX_GET, "/v1/fs/stat");
    sbx_request_query(probe.request, "path", SBX_SPAN("/a/../b/./c d#e%2e"));
    send_probe(wire, &probe);
    assert_string_equal(wire->target, "/v1/fs/stat?path=/a/../b/./c%20d%23e%252e");
}

static void test_bodies(void **state)
{
    struct wire *wire = *state;
    static const size_t lengths[] = {1, 2, 1000, 65536, 1000000, SBX_BODY_MAX};
    char *content = pattern(SBX_BODY_MAX);
    for (size_t i = 0; i < 2 * COUNT(lengths); i++) {
        struct probe probe;
        size_t length = lengths[i / 2];
        probe_init(&probe, wire->endpoint, i % 2 == 0 ? SBX_PUT : SBX_POST, "/v1/fs/file");
        probe_body(&probe, OCTETS, (struct sbx_span){content, length});
        send_probe(wire, &probe);
        assert_int_equal(wire->body_length, length);
        assert_memory_equal(wire->body, content, length);
        assert_header(wire, "Content-Type: application/octet-stream");
        assert_int_equal(count_header(wire, "Content-Type"), 1);
        assert_int_equal(count_header(wire, "Expect"), 0);
        assert_int_equal(count_header(wire, "Transfer-Encoding"), 0);
    }
    assert_string_equal(server_asked(wire->server, 0), "PUT /v1/fs/file");
    assert_string_equal(server_asked(wire->server, 1), "POST /v1/fs/file");
    free(content);
}

static void test_empty_bodies(void **state)
{
    struct wire *wire = *state;
    static const enum sbx_method methods[] = {SBX_PUT, SBX_POST, SBX_POST, SBX_DELETE};
    static const char *const lines[] = {"PUT /x", "POST /x", "POST /x", "DELETE /x"};
    for (size_t i = 0; i < COUNT(methods); i++) {
        struct probe probe;
        probe_init(&probe, wire->endpoint, methods[i], "/x");
        if (i < 2) {
            probe_body(&probe, OCTETS, SBX_SPAN(""));
        }
        send_probe(wire, &probe);
        assert_string_equal(server_asked(wire->server, i), lines[i]);
        assert_int_equal(wire->body_length, 0);
        assert_int_equal(count_header(wire, "Content-Type"), i < 2);
        assert_int_equal(count_header(wire, "Transfer-Encoding"), 0);
        assert_int_equal(count_header(wire, "Content-Length"), methods[i] != SBX_DELETE);
    }
}

static void test_empty_header_on_the_wire(void **state)
{
    struct wire *wire = *state;
    struct sbx_endpoint *endpoint;
    struct sbx_header header = {SBX_SPAN("X-Empty"), SBX_SPAN("")};
    struct sbx_endpoint_options options = {
        .base_url = span_of(server_url(wire->server)), .headers = &header, .header_count = 1};
    struct probe probe;
    assert_status(sbx_endpoint_create(&endpoint, &options), SBX_OK);
    probe_init(&probe, endpoint, SBX_GET, "/");
    send_probe(wire, &probe);
    assert_header(wire, "X-Empty:");
    assert_int_equal(count_header(wire, "Authorization"), 0);
    sbx_endpoint_unref(endpoint);
}

static void test_prefix_on_the_wire(void **state)
{
    struct wire *wire = *state;
    struct sbx_endpoint *endpoint;
    char url[100];
    (void)snprintf(url, sizeof(url), "%s/sandbox/7/", server_url(wire->server));
    struct sbx_endpoint_options options = {.base_url = span_of(url)};
    struct probe probe;
    assert_status(sbx_endpoint_create(&endpoint, &options), SBX_OK);
    probe_init(&probe, endpoint, SBX_GET, "/v1/health");
    send_probe(wire, &probe);
    assert_string_equal(wire->target, "/sandbox/7/v1/health");
    sbx_endpoint_unref(endpoint);
}

/* ---- No memory ------------------------------------------------------------------------------------------ */

static enum sbx_status make_and_prepare(void *user)
{
    struct sbx_request *request = NULL;
    enum sbx_status status = sbx_request_create(&request, user, SBX_PUT, "/v1/fs/file");
    if (status != SBX_OK) {
        return status;
    }
    sbx_request_query(request, "path", SBX_SPAN("/a b"));
    request->accept = JSON;
    request->body_type = OCTETS;
    request->body = SBX_SPAN("content");
    request->change = true;
    status = sbx_request_prepare(request);
    if (status != SBX_OK) {
        sbx_request_abandon(request, status, "no memory");
        assert_status(request->outcome, status);
    }
    sbx_request_destroy(request);
    return status;
}

static void test_no_memory(void **state)
{
    struct wire *wire = *state;
    assert_in_range(allocations_fail_each(make_and_prepare, wire->endpoint), 10, 200);
}

#define WIRE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_url),      cmocka_unit_test(test_query),
        cmocka_unit_test(test_segments), cmocka_unit_test(test_url_too_long),
        WIRE(test_headers_of_a_get),     WIRE(test_segment_on_the_wire),
        WIRE(test_query_on_the_wire),    WIRE(test_bodies),
        WIRE(test_empty_bodies),         WIRE(test_empty_header_on_the_wire),
        WIRE(test_prefix_on_the_wire),   WIRE(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
