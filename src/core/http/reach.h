/* reach.h: whether a sandbox that has answered is still there. Endpoints of one client count one of them; every request
 * notes in it how it ended.
 *
 * Gone is a sandbox that has answered once, and then nobody listens where it was, its host has no address any more, or
 * something else answers in its place: an edge of its provider that says so. A file that is not there is the server's own
 * word, and no such thing.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_HTTP_REACH_H
#define SBX_CORE_HTTP_REACH_H

#include <stdbool.h>

#include "wire/status.h"

struct sbx_reach;
struct sbx_request;

enum sbx_status sbx_reach_create(struct sbx_reach **reach) SBX_CHECKED;

/* NULL is allowed, in all that follow. */
struct sbx_reach *sbx_reach_ref(struct sbx_reach *reach);
void sbx_reach_unref(struct sbx_reach *reach);

/* A request ended: its outcome is in it, with the reply where it has one. */
void sbx_reach_note(struct sbx_reach *reach, const struct sbx_request *request);

bool sbx_reach_is_gone(const struct sbx_reach *reach);

#endif
