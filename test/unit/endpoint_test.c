/* endpoint_test.c: what every request carries: no header can smuggle in a line, the token is the only
 * Authorization, and no secret is left in a text that was redacted.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/endpoint.h"

#include <stdio.h>

#include "support.h"
#include "takeover.h"

#define URL SBX_SPAN("http://127.0.0.1:2468")

static enum sbx_status create(struct sbx_endpoint **endpoint, struct sbx_span url, struct sbx_span token,
                              const struct sbx_header *headers, size_t count)
{
    struct sbx_endpoint_options options = {
        .base_url = url, .token = token, .headers = headers, .header_count = count};
    return sbx_endpoint_create(endpoint, &options);
}

static void assert_line(const struct sbx_endpoint *endpoint, size_t index, const char *line)
{
    assert_in_range(index, 0, sbx_endpoint_line_count(endpoint) - 1);
    assert_string_equal(sbx_endpoint_line(endpoint, index), line);
}

static void test_lines(void **state)
{
    (void)state;
    struct sbx_endpoint *endpoint;
    const struct sbx_header headers[] = {
        {SBX_SPAN("X-One"), SBX_SPAN("1")},
        {SBX_SPAN("X-Two"), SBX_SPAN("a: b; c")},
        {SBX_SPAN("X-Three"), SBX_SPAN("f\xc3\xbcr")},
    };
    assert_status(create(&endpoint, URL, SBX_SPAN("t0ken"), headers, 3), SBX_OK);
    assert_int_equal(sbx_endpoint_line_count(endpoint), 4);
    assert_line(endpoint, 0, "X-One: 1");
    assert_line(endpoint, 1, "X-Two: a: b; c");
    assert_line(endpoint, 2, "X-Three: f\xc3\xbcr");
    assert_line(endpoint, 3, "Authorization: Bearer t0ken");
    sbx_endpoint_unref(endpoint);
}

static void test_no_token_no_headers(void **state)
{
    (void)state;
    struct sbx_endpoint *endpoint;
    assert_status(create(&endpoint, URL, (struct sbx_span){0}, NULL, 0), SBX_OK);
    assert_int_equal(sbx_endpoint_line_count(endpoint), 0);
    sbx_endpoint_unref(endpoint);
    sbx_endpoint_unref(NULL);
}

static void test_token_replaces_authorization(void **state)
{
    (void)state;
    struct sbx_endpoint *endpoint;
    const struct sbx_header headers[] = {
        {SBX_SPAN("aUTHORIZATION"), SBX_SPAN("Basic abc")},
        {SBX_SPAN("Authorization2"), SBX_SPAN("kept")},
        {SBX_SPAN("Authorization"), SBX_SPAN("Bearer other")},
    };
    assert_status(create(&endpoint, URL, SBX_SPAN("mine"), headers, 3), SBX_OK);
    assert_int_equal(sbx_endpoint_line_count(endpoint), 2);
    assert_line(endpoint, 0, "Authorization2: kept");
    assert_line(endpoint, 1, "Authorization: Bearer mine");
    sbx_endpoint_unref(endpoint);
    assert_status(create(&endpoint, URL, (struct sbx_span){0}, headers, 1), SBX_OK);
    assert_line(endpoint, 0, "aUTHORIZATION: Basic abc"); /* without a token the client's own stays */
    sbx_endpoint_unref(endpoint);
}

/* "Name:" would take a header away from curl; ";" is its way to send an empty one. */
static void test_empty_value(void **state)
{
    (void)state;
    struct sbx_endpoint *endpoint;
    const struct sbx_header header = {SBX_SPAN("X-Empty"), SBX_SPAN("")};
    assert_status(create(&endpoint, URL, (struct sbx_span){0}, &header, 1), SBX_OK);
    assert_line(endpoint, 0, "X-Empty;");
    sbx_endpoint_unref(endpoint);
}

