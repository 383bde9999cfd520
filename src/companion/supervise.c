/* supervise.c: see supervise.h. What is asked for, the start, and an end like the program's; supervision.c is what lies
 * between them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "companion/snapshot.h"
#include "companion/start.h"
#include "companion/supervision.h"

#define SPOOL_MIN 2 /* bytes: a head and a tail */

struct options {
    const char *record; /* NULL: none */
    uint64_t limit_ms;  /* 0: none */
    uint64_t spool;     /* bytes; 0: output is the program's own */
    bool no_input;
    bool input;
    bool detach;
    bool feed;
    uint64_t columns; /* of the terminal; 0: as it is */
    uint64_t rows;
    struct start start;
};

/* A number, and nothing else. */
static bool read_number(const char *text, uint64_t *number)
{
    char *end = NULL;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
}

/* Takes one option and what belongs to it. */
static bool take_option(char ***at, struct options *options)
{
    const char *option = (*at)[0];
    const char *value = (*at)[1];
    bool *flag = strcmp(option, "--terminal") == 0   ? &options->start.terminal
                 : strcmp(option, "--no-input") == 0 ? &options->no_input
                 : strcmp(option, "--input") == 0    ? &options->input
                 : strcmp(option, "--detach") == 0   ? &options->detach
                 : strcmp(option, "--feed") == 0     ? &options->feed
                                                     : NULL;
    if (flag != NULL) {
        *flag = true;
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
        uint64_t *number = strcmp(option, "--spool") == 0      ? &options->spool
                           : strcmp(option, "--limit-ms") == 0 ? &options->limit_ms
                           : strcmp(option, "--columns") == 0  ? &options->columns
                           : strcmp(option, "--rows") == 0     ? &options->rows
                                                               : NULL;
        return number != NULL && read_number(value, number);
    }
    return true;
}

static bool take_options(char **arguments, struct options *options)
{
    *options = (struct options){.start = {.input = -1, .output = -1, .errors = -1}};
    while (*arguments != NULL && strcmp(*arguments, "--") != 0) {
        if (!take_option(&arguments, options)) {
            return false;
        }
    }
    options->start.argv = *arguments == NULL ? NULL : arguments + 1;
    bool spools = options->spool > 0;
    bool can_spool = options->record != NULL && !options->start.terminal && options->spool >= SPOOL_MIN;
    return options->start.argv != NULL && options->start.argv[0] != NULL && (!spools || can_spool);
}

/* Signals are read from a descriptor from here on. */
static bool watch_signals(struct supervision *it, sigset_t *before)
{
    static const int watched[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SNAPSHOT_SIGNAL};
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

/* The program's output by way of this process, and kept; `ends` are what the program has. */
static enum sbx_status open_relays(struct supervision *it, struct start *start, uint64_t most)
{
    int file = -1;
    enum sbx_status status = record_make(&it->record, RELAY_OUTPUT, &file);
    if (status == SBX_OK) {
        status = relay_open(&it->relays[OUTPUT], file, most, STDOUT_FILENO, &start->output);
    }
    if (status == SBX_OK) {
        status = record_make(&it->record, RELAY_ERRORS, &file);
    }
    if (status == SBX_OK) {
        status = relay_open(&it->relays[ERRORS], file, most, STDERR_FILENO, &start->errors);
    }
    it->state.most = most;
    return status;
}

/* Standard input is empty. */
static bool close_input(void)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    bool done = null >= 0 && dup2(null, STDIN_FILENO) == STDIN_FILENO;
    if (null >= 0) {
        (void)close(null);
    }
    return done;
}

/* Goes on in a process that whoever started this one does not wait for, and holds none of its streams. */
static bool detach(void)
{
    pid_t pid = fork();
    if (pid > 0) {
        _exit(0);
    }
    return pid == 0 && close_input() && dup2(STDIN_FILENO, STDOUT_FILENO) == STDOUT_FILENO &&
           dup2(STDIN_FILENO, STDERR_FILENO) == STDERR_FILENO;
}

/* A terminal as large as asked for. */
static bool set_size(const struct options *options)
{
    struct winsize size = {.ws_col = (unsigned short)options->columns,
                           .ws_row = (unsigned short)options->rows};
    return options->columns == 0 || ioctl(STDIN_FILENO, TIOCSWINSZ, &size) == 0;
}

static bool prepare(struct supervision *it, struct options *options)
{
    if (options->detach && !detach()) {
        return false;
    }
    enum sbx_status status = record_open(&it->record, options->record);
    if (status == SBX_OK && options->spool > 0) {
        status = open_relays(it, &options->start, options->spool);
    }
    if (status == SBX_OK && options->input) {
        status =
            options->record == NULL ? SBX_EINVAL : record_take_input(options->record, &options->start.input);
    }
    if (status == SBX_OK && options->feed) {
        status = feed_open(&it->feed, &options->start.input);
    }
    if (status != SBX_OK || (options->no_input && !close_input()) || !set_size(options)) {
        return false;
    }
    if (!options->start.terminal) {
        (void)setsid(); /* fails for a leader of a group, whose terminal we have none of */
    }
    return prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 && watch_signals(it, &options->start.mask);
}

static void close_ends(struct start *start)
{
    if (start->input >= 0) {
        (void)close(start->input);
    }
    if (start->output >= 0) {
        (void)close(start->output);
        (void)close(start->errors);
    }
}

static int run(struct supervision *it, struct options *options)
{
    it->state.supervisor = (uint32_t)getpid();
    it->state.started_ms = supervision_clock_ms(CLOCK_REALTIME);
    bool started = start_program(&options->start, &it->pid, &it->state);
    close_ends(&options->start);
    if (!started) {
        supervision_write_record(it);
        return it->state.error == ENOENT && it->state.step == SBX_START_PROGRAM ? SUPERVISE_NO_PROGRAM
                                                                                : SUPERVISE_NOT_STARTED;
    }
    it->state.state = SBX_SUPERVISED_RUNS;
    it->state.pid = (uint32_t)it->pid;
    supervision_write_record(it);
    it->due_ms = options->limit_ms == 0 ? 0 : supervision_clock_ms(CLOCK_MONOTONIC) + options->limit_ms;
    supervision_wait(it);
    it->state.state = SBX_SUPERVISED_ENDED;
    supervision_write_record(it);
    return end_alike(&it->state);
}

int supervise(char **arguments)
{
    struct options options;
    struct supervision it = {
        .phase = RUNS, .signals = -1, .relays = {{.from = -1}, {.from = -1}}, .feed = {.from = -1, .to = -1}};
    if (!take_options(arguments, &options)) {
        return SUPERVISE_USAGE;
    }
    return prepare(&it, &options) ? run(&it, &options) : SUPERVISE_NO_RECORD;
}
