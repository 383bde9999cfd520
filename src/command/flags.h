/* flags.h: the words of the command line.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_FLAGS_H
#define COMMAND_FLAGS_H

#include "program.h"

/* Sorts the words (without the program's own name) into the tool, our own --plain, --wait, --help and -h, and the
 * flags that go to the tool. EXIT_DONE, or what program_fail gave after the complaint. */
int flags_read(struct program *program, struct span *words, size_t count);

#endif
