/* supervise.c: see supervise.h. One thread, one poll: of a descriptor that tells signals, with the time that is left.
 *
 *     runs ── limit, or asked ──▶ told to end (SIGTERM) ── a second ──▶ killed, again and again ──▶ nothing is left
 *      └── the program ends by itself: over, whatever it left behind
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "companion/record.h"
#include "companion/start.h"
#include "companion/tree.h"

#define GRACE_MS 1000 /* that what is told to end has */
#define AGAIN_MS 5 /* between two looks for what is to be killed: a process may make another one meanwhile */
#define GIVE_UP_MS 10000 /* what cannot be killed for so long (it waits for a device) is left */

enum phase { RUNS, TOLD, KILLED };

struct options {
    const char *record; /* NULL: none */
    uint64_t limit_ms;  /* 0: none */
    struct start start;
};

struct supervision {
    enum phase phase;
    int signals;     /* owned; a signalfd */
    uint64_t due_ms; /* when the phase is over; 0: never */
    uint64_t give_up_ms;
    pid_t pid;
    bool has_ended;
    bool has_children; /* the program, or what descends from it */
    struct sbx_supervised state;
};

static uint64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- Ends ---------------------------------------------------------------------------------------------- */

static void note_end(struct supervision *it, int status)
{
    it->has_ended = true;
    it->state.ended_ms = clock_ms(CLOCK_REALTIME);
    if (WIFSIGNALED(status)) {
        it->state.signal = (uint32_t)WTERMSIG(status);
    } else {
        it->state.exit_code = (uint32_t)WEXITSTATUS(status);
    }
}

static void reap(struct supervision *it)
{
    int status = 0;
    pid_t pid;
    do {
        pid = waitpid(-1, &status, WNOHANG);
        if (pid == it->pid) {
            note_end(it, status);
        }
    } while (pid > 0 || (pid < 0 && errno == EINTR));
    it->has_children = pid == 0;
}

static void enter(struct supervision *it, enum phase phase)
{
    uint64_t now = clock_ms(CLOCK_MONOTONIC);
    it->phase = phase;
    if (phase == TOLD) {
        (void)tree_signal(SIGTERM);
        (void)tree_signal(SIGCONT);
        it->due_ms = now + GRACE_MS;
        return;
    }
    (void)tree_signal(SIGSTOP); /* else what is killed first may be made anew by what is killed last */
    (void)tree_signal(SIGKILL);
    it->due_ms = now + AGAIN_MS;
}

static void end_tree(struct supervision *it, enum phase phase, enum sbx_end_reason reason)
{
    if (it->phase == RUNS && !it->has_ended) {
        it->state.reason = (uint8_t)reason;
    }
    if (phase > it->phase) {
        it->give_up_ms = clock_ms(CLOCK_MONOTONIC) + GRACE_MS + GIVE_UP_MS;
        enter(it, phase);
    }
}

/* The time of the phase is over. */
static void be_due(struct supervision *it)
{
    if (it->phase == RUNS) {
        end_tree(it, TOLD, SBX_END_LIMIT);
    } else {
        enter(it, KILLED);
    }
}

/* ---- The loop ------------------------------------------------------------------------------------------ */

static bool is_over(const struct supervision *it)
{
    if (it->phase == RUNS) {
        return it->has_ended;
    }
    return !it->has_children || clock_ms(CLOCK_MONOTONIC) > it->give_up_ms;
}

static void take_signals(struct supervision *it)
{
    struct signalfd_siginfo info;
    while (read(it->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGUSR1) {
            end_tree(it, KILLED, SBX_END_ASKED);
        } else if (info.ssi_signo != SIGCHLD) {
            end_tree(it, TOLD, SBX_END_ASKED);
        }
    }
}

/* ms until the phase is over; -1: never. */
static int time_left(const struct supervision *it)
{
    uint64_t now = clock_ms(CLOCK_MONOTONIC);
    if (it->due_ms == 0) {
        return -1;
    }
    uint64_t left = it->due_ms > now ? it->due_ms - now : 0;
    return left < INT32_MAX ? (int)left : INT32_MAX;
}

