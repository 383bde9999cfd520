/* program.h: one run of the command: what it was told, and what every part of it needs: output, the one
 * way to complain, and asking the tool server.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_PROGRAM_H
#define COMMAND_PROGRAM_H

#include "buffer.h"

enum program_exit {
    EXIT_DONE = 0,
    EXIT_FAILED = 1, /* the tool failed, or could not be asked */
    EXIT_USAGE = 2,
    EXIT_GOES_ON = 75,    /* sysexits' "try again later": the program in the sandbox has not ended */
    EXIT_TIMED_OUT = 124, /* of timeout(1); only with --plain */
};

struct program {
    struct memory memory;
    struct span name;    /* its own: agentos-<toolkit> */
    struct span toolkit; /* which of the VM's it is the command of */
    struct span port;    /* of the tool server; empty where the VM has none */
    struct span tool;    /* empty until one was given */
    struct span *flags;  /* what the tool is sent, in memory */
    size_t flag_count;
    bool plain;
    bool help;
    bool wait; /* for the end of a program that goes on */
};

void program_write(uint32_t fd, struct span bytes);

/* Writes `<name> <tool>: <message>` to stderr. Always `exit`, for the caller to return. */
int program_fail(struct program *program, int exit, const char *message);

/* Asks the tool server: a POST of `body`, or a GET where that is empty. What it answered, one JSON object,
 * is in `answer`, borrowed from memory, where a newline follows it. NULL where all went well, else why not. */
const char *program_try(struct program *program, struct span path, struct span body, struct span *answer);

/* program_try with the complaint: EXIT_DONE, or what program_fail gave. */
int program_ask(struct program *program, struct span path, struct span body, struct span *answer);

/* Complains about an answer that is no success: what it says, and the exit code that its error means. */
int program_refused(struct program *program, struct span answer);

/* Does the answer say that all went well? */
bool program_succeeded(struct span answer);

#endif
