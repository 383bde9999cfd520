/* hash.c: XXH64 in stripes of 32 bytes, four lanes side by side.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/hash.h"

#define PRIME_1 0x9E3779B185EBCA87U
#define PRIME_2 0xC2B2AE3D27D4EB4FU
#define PRIME_3 0x165667B19E3779F9U
#define PRIME_4 0x85EBCA77C2B2AE63U
#define PRIME_5 0x27D4EB2F165667C5U
#define LANES 4

static uint64_t rotate(uint64_t number, unsigned bits)
{
    return number << bits | number >> (64U - bits);
}

/* Little-endian, whatever the machine. */
static uint32_t get32(const char *at)
{
    const unsigned char *byte = (const unsigned char *)at;
    return (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 | (uint32_t)byte[3] << 24;
}

static uint64_t get64(const char *at)
{
    return get32(at) | (uint64_t)get32(at + 4) << 32;
}

static uint64_t take_lane(uint64_t lane, uint64_t input)
{
    return rotate(lane + input * PRIME_2, 31) * PRIME_1;
}

void sbx_hash_init(struct sbx_hash *hash)
{
    *hash = (struct sbx_hash){.lanes = {PRIME_1 + PRIME_2, PRIME_2, 0, 0U - PRIME_1}};
}

void sbx_hash_take(struct sbx_hash *hash, struct sbx_span bytes)
{
    const char *at = bytes.data;
    for (size_t left = bytes.length; left >= SBX_HASH_STRIPE; left -= SBX_HASH_STRIPE) {
        for (size_t i = 0; i < LANES; i++) {
            hash->lanes[i] = take_lane(hash->lanes[i], get64(at + i * sizeof(uint64_t)));
        }
        at += SBX_HASH_STRIPE;
    }
    hash->length += bytes.length - bytes.length % SBX_HASH_STRIPE;
}

/* What the lanes make together; of less than a stripe they have seen nothing. */
static uint64_t join(const struct sbx_hash *hash)
{
    static const unsigned turns[LANES] = {1, 7, 12, 18};
    uint64_t joined = 0;
    if (hash->length == 0) {
        return PRIME_5;
    }
    for (size_t i = 0; i < LANES; i++) {
        joined += rotate(hash->lanes[i], turns[i]);
    }
    for (size_t i = 0; i < LANES; i++) {
        joined = (joined ^ take_lane(0, hash->lanes[i])) * PRIME_1 + PRIME_4;
    }
    return joined;
}

static uint64_t take_rest(uint64_t number, struct sbx_span rest)
{
    const char *at = rest.data;
    size_t left = rest.length;
    for (; left >= 8; at += 8, left -= 8) {
        number = rotate(number ^ take_lane(0, get64(at)), 27) * PRIME_1 + PRIME_4;
    }
    for (; left >= 4; at += 4, left -= 4) {
        number = rotate(number ^ (get32(at) * PRIME_1), 23) * PRIME_2 + PRIME_3;
    }
    for (; left > 0; at++, left--) {
        number = rotate(number ^ ((unsigned char)*at * PRIME_5), 11) * PRIME_1;
    }
    return number;
}

uint64_t sbx_hash_end(const struct sbx_hash *hash, struct sbx_span rest)
{
    uint64_t number = take_rest(join(hash) + hash->length + rest.length, rest);
    number = (number ^ number >> 33) * PRIME_2;
    number = (number ^ number >> 29) * PRIME_3;
    return number ^ number >> 32;
}

uint64_t sbx_hash_of(struct sbx_span bytes)
{
    struct sbx_hash hash;
    size_t whole = bytes.length - bytes.length % SBX_HASH_STRIPE;
    sbx_hash_init(&hash);
    sbx_hash_take(&hash, bytes);
    return sbx_hash_end(&hash, (struct sbx_span){bytes.data + whole, bytes.length - whole});
}
