/* record.h: what a supervisor says of its program, where whoever asks for it later finds it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_RECORD_H
#define COMPANION_RECORD_H

#include "wire/supervised.h"

struct record {
    int directory; /* owned, until the end of the process; -1: nobody asks for it */
};

/* Makes the directory `name` in the private one; NULL: no record is kept. SBX_EINVAL: it is no name for one. */
enum sbx_status record_open(struct record *record, const char *name) SBX_CHECKED;

/* Opens what was put beside the record `name` for its program to read, and removes it; the caller's. */
enum sbx_status record_take_input(const char *name, int *fd) SBX_CHECKED;

/* Makes a file in it, for output, to be written; the caller's. */
enum sbx_status record_make(const struct record *record, const char *name, int *fd) SBX_CHECKED;

/* In one go: who reads it meanwhile has the old one or the new one, whole. */
enum sbx_status record_write(const struct record *record, const struct sbx_supervised *state) SBX_CHECKED;

/* Reads the record `name` of the directory `private`. SBX_ENOENT: it is not there, or was not written yet. */
enum sbx_status record_read(int private, const char *name, struct sbx_supervised *state) SBX_CHECKED;

/* Whether its supervisor is there: a process that was started with the record's name. `process`: NULL, or a descriptor
 * of it (kernel_process), the caller's; -1. */
bool record_is_kept(const char *name, const struct sbx_supervised *state, int *process);

#endif
