/* supervised.h: a program under the supervisor, which is the companion itself, under the sanitizers; its input and output
 * are pipes of the test.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_SUPERVISED_H
#define TEST_SUPERVISED_H

#include <stdbool.h>
#include <sys/types.h>

#include "wire/supervised.h"

#define RECORDS ".cache/agentos-sandbox/"
#define RECORD "run-0123456789abcdef"

struct child {
    pid_t pid;
    int input;
    int output;
};

/* Before a test changes the directory: false where it is not built. */
bool supervised_find_program(void);

/* Starts it; the words are those behind `supervise`, NULL ends them. */
struct child supervised_start(const char *const *words);
#define START(...) supervised_start((const char *const[]){__VA_ARGS__, NULL})

/* Becomes it. */
void supervised_exec(const char *const *words);

/* How it ended, as waitpid says; and closes its pipes. */
int supervised_await_end(const struct child *child);

/* Reads up to the first newline. */
void supervised_read_line(int fd, char *line, size_t size);
pid_t supervised_read_pid(int fd);

/* Whether it is there and no zombie. */
bool supervised_lives(pid_t pid);
void supervised_assert_gone(pid_t pid);

/* What RECORD says. */
struct sbx_supervised supervised_record(void);

/* 5 ms. */
void supervised_nap(void);

#endif
