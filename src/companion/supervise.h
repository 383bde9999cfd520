/* supervise.h: one program from its start to its end, with all that descends from it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_SUPERVISE_H
#define COMPANION_SUPERVISE_H

#include <stdbool.h>

/* supervise [--record NAME [--spool BYTES]] [--cwd PATH] [--limit-ms N] [--detach] [--no-input | --input | --feed]
 *           [--terminal [--columns N --rows N]] -- PROGRAM ARGUMENT…
 *
 *   --record    run-RANDOM: a directory of this name is made in the private one; its file "state" is the record
 *               (wire/supervised.h), whole at any time
 *   --spool     the program's output is kept there too, so many bytes of each stream (relay.h): at its end the record
 *               says how many there were, while it runs those of a moment ago
 *   --cwd       of the program
 *   --limit-ms  after which it is ended; 0: never
 *   --no-input  its standard input is empty; else that of this process
 *   --input     it is the file input-RANDOM beside the record, which goes at once
 *   --detach    this process ends at once, and another one goes on, without its streams
 *   --feed      it comes by way of this process: SIGUSR2 ends it behind what was written until then (feed.h)
 *   --terminal  standard input is one, and this process leads its session
 *   --columns   of the terminal, which has that size before the program starts
 *   --rows      likewise
 *
 * The program has standard input, output and error; spooled output comes by way of this process, so that what the
 * program left behind holds the output open for half a second at most. It runs in a session of its own, or in the terminal's, and this
 * process is the subreaper of all that descends from it. SIGTERM, SIGINT and SIGHUP to this process end all of that:
 * SIGTERM, and SIGKILL to what is left a second later; SIGUSR1: SIGKILL at once. SIGIO: a
 * snapshot of what was printed is made (snapshot.h). Where the program ends by itself,
 * what it left behind goes on.
 *
 * Returns the exit status: that of the program, whose signal this process dies of too; or one of those below. */
int supervise(char **arguments);

enum {
    SUPERVISE_USAGE = 64,
    SUPERVISE_NO_RECORD = 73,    /* the record cannot be made: nothing was started */
    SUPERVISE_NOT_STARTED = 126, /* the record says why */
    SUPERVISE_NO_PROGRAM = 127,  /* likewise: there is none of that name */
};

#endif
