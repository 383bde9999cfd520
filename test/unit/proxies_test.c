/* proxies_test.c: which proxy a URL is asked by, as Node's fetch chooses.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/proxies.h"

#include "support.h"

#define HTTP "http://proxy:1"
#define HTTPS "http://proxy:2"

static const struct {
    const char *none;
    const char *url;
    const char *proxy; /* "": none */
} cases[] = {
    {"", "http://h", HTTP},
    {"", "http://h:1/path", HTTP},
    {"", "https://h", HTTPS},
    {"", "HTTPS://h", HTTPS},
    {"*", "http://h", ""},
    {"*", "https://h", ""},
    {"h", "http://h", ""},
    {"h", "http://h:8080/a?b#c", ""},
    {"H", "http://h", ""},
    {"h", "http://H/", ""},
    {"h", "http://x.h", HTTP}, /* a name is not the end of one */
    {"h", "http://xh", HTTP},
    {".h", "http://x.h", ""},
    {"*.h", "http://x.h", ""},
    {"*h", "http://xh", ""},
    {".h", "http://h", HTTP},
    {".long.example", "http://e", HTTP},
    {"h:80", "http://h", ""},
    {"h:443", "http://h", HTTP},
    {"h:443", "https://h", ""},
    {"h:8080", "http://h:8080/x", ""},
    {"h:8080", "http://h:8081/x", HTTP},
    {".h:8080", "http://x.h:8080/x", ""},
    {"a,b\th  c", "http://h", ""},
    {", ,", "http://h", HTTP},
    {"other", "http://user:h@other/", ""},
    {"[::1]", "http://[::1]:8080/", ""},
    {"[::1]:8080", "http://[::1]:8080/", ""},
    {"[::1]:81", "http://[::1]:8080/", HTTP},
    {"127.0.0.1", "http://127.0.0.1:2468", ""},
    {"127.0.0.1:123456", "http://127.0.0.1", HTTP},
    {":80", "http://h", HTTP},
    {"h", "h", ""}, /* what is no URL is taken for a host */
};

static void test_choose(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sbx_proxies proxies = {SBX_SPAN(HTTP), SBX_SPAN(HTTPS), span_of(cases[i].none)};
        struct sbx_span proxy = sbx_proxies_choose(&proxies, span_of(cases[i].url));
        if (!sbx_span_equal(proxy, span_of(cases[i].proxy))) {
            fail_msg("%s without \"%s\": by \"%.*s\"", cases[i].url, cases[i].none, (int)proxy.length,
                     proxy.data == NULL ? "" : proxy.data);
        }
    }
}

static void test_https_as_http(void **state)
{
    (void)state;
    struct sbx_proxies proxies = {.http = SBX_SPAN(HTTP)};
    assert_text(sbx_proxies_choose(&proxies, SBX_SPAN("https://h")), HTTP);
    proxies = (struct sbx_proxies){.https = SBX_SPAN(HTTPS)};
    assert_text(sbx_proxies_choose(&proxies, SBX_SPAN("https://h")), HTTPS);
    assert_int_equal(sbx_proxies_choose(&proxies, SBX_SPAN("http://h")).length, 0);
}

static void test_none(void **state)
{
    (void)state;
    const struct sbx_proxies proxies = {0};
    assert_int_equal(sbx_proxies_choose(&proxies, SBX_SPAN("http://h")).length, 0);
    assert_int_equal(sbx_proxies_choose(&proxies, SBX_SPAN("")).length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choose),
        cmocka_unit_test(test_https_as_http),
        cmocka_unit_test(test_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
