/* reach.h: what is known of a sandbox from how requests to it end: whether it has started, whether it answers, whether it
 * is still there. Endpoints of one client count one of them; every request notes in it how it ended.
 *
 *     AWAITED  nothing was heard of it yet
 *     GOOD     it answers
 *     DOUBTED  a deadline was met, and nothing was heard meanwhile: the next operation sends a probe first
 *     PROBED   that probe is under way: others wait for it
 *     SILENT   it was not answered: for a second nothing is sent; then the next operation probes again
 *
 * Any answer makes it GOOD. So a deadline that says nothing about the sandbox (a write that hangs in a FIFO) costs the next
 * operation a round trip, and a sandbox that hangs costs it PROBE_MS in place of its whole time.
 *
 * Gone is a sandbox that has answered once, and then nobody listens where it was, its host has no address any more, or
 * something else answers in its place: an edge of its provider that says so, or refuses the URL (401 or 403 that are not
 * the server's). So is one that is SILENT. A file that is not there is the server's own word, and no such thing.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_HTTP_REACH_H
#define SBX_CORE_HTTP_REACH_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/span.h"
#include "wire/status.h"

#define SBX_PROBE_MS 2000 /* how long a probe may take */
#define SBX_LATE_MS 1000  /* how late its end may be noticed; without one after that, another one is sent */
#define SBX_SILENT_MS 1000

struct sbx_reach;
struct sbx_request;

enum sbx_status sbx_reach_create(struct sbx_reach **reach) SBX_CHECKED;

/* Makes *reach that of the sandbox at `url`: another one than that of another URL, which is given up. `reach` may be
 * NULL before; it is the caller's count. */
enum sbx_status sbx_reach_keep(struct sbx_reach **reach, struct sbx_span url) SBX_CHECKED;

/* NULL is allowed, in all that follow: nothing is known, and nothing noted. */
struct sbx_reach *sbx_reach_ref(struct sbx_reach *reach);
void sbx_reach_unref(struct sbx_reach *reach);

/* A request ended: its outcome is in it, with the reply where it has one. */
void sbx_reach_note(struct sbx_reach *reach, const struct sbx_request *request);

/* A deadline was met by what was asked at `asked_ms`: a doubt, unless something was heard since. */
void sbx_reach_doubt(struct sbx_reach *reach, uint64_t asked_ms);

/* What an operation that is about to begin does. */
enum sbx_reach_way {
    SBX_REACH_GO,
    SBX_REACH_PROBE, /* it sends a probe, and asks again when that has ended */
    SBX_REACH_WAIT,  /* it asks again in a moment: another one's probe is under way */
    SBX_REACH_FAIL,  /* it is not sent */
};

/* `silent_ms`: for how long nothing has been heard. */
enum sbx_reach_way sbx_reach_look(struct sbx_reach *reach, uint64_t *silent_ms);

/* The probe came back. Where nothing was heard by that: SBX_REACH_FAIL. */
enum sbx_reach_way sbx_reach_probed(struct sbx_reach *reach, uint64_t *silent_ms);

/* Whether it may yet start: nothing was ever heard of it, and the last attempt has found nobody where it is to be. */
bool sbx_reach_may_start(struct sbx_reach *reach);

/* Whether nothing was heard of it yet, and no doubt is known either. */
bool sbx_reach_is_awaited(struct sbx_reach *reach);

bool sbx_reach_is_gone(struct sbx_reach *reach);

#endif
