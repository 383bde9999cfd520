/* resident.h: a companion that stays in the sandbox: the carriers `stream` and `poll`.
 *
 *     NONE ── many batches soon one after the other ──▶ GREETING ── near by, and it said so ──▶ STREAM, or POLL
 *      ▲                                                 │    ▲                                 │   │ the first doubt
 *      │                                                 │    └── needed again ─── ASLEEP ◀─idle┘   │
 *      └──── LEAVING ◀──────── idle, or not near by ─────┴──────────────────────────┘               │
 *               └◀──────────── nothing under way any more ───────────────────────────── RETIRING ◀──┘
 *
 * A batch leaves as the input of that process, and its replies are in the log of it: in the server's stream of that
 * (STREAM), or, where something between holds the stream back, in answers to questions for what is new (POLL).
 *
 * - Batches have numbers (wire/resident.h), so that one can be sent again where nobody knows whether it arrived.
 * - What takes long (SBX_ALONE), or much room (wire/resident.h), goes by `run`; so does all, while one waits for its answer unusually long.
 * - In doubt, reads are asked again by `run`. Of a change the log is asked until it says what became of it, or
 *   cannot: EIO then, as ever.
 * - 10 s after the last batch it sleeps: the stream is closed. (POLL: after 1 s.) All goes by `run` then, until the server
 *   has said that this process is still the one of its id. 55 s after the last batch it is ended; by itself it leaves after
 *   60 s. After a doubt, and where it is too far away, none is started for a minute.
 *
 * Thread: pool, but for create, destroy and the name.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_COMPANION_RESIDENT_H
#define SBX_CORE_COMPANION_RESIDENT_H

#include "core/companion/batch.h"
#include "wire/resident.h"

struct sbx_resident;

/* For a lane, which is borrowed with its companion; it counts the lane while there is a process. Thread: any. */
enum sbx_status sbx_resident_create(struct sbx_resident **resident, struct sbx_companion_lane *lane,
                                    struct sbx_companion *companion) SBX_CHECKED;
void sbx_resident_destroy(struct sbx_resident *resident);

/* What carries batches now: "run", "stream" or "poll". Static. Thread: any. */
const char *sbx_resident_carrier(const struct sbx_resident *resident);

/* Whether it is there, and so the sandbox near by. NULL is allowed. Thread: any. */
bool sbx_resident_is_near(const struct sbx_resident *resident);

/* Whether there is one, or may be. NULL is allowed. Thread: any. */
bool sbx_resident_stays(const struct sbx_resident *resident);

/* It is ended, and none is started any more: nobody asks from now on. NULL is allowed. */
void sbx_resident_leave(struct sbx_resident *resident);

/* `batch` was answered by `run`. NULL for `resident` is allowed. */
void sbx_resident_note_run(struct sbx_resident *resident, const struct sbx_batch *batch);

enum sbx_way { SBX_WAY_RUN, SBX_WAY_RESIDENT, SBX_WAY_LATER };

/* How the next batch goes, whose first ask is `first`. LATER: when one of those under way has been answered. NULL for
 * `resident` is allowed. */
enum sbx_way sbx_resident_way(const struct sbx_resident *resident, const struct sbx_ask *first);

/* Bytes of a batch that goes that way; no more than `most`. */
size_t sbx_resident_fill_max(const struct sbx_resident *resident, size_t most);

/* For batches whose `resident` is set. */
extern const struct sbx_carrier sbx_carrier_resident;

#endif
