/* start.c: fork and exec. The child tells what failed, and at what, through a pipe that a successful exec closes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/start.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct failure {
    int step; /* enum sbx_start_step */
    int error;
};

static const int ignored[] = {SIGPIPE, SIGXFSZ, SIGTTOU};

static void take_terminal(void)
{
    (void)setpgid(0, 0);
    (void)tcsetpgrp(STDIN_FILENO, getpid());
}

static void restore_signals(const sigset_t *mask)
{
    for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++) {
        (void)signal(ignored[i], SIG_DFL);
    }
    (void)sigprocmask(SIG_SETMASK, mask, NULL);
}

/* The descriptor `from` as `to`; -1: it stays what it is. */
static void take_stream(int from, int to)
{
    if (from >= 0) {
        (void)dup2(from, to);
    }
}

/* The child: it does not come back. */
static void become(const struct start *start, int report)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (start->terminal) {
        take_terminal();
    } else {
        (void)setsid();
    }
    take_stream(start->input, STDIN_FILENO);
    take_stream(start->output, STDOUT_FILENO);
    take_stream(start->errors, STDERR_FILENO);
    restore_signals(&start->mask);
    struct failure failure = {.step = SBX_START_CWD};
    if (start->cwd == NULL || chdir(start->cwd) == 0) {
        (void)execvp(start->argv[0], start->argv);
        failure.step = SBX_START_PROGRAM;
    }
    failure.error = errno;
    (void)!write(report, &failure, sizeof(failure));
    _exit(1);
}

static bool fail(struct sbx_supervised *failed, struct failure failure)
{
    failed->state = SBX_SUPERVISED_NOT_STARTED;
    failed->step = (uint8_t)failure.step;
    failed->error = (uint32_t)failure.error;
    return false;
}

/* Nothing comes where it became the program. */
static bool read_failure(int report, struct failure *failure)
{
    ssize_t got;
    do {
        got = read(report, failure, sizeof(*failure));
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof(*failure);
}

bool start_program(const struct start *start, pid_t *pid, struct sbx_supervised *failed)
{
    int report[2];
    struct failure failure = {.step = SBX_START_PROCESS};
    if (pipe2(report, O_CLOEXEC) != 0) {
        failure.error = errno;
        return fail(failed, failure);
    }
    *pid = fork();
    if (*pid == 0) {
        become(start, report[1]);
    }
    failure.error = errno;
    (void)close(report[1]);
    bool has_failed = *pid < 0 || read_failure(report[0], &failure);
    (void)close(report[0]);
    if (has_failed && *pid > 0) {
        (void)waitpid(*pid, NULL, 0);
    }
    return has_failed ? fail(failed, failure) : true;
}
