/* snapshot.h: what a program that goes on has printed so far: a file beside its record, whole at any time
 * (wire/supervised.h says what is in it). The supervisor alone can make one, for it alone knows what the files of the
 * output hold at a moment; whoever wants one asks it by a signal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_SNAPSHOT_H
#define COMPANION_SNAPSHOT_H

#include <signal.h>

#include "companion/record.h"

#define SNAPSHOT_SIGNAL SIGIO

/* The supervisor: makes one, with `state` as it is at this moment. Where that fails there is the one before, or none. */
void snapshot_make(const struct record *record, const struct sbx_supervised *state);

/* Anyone else: has one made of the record `name` of the directory `private`, and waits for it. */
void snapshot_ask(int private, const char *name, const struct sbx_supervised *state);

#endif
