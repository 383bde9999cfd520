/* companion.h: what is known of a sandbox's companion: whether it can be had, where it is, and why not.
 *
 *     UNKNOWN ── found, it greeted ──▶ UP ── it is gone ──▶ UNKNOWN
 *        └────── it cannot run ──▶ OFF ── a minute later ──▶ UNKNOWN
 *
 * Another base URL is another sandbox, of which nothing is known. A file system has one, which its lanes share.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_COMPANION_COMPANION_H
#define SBX_CORE_COMPANION_COMPANION_H

#include "core/bytes.h"
#include "core/companion/distance.h"
#include "core/http/endpoint.h"
#include "wire/wire.h"

enum sbx_companion_state { SBX_COMPANION_UNKNOWN, SBX_COMPANION_UP, SBX_COMPANION_OFF };

struct sbx_companion_options {
    bool off;             /* it is not to be used */
    struct sbx_span path; /* where it is in the sandbox; empty: it is put there */
};

struct sbx_companion;

/* Copies the options. */
enum sbx_status sbx_companion_create(struct sbx_companion **companion,
                                     const struct sbx_companion_options *options) SBX_CHECKED;
struct sbx_companion *sbx_companion_ref(struct sbx_companion *companion);
void sbx_companion_unref(struct sbx_companion *companion);

/* Where the user says it is; empty: nowhere. Borrowed. */
struct sbx_span sbx_companion_path(const struct sbx_companion *companion);

/* Its state for the sandbox behind `endpoint`. */
enum sbx_companion_state sbx_companion_look(struct sbx_companion *companion, struct sbx_endpoint *endpoint);

/* It greeted from behind `endpoint`. SBX_ENOMEM: it is as unknown as before. */
enum sbx_status sbx_companion_is_up(struct sbx_companion *companion, struct sbx_endpoint *endpoint,
                                    const struct sbx_greeting *greeting) SBX_CHECKED;

/* It cannot be had there; asked again after a minute. */
void sbx_companion_is_off(struct sbx_companion *companion, struct sbx_endpoint *endpoint, const char *reason);

/* It is to be looked for again. `reason`: why there is none now. */
void sbx_companion_is_unknown(struct sbx_companion *companion, const char *reason);

/* Appends where the program is, while it is up. */
void sbx_companion_append_program(struct sbx_companion *companion, struct sbx_bytes *bytes);

/* Appends its private directory, where the records of supervised programs are; nothing where it has none. */
void sbx_companion_append_directory(struct sbx_companion *companion, struct sbx_bytes *bytes);

/* What it said of the sandbox: how many processors it has, and how many bytes of memory it had left; 0: not known. */
void sbx_companion_capacity(struct sbx_companion *companion, uint32_t *cores, uint64_t *free_memory);

/* It has answered from behind `endpoint`, after so long; of another sandbox than the one that it is known of, that says
 * nothing. */
void sbx_companion_answered(struct sbx_companion *companion, struct sbx_endpoint *endpoint, uint64_t took_ms);

/* How far away its sandbox is, as those answers tell. */
enum sbx_distance sbx_companion_distance(struct sbx_companion *companion);

/* A stream of the server behind `endpoint` came, or something on the way held it back. */
void sbx_companion_streamed(struct sbx_companion *companion, struct sbx_endpoint *endpoint, bool came);

/* Whether streams come from its sandbox, as far as is known: not where two in a row were held back. One alone may have been
 * late for this client was. */
bool sbx_companion_streams(struct sbx_companion *companion);

/* The state, without a look at the clock, and the reason for it: "" where it is up. */
enum sbx_companion_state sbx_companion_report(struct sbx_companion *companion, char *reason, size_t size);

#endif
