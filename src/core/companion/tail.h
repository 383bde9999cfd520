/* tail.h: what a process prints, from the server's log of it: entry after entry, by their sequence, whether they come in
 * the server's stream or are asked for; and the frames that they are.
 *
 *     events ──▶ lines ──▶ entries ── in their order, none twice ──▶ bytes ──▶ frames
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_COMPANION_TAIL_H
#define SBX_CORE_COMPANION_TAIL_H

#include "core/bytes.h"
#include "wire/wire.h"

struct sbx_tail {
    struct sbx_bytes events; /* of the stream: what is not looked at yet */
    struct sbx_bytes bytes;  /* of the process: what is not taken yet */
    size_t taken;            /* of `bytes` */
    uint64_t last;           /* sequence of the last entry; the first is 1 */
};

void sbx_tail_init(struct sbx_tail *tail);
void sbx_tail_clear(struct sbx_tail *tail);

/* A stream begins. */
void sbx_tail_begin_events(struct sbx_tail *tail);

/* Adds a piece of the stream, which may end anywhere. */
void sbx_tail_add_events(struct sbx_tail *tail, struct sbx_span piece);

/* Looks at the whole lines that came; `*seen` becomes how many entries. SBX_EAGAIN: some are missing before the next one,
 * and have to be asked for; it waits where it is. SBX_EPROTO: they are no log; SBX_ENOMEM. */
enum sbx_status sbx_tail_read_events(struct sbx_tail *tail, size_t *seen) SBX_CHECKED;

/* Takes the entries of `reply`, the server's answer to a question for those after `last`. SBX_EAGAIN: some are gone for
 * good. SBX_EPROTO: it is no log; SBX_ENOMEM. */
enum sbx_status sbx_tail_read_reply(struct sbx_tail *tail, struct sbx_span reply) SBX_CHECKED;

/* The next frame, borrowed until something is added. SBX_EAGAIN: it is not all there; SBX_EPROTO. */
enum sbx_status sbx_tail_next(struct sbx_tail *tail, struct sbx_frame *frame) SBX_CHECKED;

#endif
