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

/* The id, a JSON string, by which a program that goes on is asked for again; empty: the answer is of another kind. */
struct span show_id_of_running(struct program *program, struct span answer);

/* Says on stderr that the program goes on, and how to read on. */
void show_running(struct program *program, struct span id);

#endif
