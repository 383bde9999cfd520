/* hash_test.c: the numbers that the specification of xxHash and its own program (xxh64sum) give.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/hash.h"

#include "support.h"

static void test_known(void **state)
{
    static const struct {
        struct sbx_span bytes;
        uint64_t hash;
    } cases[] = {
        {SBX_SPAN(""), 0xEF46DB3751D8E999U},
        {SBX_SPAN("a"), 0xD24EC4F1A98C6E5BU},
        {SBX_SPAN("abc"), 0x44BC2CF5AD770999U},
        {SBX_SPAN("Nobody inspects the spammish repetition"), 0xFBCEA83C8A378BF1U},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(sbx_hash_of(cases[i].bytes) == cases[i].hash);
    }
}

/* A content in pieces of whole stripes has the number of the whole; another byte anywhere makes another one. */
static void test_pieces(void **state)
{
    char bytes[1000];
    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(i * 7);
    }
    for (size_t length = 0; length < sizeof(bytes); length++) {
        struct sbx_hash hash;
        struct sbx_span whole = {bytes, length};
        size_t first = length / 2 - length / 2 % SBX_HASH_STRIPE;
        size_t rest = length % SBX_HASH_STRIPE;
        sbx_hash_init(&hash);
        sbx_hash_take(&hash, (struct sbx_span){bytes, first});
        sbx_hash_take(&hash, (struct sbx_span){bytes + first, length - first});
        uint64_t number = sbx_hash_end(&hash, (struct sbx_span){bytes + length - rest, rest});
        assert_true(number == sbx_hash_of(whole));
        if (length > 0) {
            bytes[length / 3] ^= 1;
            assert_false(number == sbx_hash_of(whole));
            bytes[length / 3] ^= 1;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_known), cmocka_unit_test(test_pieces)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
