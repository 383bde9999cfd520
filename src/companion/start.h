/* start.h: a program as a child of this process, and what was wrong where there is none.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_START_H
#define COMPANION_START_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "wire/supervised.h"

struct start {
    char **argv;     /* of the program, which is looked for as a shell does */
    const char *cwd; /* NULL: that of this process */
    bool
        terminal; /* it stays in this session and becomes what the terminal's keys reach; else a session of its own */
    sigset_t mask; /* signals that it has blocked */
    int output;    /* borrowed: its standard output; -1: that of this process */
    int input;     /* likewise its standard input */
    int errors;    /* likewise its standard error */
};

/* Starts it. It ends with this process. Where it cannot start, `failed` has its state, step and error, and false comes
 * back. */
bool start_program(const struct start *start, pid_t *pid, struct sbx_supervised *failed);

#endif
