/* script.h: a server that plays a script: which request comes next, and what is answered to it. What comes out of
 * turn, or asks for something else, is noted, and answered with 599.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_SCRIPT_H
#define TEST_SCRIPT_H

#include "server.h"

#define EXCHANGES_MAX 6

struct exchange {
    const char *asks;   /* "METHOD target"; NULL: the script's end */
    const char *sends;  /* the body; compared as JSON where it begins with '{'. NULL: an empty one */
    const char *status; /* NULL: it is never answered */
    const char *replies;
    size_t length; /* bytes of the reply, where it is no string; 0: its length as a string */
};

struct script {
    struct exchange exchanges[EXCHANGES_MAX + 1];
    size_t next;     /* of the exchanges; set to 0 to begin */
    char wrong[400]; /* what was wrong; "" where nothing was */
};

/* The answering function; the world's user is the script. */
bool script_answer(struct server *server, const struct asked *asked, int fd);

/* Begins `script`, which is copied, with these exchanges. */
void script_begin(struct script *script, const struct exchange *exchanges);

/* Fails the test, with `name`, where something was wrong or is missing. */
void script_check(const struct script *script, const char *name);

#endif