static void test_injection(void **state)
{
    (void)state;
    static const struct sbx_span bad[] = {
        SBX_SPAN("a\r\nX-Evil: 1"), SBX_SPAN("a\nX-Evil: 1"), SBX_SPAN("a\r"), SBX_SPAN("\n"),
        SBX_SPAN("a\0b"),           SBX_SPAN("\0"),
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct sbx_endpoint *endpoint = NULL;
        const struct sbx_header name = {bad[i], SBX_SPAN("value")};
        const struct sbx_header value = {SBX_SPAN("X-Name"), bad[i]};
        const struct sbx_header authorization = {SBX_SPAN("Authorization"), bad[i]};
        assert_status(create(&endpoint, URL, (struct sbx_span){0}, &name, 1), SBX_EINVAL);
        assert_status(create(&endpoint, URL, (struct sbx_span){0}, &value, 1), SBX_EINVAL);
        assert_status(create(&endpoint, URL, (struct sbx_span){0}, &authorization, 1), SBX_EINVAL);
        assert_status(create(&endpoint, URL, bad[i], NULL, 0), SBX_EINVAL);
        assert_null(endpoint);
    }
    struct sbx_endpoint *endpoint = NULL;
    const struct sbx_header nameless = {SBX_SPAN(""), SBX_SPAN("value")};
    assert_status(create(&endpoint, URL, (struct sbx_span){0}, &nameless, 1), SBX_EINVAL);
}

/* RFC 9110, 5.1: a name is a token. With any of these in it, another header would be sent than the one named. */
static void test_names_that_are_none(void **state)
{
    (void)state;
    static const struct sbx_span bad[] = {
        SBX_SPAN("X-Evil: 1, X"), SBX_SPAN("X Y"), SBX_SPAN(" X"), SBX_SPAN("X;"), SBX_SPAN("X\t"),
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct sbx_endpoint *endpoint = NULL;
        const struct sbx_header header = {bad[i], SBX_SPAN("value")};
        enum sbx_status status = create(&endpoint, URL, (struct sbx_span){0}, &header, 1);
        sbx_endpoint_unref(endpoint);
        if (status != SBX_EINVAL) {
            fail_msg("\"%.*s\" is no header's name", (int)bad[i].length, bad[i].data);
        }
    }
}

static void test_long_header(void **state)
{
    (void)state;
    struct sbx_endpoint *endpoint;
    char *content = malloc(100000);
    memset(content, 'a', 100000);
    struct sbx_header header = {SBX_SPAN("X"), {content, 60000}};
    assert_status(create(&endpoint, URL, (struct sbx_span){0}, &header, 1), SBX_OK);
    assert_int_equal(strlen(sbx_endpoint_line(endpoint, 0)), 60003);
    sbx_endpoint_unref(endpoint);
    header.value.length = 100000;
    assert_status(create(&endpoint, URL, (struct sbx_span){0}, &header, 1), SBX_EINVAL);
    free(content);
}

static const struct {
    const char *url;
    const char *base; /* NULL: refused */
} urls[] = {
    {"http://h", "http://h"},
    {"http://h/", "http://h"},
    {"http://h:1///", "http://h:1"},
    {"http://h/a//", "http://h/a"},
    {"https://h/a/b/", "https://h/a/b"},
    {"HTTPS://h", "HTTPS://h"},
    {"http://[::1]:8080/", "http://[::1]:8080"},
    {"", NULL},
    {"/", NULL},
    {"http://", NULL},
    {"https://", NULL},
    {"http:///", NULL},
    {"h:80", NULL},
    {"ftp://h", NULL},
    {"file:///etc/passwd", NULL},
    {"unix:/s", NULL},
    {"http://h\r\nX: y", NULL},
    {"http://h /", NULL},
    {"http://h/?q=1", NULL},
    {"http://h?q=1", NULL},
    {"http://h/#f", NULL},
    {"http://user@h", NULL},
    {"http://user:word@h/a", NULL},
    {"http://h/@a:b", "http://h/@a:b"},
};

