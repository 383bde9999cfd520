/* greeting.h: what the companion says of itself when a frame of the code SBX_FRAME_GREET asks: the version
 * of the format, the architecture, what it can do, what the sandbox has, and where the companion stands in
 * it. A later version may put more at its end; what is not known there is skipped.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_WIRE_GREETING_H
#define SBX_WIRE_GREETING_H

#include "wire/buf.h"
#include "wire/status.h"

#define SBX_WIRE_VERSION 4

enum sbx_architecture {
    SBX_ARCHITECTURE_OTHER,
    SBX_ARCHITECTURE_X64,
    SBX_ARCHITECTURE_ARM64,
};

#define SBX_GREETING_CODES 32 /* bytes: a bit for each code from 0 to 255 */

struct sbx_greeting {
    uint16_t version;      /* SBX_WIRE_VERSION of whoever greets */
    uint16_t architecture; /* enum sbx_architecture */
    uint32_t cores;        /* that the companion may use */
    uint64_t free_memory;  /* bytes */
    uint8_t codes[SBX_GREETING_CODES];
    struct sbx_span program;   /* borrowed; absolute path of the program that greets; empty: unknown */
    struct sbx_span directory; /* borrowed; likewise of its private directory; empty: it has none */
};

/* The codes of the table, as this program knows it. */
void sbx_greeting_set_codes(struct sbx_greeting *greeting);

/* Whether whoever greets knows the operation. */
bool sbx_greeting_knows(const struct sbx_greeting *greeting, unsigned code);

void sbx_greeting_encode(const struct sbx_greeting *greeting, struct sbx_writer *writer);

/* Its paths are borrowed from `payload`. SBX_EPROTO: it is none, or of another version; a path of it is not
 * absolute, has a NUL, or more than SBX_PATH_MAX bytes. */
enum sbx_status sbx_greeting_decode(struct sbx_span payload, struct sbx_greeting *greeting) SBX_CHECKED;

#endif
