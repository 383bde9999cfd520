/* roots_test.c: certificates that are none add nothing and leave nothing behind. What is trusted, and what
 * is not, test/faults/https.test.mjs shows with real connections.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/http/roots.h"

#define BROKEN "-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n"

static void test_what_is_no_certificate(void **state)
{
    (void)state;
    static const struct sbx_span texts[] = {
        SBX_SPAN(""),       SBX_SPAN("no PEM at all\n"),   SBX_SPAN("-----BEGIN CERTIFICATE-----\n"),
        SBX_SPAN(BROKEN),   SBX_SPAN(BROKEN "x" BROKEN),   SBX_SPAN("-----BEGIN CERTIFICATE-----"),
        SBX_SPAN("\n\n\n"), SBX_SPAN("\0-----BEGIN CERT"),
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct sbx_roots *roots = NULL;
        assert_int_equal(sbx_roots_create(&roots, texts[i]), SBX_OK);
        assert_non_null(roots);
        sbx_roots_unref(roots);
    }
}

static void test_counts_its_owners(void **state)
{
    (void)state;
    struct sbx_roots *roots = NULL;
    assert_int_equal(sbx_roots_create(&roots, SBX_SPAN("")), SBX_OK);
    CURL *easy = curl_easy_init();
    assert_ptr_equal(sbx_roots_ref(roots), roots);
    sbx_roots_unref(roots);
    assert_int_equal(sbx_roots_use(roots, easy), CURLE_OK);
    curl_easy_cleanup(easy);
    sbx_roots_unref(roots);
    assert_null(sbx_roots_ref(NULL));
    sbx_roots_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_no_certificate),
        cmocka_unit_test(test_counts_its_owners),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