static void wait_for_end(struct supervision *it)
{
    for (reap(it); !is_over(it); reap(it)) {
        struct pollfd signals = {.fd = it->signals, .events = POLLIN};
        if (time_left(it) == 0) {
            be_due(it);
        }
        (void)poll(&signals, 1, time_left(it));
        take_signals(it);
    }
}

/* ---- The whole ----------------------------------------------------------------------------------------- */

/* A number of ms, and nothing else. */
static bool read_ms(const char *text, uint64_t *ms)
{
    char *end = NULL;
    errno = 0;
    *ms = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
}

/* Takes one option and what belongs to it. */
static bool take_option(char ***at, struct options *options)
{
    const char *option = (*at)[0];
    const char *value = (*at)[1];
    if (strcmp(option, "--terminal") == 0) {
        options->start.terminal = true;
        *at += 1;
        return true;
    }
    if (value == NULL) {
        return false;
    }
    *at += 2;
    if (strcmp(option, "--record") == 0) {
        options->record = value;
    } else if (strcmp(option, "--cwd") == 0) {
        options->start.cwd = value;
    } else {
        return strcmp(option, "--limit-ms") == 0 && read_ms(value, &options->limit_ms);
    }
    return true;
}

static bool take_options(char **arguments, struct options *options)
{
    *options = (struct options){.record = NULL};
    while (*arguments != NULL && strcmp(*arguments, "--") != 0) {
        if (!take_option(&arguments, options)) {
            return false;
        }
    }
    options->start.argv = *arguments == NULL ? NULL : arguments + 1;
    return options->start.argv != NULL && options->start.argv[0] != NULL;
}

/* Signals are read from a descriptor from here on. */
static bool watch_signals(struct supervision *it, sigset_t *before)
{
    static const int watched[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    sigset_t set;
    (void)sigemptyset(&set);
    for (size_t i = 0; i < sizeof(watched) / sizeof(*watched); i++) {
        (void)sigaddset(&set, watched[i]);
    }
    (void)signal(SIGTTOU, SIG_IGN); /* the terminal is the program's */
    (void)sigprocmask(SIG_BLOCK, &set, before);
    it->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return it->signals >= 0;
}

/* As the program ended; without a core of this process. */
static int end_alike(const struct sbx_supervised *state)
{
    sigset_t set;
    int signal_number = (int)state->signal;
    if (signal_number == 0) {
        return (int)state->exit_code;
    }
    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)signal(signal_number, SIG_DFL);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, signal_number);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
    (void)raise(signal_number);
    return 128 + signal_number;
}

static int run(struct supervision *it, const struct options *options, struct record *record)
{
    it->state.supervisor = (uint32_t)getpid();
    it->state.started_ms = clock_ms(CLOCK_REALTIME);
    if (!start_program(&options->start, &it->pid, &it->state)) {
        (void)!record_write(record, &it->state);
        return it->state.error == ENOENT && it->state.step == SBX_START_PROGRAM ? SUPERVISE_NO_PROGRAM
                                                                                : SUPERVISE_NOT_STARTED;
    }
    it->state.state = SBX_SUPERVISED_RUNS;
    it->state.pid = (uint32_t)it->pid;
    (void)!record_write(record, &it->state);
    it->due_ms = options->limit_ms == 0 ? 0 : clock_ms(CLOCK_MONOTONIC) + options->limit_ms;
    wait_for_end(it);
    it->state.state = SBX_SUPERVISED_ENDED;
    (void)!record_write(record, &it->state);
    return end_alike(&it->state);
}

int supervise(char **arguments)
{
    struct options options;
    struct record record;
    struct supervision it = {.phase = RUNS, .signals = -1};
    if (!take_options(arguments, &options)) {
        return SUPERVISE_USAGE;
    }
    if (record_open(&record, options.record) != SBX_OK) {
        return SUPERVISE_NO_RECORD;
    }
    if (!options.start.terminal) {
        (void)setsid(); /* fails for a leader of a group, whose terminal we have none of */
    }
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || !watch_signals(&it, &options.start.mask)) {
        return SUPERVISE_NO_RECORD;
    }
    return run(&it, &options, &record);
}