static void test_base_url(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(urls); i++) {
        struct sbx_endpoint *endpoint = NULL;
        enum sbx_status status = create(&endpoint, span_of(urls[i].url), (struct sbx_span){0}, NULL, 0);
        assert_status(status, urls[i].base == NULL ? SBX_EINVAL : SBX_OK);
        if (urls[i].base != NULL) {
            assert_text(sbx_endpoint_base_url(endpoint), urls[i].base);
        }
        sbx_endpoint_unref(endpoint);
    }
    struct sbx_endpoint *endpoint = NULL;
    assert_status(create(&endpoint, SBX_SPAN("http://h\0x"), (struct sbx_span){0}, NULL, 0), SBX_EINVAL);
}

static void test_redacts(void **state)
{
    (void)state;
    struct sbx_endpoint *endpoint;
    const struct sbx_header headers[] = {
        {SBX_SPAN("X-Api-Key"), SBX_SPAN("key-123456")},
        {SBX_SPAN("X-Short"), SBX_SPAN("abc")}, /* too short to be a secret */
        {SBX_SPAN("X-Empty"), SBX_SPAN("")},
    };
    assert_status(create(&endpoint, URL, SBX_SPAN("sekret"), headers, 3), SBX_OK);
    char text[] = "sekretsekret, Bearer sekret; key-123456 abc sekre key-12345";
    sbx_endpoint_redact(endpoint, text);
    assert_string_equal(text, "************, Bearer ******; ********** abc sekre key-12345");
    char empty[] = "";
    sbx_endpoint_redact(endpoint, empty);
    sbx_endpoint_unref(endpoint);
}

static void test_redacts_authorization_of_headers(void **state)
{
    (void)state;
    struct sbx_endpoint *endpoint;
    const struct sbx_header header = {SBX_SPAN("authorization"), SBX_SPAN("bearer sekret")};
    assert_status(create(&endpoint, URL, (struct sbx_span){0}, &header, 1), SBX_OK);
    char text[] = "the token sekret is wrong";
    sbx_endpoint_redact(endpoint, text);
    assert_string_equal(text, "the token ****** is wrong");
    sbx_endpoint_unref(endpoint);
}

static void test_redacts_what_follows_a_scheme(void **state)
{
    (void)state;
    struct sbx_endpoint *endpoint;
    const struct sbx_header header = {SBX_SPAN("Authorization"), SBX_SPAN("Basic dXNlcjpwdw==")};
    assert_status(create(&endpoint, URL, (struct sbx_span){0}, &header, 1), SBX_OK);
    char text[] = "dXNlcjpwdw== is wrong, Basic is not";
    sbx_endpoint_redact(endpoint, text);
    assert_string_equal(text, "************ is wrong, Basic is not");
    sbx_endpoint_unref(endpoint);
}

static struct sbx_endpoint *through(const char *proxy)
{
    struct sbx_endpoint *endpoint = NULL;
    struct sbx_endpoint_options options = {.base_url = URL, .proxy = span_of(proxy)};
    assert_status(sbx_endpoint_create(&endpoint, &options), SBX_OK);
    return endpoint;
}

