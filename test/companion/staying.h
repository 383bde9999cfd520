/* staying.h: a companion that stays, in a thread of the test: what it is told, and what it says.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_STAYING_H
#define TEST_STAYING_H

#include <pthread.h>

#include "scratch.h"
#include "wire/resident.h"

#define STAYING_NEVER_MS 60000
#define STAYING_HANG_MS 20000

extern struct staying {
    pthread_t thread;
    int to;   /* its input */
    int from; /* its output */
    int input;
    int output;
    int idle_ms;
    bool good;
    char box[SBX_PATH_MAX + 1]; /* the path that it told */
    struct sbx_frame heard;     /* the last answer, until the next one */
} staying;

void staying_begin(int idle_ms);

/* Its last word: the number of the last batch that it did. */
void staying_end(uint32_t done, bool good);

/* Cuts the next answer off what it says; false: it says no more. */
bool staying_hear(void);
void staying_hear_answer(uint32_t number, enum sbx_resident_code code);

void staying_tell(struct sbx_span bytes);

/* A batch of `frames`, into `writer`; `code`: of which kind. */
void staying_put_batch(struct sbx_writer *writer, uint16_t code, uint32_t number, struct sbx_span frames);

/* The frame of one operation, into `writer`; its id is 7. */
void staying_put_operation(struct sbx_writer *writer, enum sbx_op_code code, const struct sbx_args *args);

/* A batch that makes the directory `name`: into `writer`; told; and its answer, in which the only reply has `status`. */
void staying_put_mkdir(struct sbx_writer *writer, uint32_t number, const char *name);
void staying_ask_mkdir(uint32_t number, const char *name);
void staying_hear_mkdir(uint32_t number, enum sbx_status status);

#endif
