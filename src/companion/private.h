/* private.h: the companion's private directory: that of the program, where the client has put it and it is this
 * user's alone; else the first of the usual places that can be made so. Contents that come in parts wait in it, each
 * in a directory of its own.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_PRIVATE_H
#define COMPANION_PRIVATE_H

#include "wire/wire.h"

/* The absolute path of the private directory, which is made if need be; empty: there is none. Static. */
struct sbx_span private_directory(void);

/* Opens the directory of such a path, whoever else may look into it. SBX_EPERM: it is none that private_directory
 * could have told. */
enum sbx_status private_open(const char *path, int *fd) SBX_CHECKED;

/* Whether an open directory is (still) this user's alone. */
bool private_is_alone(int fd);

/* What is kept in it. */
enum private_kind {
    PRIVATE_PROGRAM,  /* companion-HASH */
    PRIVATE_UPLOADED, /* companion-HASH.new-RANDOM, until its first run */
    PRIVATE_PARTS,    /* parts-RANDOM */
    PRIVATE_CLAIMED,  /* claimed-RANDOM: the same while they are committed */
    PRIVATE_BOX,      /* box-RANDOM: of one that stays (box.h) */
    PRIVATE_RUN,      /* run-RANDOM: the record of a supervised program */
    PRIVATE_INPUT,    /* input-RANDOM: what the program of run-RANDOM is to read, until it starts */
    PRIVATE_KINDS,
};

/* Whether the name is one of that kind. */
bool private_is(const char *name, enum private_kind kind);

#define PRIVATE_NAME_SIZE 32 /* bytes of the name of parts, claimed or not, with its NUL */

/* Gives the parts `name` of the private directory `fd` another name, `claimed`. From here on they are the caller's alone:
 * of a commit, the same one asked once more, the unstage of a client that has given up, and a sweep, one alone gets
 * them; SBX_ENOENT to the others. */
enum sbx_status private_claim(int fd, const char *name, char claimed[PRIVATE_NAME_SIZE]) SBX_CHECKED;

#endif
