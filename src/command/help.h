/* help.h: readable text about the tools, made from what the tool server says of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_HELP_H
#define COMMAND_HELP_H

#include "program.h"

/* Prints the list of tools, or one tool's flags and examples where one was given; the exit code. */
int help_show(struct program *program);

/* The flags of the program's tool as the tool server describes them: an array of JSON, borrowed from
 * memory; empty where the server does not know the tool or cannot be asked. Complains of nothing. */
struct span help_flags(struct program *program);

#endif
