/* supervised.c: see supervised.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "supervised.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "scratch.h"

#define ARGUMENTS 16
#define HANGS_MS 20000
#define STATE_FILE RECORDS RECORD "/state"

static char program[PATH_MAX];

void supervised_nap(void)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    (void)nanosleep(&pause, NULL);
}

void supervised_exec(const char *const *words)
{
    char *arguments[ARGUMENTS] = {program, strdup("supervise")};
    for (size_t i = 0; words[i] != NULL; i++) {
        arguments[i + 2] = strdup(words[i]);
    }
    (void)setenv("SBX_0", "of the user", 1);
    (void)execv(program, arguments);
    _exit(99);
}

struct child supervised_start(const char *const *words)
{
    int input[2];
    int output[2];
    assert_int_equal(pipe2(input, O_CLOEXEC), 0);
    assert_int_equal(pipe2(output, O_CLOEXEC), 0);
    struct child child = {fork(), input[1], output[0]};
    assert_true(child.pid >= 0);
    if (child.pid == 0) {
        (void)dup2(input[0], STDIN_FILENO);
        (void)dup2(output[1], STDOUT_FILENO);
        supervised_exec(words);
    }
    (void)close(input[0]);
    (void)close(output[1]);
    return child;
}

int supervised_await_end(const struct child *child)
{
    int status = 0;
    for (int waited_ms = 0; waitpid(child->pid, &status, WNOHANG) == 0; waited_ms += 5) {
        assert_true(waited_ms < HANGS_MS);
        supervised_nap();
    }
    (void)close(child->input);
    (void)close(child->output);
    return status;
}

void supervised_read_line(int fd, char *line, size_t size)
{
    size_t length = 0;
    while (length + 1 < size && read(fd, line + length, 1) == 1 && line[length] != '\n') {
        length++;
    }
    line[length] = '\0';
}

pid_t supervised_read_pid(int fd)
{
    char line[32];
    supervised_read_line(fd, line, sizeof(line));
    pid_t pid = (pid_t)strtol(line, NULL, 10);
    assert_true(pid > 0);
    return pid;
}

bool supervised_lives(pid_t pid)
{
    char path[64];
    char stat[128] = "";
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY);
    if (fd < 0 || read(fd, stat, sizeof(stat) - 1) <= 0) {
        return false;
    }
    (void)close(fd);
    return strstr(stat, ") Z ") == NULL;
}

void supervised_assert_gone(pid_t pid)
{
    for (int waited_ms = 0; supervised_lives(pid); waited_ms += 5) {
        assert_true(waited_ms < HANGS_MS);
        supervised_nap();
    }
}

struct sbx_supervised supervised_record(void)
{
    char bytes[100];
    struct sbx_supervised supervised = {0};
    int fd = open(STATE_FILE, O_RDONLY);
    ssize_t length = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));
    assert_true(length > 0);
    (void)close(fd);
    assert_status(sbx_supervised_decode((struct sbx_span){bytes, (size_t)length}, &supervised), SBX_OK);
    return supervised;
}

bool supervised_find_program(void)
{
    return realpath("build/test-companion/agentos-companion", program) != NULL;
}
