/* relay.h: what a program prints, kept in a file and passed on.
 *
 * Of a stream of more than `most` bytes the file keeps the first half of that and the last: the bytes after the head
 * go round in what is left of the file (wire/supervised.h says where what begins).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_RELAY_H
#define COMPANION_RELAY_H

#include <stdbool.h>

#include "wire/supervised.h"

/* The files of a record. */
#define RELAY_OUTPUT "output"
#define RELAY_ERRORS "errors"

struct relay {
    int from;       /* owned; the pipe's end that is read, which does not block; -1: it is over */
    int to;         /* borrowed */
    int file;       /* owned; -1: it could not be written any more */
    uint64_t most;  /* bytes of the file */
    uint64_t total; /* bytes that came */
    bool incomplete;
};

/* A pipe whose end `*into` is the program's, and whose other is passed on to `to`. It takes `file`. SBX_EMFILE and the
 * like: there is none, and `file` is closed. */
enum sbx_status relay_open(struct relay *relay, int file, uint64_t most, int to, int *into) SBX_CHECKED;

/* Passes on what is there; whether there was any. */
bool relay_pass(struct relay *relay);

#endif