static void test_redacts_the_proxys_user(void **state)
{
    (void)state;
    static const struct {
        const char *proxy;
        const char *text;
        const char *redacted;
    } cases[] = {
        {"http://user:sekret@p:1", "user:sekret@p, sekret, user", "***********@p, ******, user"},
        {"user:sekret@p:1", "user:sekret@p", "***********@p"},
        {"http://u:s@ret@p", "u:s@ret@p s@ret", "*******@p *****"},
        {"http://token@p", "token@p", "*****@p"},
        {"http://p:8080", "http://p:8080", "http://p:8080"},
        {"", "http://p:8080", "http://p:8080"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[64];
        struct sbx_endpoint *endpoint = through(cases[i].proxy);
        assert_string_equal(sbx_endpoint_proxy(endpoint), cases[i].proxy);
        (void)snprintf(text, sizeof(text), "%s", cases[i].text);
        sbx_endpoint_redact(endpoint, text);
        assert_string_equal(text, cases[i].redacted);
        sbx_endpoint_unref(endpoint);
    }
}

/* Requests by another way are not the same requests. */
static void test_equal_by_the_same_way(void **state)
{
    (void)state;
    struct sbx_endpoint *endpoints[] = {through(""), through("http://p:1"), through("http://p:2"), NULL};
    struct sbx_endpoint_options options = {.base_url = URL, .unverified = true};
    assert_status(sbx_endpoint_create(&endpoints[3], &options), SBX_OK);
    assert_true(sbx_endpoint_is_unverified(endpoints[3]));
    for (size_t i = 0; i < COUNT(endpoints); i++) {
        for (size_t j = 0; j < COUNT(endpoints); j++) {
            assert_int_equal(sbx_endpoint_equal(endpoints[i], endpoints[j]), i == j);
        }
    }
    struct sbx_endpoint *again = through("http://p:1");
    assert_true(sbx_endpoint_equal(again, endpoints[1]));
    sbx_endpoint_unref(again);
    for (size_t i = 0; i < COUNT(endpoints); i++) {
        sbx_endpoint_unref(endpoints[i]);
    }
    options = (struct sbx_endpoint_options){.base_url = URL, .proxy = SBX_SPAN("http://p\r\nX: y")};
    assert_status(sbx_endpoint_create(&again, &options), SBX_EINVAL);
}

static void test_copies_its_options(void **state)
{
    (void)state;
    struct sbx_endpoint *endpoint;
    char url[] = "http://h";
    char token[] = "t0ken";
    char value[] = "value";
    const struct sbx_header header = {SBX_SPAN("X"), span_of(value)};
    assert_status(create(&endpoint, span_of(url), span_of(token), &header, 1), SBX_OK);
    memset(url, 'x', sizeof(url));
    memset(token, 'x', sizeof(token));
    memset(value, 'x', sizeof(value));
    assert_text(sbx_endpoint_base_url(endpoint), "http://h");
    assert_line(endpoint, 0, "X: value");
    assert_line(endpoint, 1, "Authorization: Bearer t0ken");
    sbx_endpoint_unref(endpoint);
}

static void test_counts_its_owners(void **state)
{
    (void)state;
    struct sbx_endpoint *endpoint;
    assert_status(create(&endpoint, URL, (struct sbx_span){0}, NULL, 0), SBX_OK);
    assert_ptr_equal(sbx_endpoint_ref(endpoint), endpoint);
    sbx_endpoint_unref(endpoint);
    assert_text(sbx_endpoint_base_url(endpoint), "http://127.0.0.1:2468"); /* the other owner's still */
    sbx_endpoint_unref(endpoint);
}

static enum sbx_status create_and_drop(void *user)
{
    (void)user;
    struct sbx_endpoint *endpoint = NULL;
    const struct sbx_header headers[] = {
        {SBX_SPAN("X-One"), SBX_SPAN("1")},
        {SBX_SPAN("Authorization"), SBX_SPAN("Basic abc")},
        {SBX_SPAN("X-Two"), SBX_SPAN("")},
    };
    enum sbx_status status = create(&endpoint, URL, SBX_SPAN("t0ken"), headers, 3);
    sbx_endpoint_unref(endpoint);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_in_range(allocations_fail_each(create_and_drop, NULL), 5, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_no_token_no_headers),
        cmocka_unit_test(test_token_replaces_authorization),
        cmocka_unit_test(test_empty_value),
        cmocka_unit_test(test_injection),
        cmocka_unit_test(test_names_that_are_none),
        cmocka_unit_test(test_long_header),
        cmocka_unit_test(test_base_url),
        cmocka_unit_test(test_redacts),
        cmocka_unit_test(test_redacts_authorization_of_headers),
        cmocka_unit_test(test_redacts_what_follows_a_scheme),
        cmocka_unit_test(test_redacts_the_proxys_user),
        cmocka_unit_test(test_equal_by_the_same_way),
        cmocka_unit_test(test_copies_its_options),
        cmocka_unit_test(test_counts_its_owners),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
