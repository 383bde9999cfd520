/* supervision.h: a program that runs, watched until it, or all that descends from it, has ended.
 *
 *     runs ── limit, or asked ──▶ told to end (SIGTERM) ── a second ──▶ killed, again and again ──▶ nothing is left
 *      └── the program ends by itself ──▶ drains: until its output ends, or half a second ──▶ over
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_SUPERVISION_H
#define COMPANION_SUPERVISION_H

#include <stdbool.h>
#include <sys/types.h>

#include "companion/feed.h"
#include "companion/record.h"
#include "companion/relay.h"

enum phase { RUNS, DRAINS, TOLD, KILLED };
enum { OUTPUT, ERRORS, RELAYS };

struct supervision {
    enum phase phase;
    int signals;     /* owned; a signalfd */
    uint64_t due_ms; /* when the phase is over; 0: never */
    uint64_t give_up_ms;
    pid_t pid;
    bool has_ended;
    bool has_children; /* the program, or what descends from it */
    struct sbx_supervised state;
    struct record record;
    bool is_asked;       /* for a snapshot */
    bool is_stale;       /* more output came than the record says */
    uint64_t rewrite_ms; /* when such a record is written again */
    struct relay relays[RELAYS];
    struct feed feed;
};

/* ms of the clock, CLOCK_MONOTONIC or CLOCK_REALTIME. */
uint64_t supervision_clock_ms(clockid_t clock);

/* Writes the record as it is now. */
void supervision_write_record(struct supervision *it);

/* Waits for the end. The program, `pid`, runs; `state` and `due_ms` are set, and signals come from `signals`. */
void supervision_wait(struct supervision *it);

#endif
