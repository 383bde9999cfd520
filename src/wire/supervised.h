/* supervised.h: what the supervisor knows of its program, as the record beside it holds it.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_WIRE_SUPERVISED_H
#define SBX_WIRE_SUPERVISED_H

#include "wire/buf.h"
#include "wire/status.h"

enum sbx_supervised_state {
    SBX_SUPERVISED_RUNS = 1,
    SBX_SUPERVISED_ENDED,
    SBX_SUPERVISED_NOT_STARTED, /* at the cwd, or at the program itself: `error` says why */
    SBX_SUPERVISED_STATES,
};

/* What a start can fail at. */
enum sbx_start_step {
    SBX_START_PROCESS = 1, /* no process could be made */
    SBX_START_CWD,
    SBX_START_PROGRAM,
    SBX_START_STEPS,
};

/* Why the supervisor ended the program and all that descends from it. */
enum sbx_end_reason {
    SBX_END_ITSELF, /* it did not */
    SBX_END_LIMIT,  /* its time was over */
    SBX_END_ASKED,  /* it was told to */
    SBX_END_REASONS,
};

struct sbx_supervised {
    uint8_t state;       /* enum sbx_supervised_state */
    uint8_t step;        /* enum sbx_start_step, where it was not started */
    uint8_t reason;      /* enum sbx_end_reason, where it has ended */
    uint32_t error;      /* errno, where it was not started */
    uint32_t pid;        /* of the program, as the sandbox counts */
    uint32_t supervisor; /* likewise of the supervisor */
    uint32_t exit_code;  /* where it has ended and `signal` is 0 */
    uint32_t signal;     /* that ended it */
    uint64_t started_ms; /* since 1970 */
    uint64_t ended_ms;   /* likewise; 0 while it runs */
    uint64_t most;       /* bytes of a file of output; 0: there is none */
    bool incomplete;     /* a file of output could not be written to its end */
    uint64_t output;     /* bytes that came on standard output */
    uint64_t errors;     /* likewise on standard error */
};

#define SBX_SUPERVISED_LENGTH 64 /* bytes of a record */

/* What a snapshot begins with: a record, whose ended_ms is when it was made, and the lengths of both files of output,
 * which follow, that of standard error last. */
#define SBX_SNAPSHOT_HEAD (SBX_SUPERVISED_LENGTH + 16)
#define SBX_SNAPSHOT_FILE "snapshot"

/* Where the byte number `position` of a stream is in its file, of which `most` bytes are kept, and how many of those
 * behind it lie behind that place: the first half of the file is the stream's head, and what comes after that goes
 * round in the other half. `most`: 2 at least. */
uint64_t sbx_spool_place(uint64_t most, uint64_t position, uint64_t *room);

void sbx_supervised_encode(const struct sbx_supervised *supervised, struct sbx_writer *writer);

/* SBX_EPROTO: it is none. */
enum sbx_status sbx_supervised_decode(struct sbx_span record, struct sbx_supervised *supervised) SBX_CHECKED;

#endif
