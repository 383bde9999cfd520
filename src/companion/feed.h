/* feed.h: a program's standard input by way of its supervisor, so that it can be ended: whoever writes it (the server)
 * cannot close it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_FEED_H
#define COMPANION_FEED_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "wire/status.h"

struct feed {
    int from;      /* borrowed: standard input, which does not block; -1: nothing more comes */
    int to;        /* owned: the pipe's end that is written, which does not block; -1: it is over */
    bool ends;     /* it is over when what is there by now has been passed on */
    size_t start;  /* of the bytes that were read and not yet written */
    size_t length; /* likewise */
};

/* A pipe whose end `*into` is the program's, fed from standard input. SBX_EMFILE and the like: there is none. */
enum sbx_status feed_open(struct feed *feed, int *into) SBX_CHECKED;

/* What to wait for before the next feed_pass: two of them. */
void feed_await(const struct feed *feed, struct pollfd news[2]);

/* Passes on what is there, as far as the program takes it. Where nobody reads any more the input is closed. */
void feed_pass(struct feed *feed);

/* Ends the program's input behind what was written until now. What is written later is refused. */
void feed_end(struct feed *feed);

#endif
