/* show.h: what the command prints for an answer of the tool server.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_SHOW_H
#define COMMAND_SHOW_H

#include "program.h"

/* Prints the answer to a call and gives the exit code: as one line of JSON, or with --plain as what the
 * program in the sandbox wrote. */
int show_answer(struct program *program, struct span answer);

#endif
