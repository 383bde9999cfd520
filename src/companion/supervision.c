/* supervision.c: see supervision.h. One thread, one poll: of a descriptor that tells signals and of the program's output,
 * with the time that is left.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/supervision.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "companion/snapshot.h"
#include "companion/tree.h"

#define GRACE_MS 1000 /* that what is told to end has */
#define AGAIN_MS 5 /* between two looks for what is to be killed: a process may make another one meanwhile */
#define GIVE_UP_MS 10000 /* what cannot be killed for so long (it waits for a device) is left */

#define DRAIN_MS 500   /* that output may come after the program has ended */
#define REWRITE_MS 100 /* between two records that differ in the bytes of output alone */

uint64_t supervision_clock_ms(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ms until then; -1: never. */
static int until(uint64_t due_ms)
{
    uint64_t now = supervision_clock_ms(CLOCK_MONOTONIC);
    if (due_ms == 0) {
        return -1;
    }
    uint64_t left = due_ms > now ? due_ms - now : 0;
    return left < INT32_MAX ? (int)left : INT32_MAX;
}

/* ---- Ends ---------------------------------------------------------------------------------------------- */

static void note_end(struct supervision *it, int status)
{
    it->has_ended = true;
    it->state.ended_ms = supervision_clock_ms(CLOCK_REALTIME);
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

static void do_nothing(void)
{
}

static void tell_to_end(void)
{
    (void)tree_signal(SIGTERM);
    (void)tree_signal(SIGCONT);
}

static void kill_all(void)
{
    (void)tree_signal(SIGSTOP); /* else what is killed first may be made anew by what is killed last */
    (void)tree_signal(SIGKILL);
}

static void enter(struct supervision *it, enum phase phase)
{
    static const struct {
        void (*act)(void);
        uint64_t lasts_ms;
    } phases[] = {
        [DRAINS] = {do_nothing, DRAIN_MS}, [TOLD] = {tell_to_end, GRACE_MS}, [KILLED] = {kill_all, AGAIN_MS}};
    it->phase = phase;
    phases[phase].act();
    it->due_ms = supervision_clock_ms(CLOCK_MONOTONIC) + phases[phase].lasts_ms;
}

static void end_tree(struct supervision *it, enum phase phase, enum sbx_end_reason reason)
{
    if (it->phase == RUNS && !it->has_ended) {
        it->state.reason = (uint8_t)reason;
    }
    if (phase > it->phase) {
        it->give_up_ms = supervision_clock_ms(CLOCK_MONOTONIC) + GRACE_MS + GIVE_UP_MS;
        enter(it, phase);
    }
}

/* The time of the phase is over. */
static void be_due(struct supervision *it)
{
    if (it->phase == RUNS) {
        end_tree(it, TOLD, SBX_END_LIMIT);
    } else if (it->phase != DRAINS) {
        enter(it, KILLED);
    }
}

/* ---- Output -------------------------------------------------------------------------------------------- */

static bool prints(const struct supervision *it)
{
    return it->relays[OUTPUT].from >= 0 || it->relays[ERRORS].from >= 0;
}

/* What is there, and what comes while it is passed on, but no more than a few pipes full: signals wait. */
static void pass_output(struct supervision *it)
{
    bool any = true;
    for (int round = 0; round < 16 && any; round++) {
        any = relay_pass(&it->relays[OUTPUT]);
        any = relay_pass(&it->relays[ERRORS]) || any;
        it->is_stale = it->is_stale || any;
    }
    it->state.output = it->relays[OUTPUT].total;
    it->state.errors = it->relays[ERRORS].total;
    it->state.incomplete = it->relays[OUTPUT].incomplete || it->relays[ERRORS].incomplete;
}

void supervision_write_record(struct supervision *it)
{
    (void)!record_write(&it->record, &it->state); /* without it whoever asks waits in vain, and says so */
    it->is_stale = false;
    it->rewrite_ms = supervision_clock_ms(CLOCK_MONOTONIC) + REWRITE_MS;
}

/* How much has come so far. */
static void rewrite_record(struct supervision *it)
{
    if (it->is_stale && supervision_clock_ms(CLOCK_MONOTONIC) >= it->rewrite_ms) {
        supervision_write_record(it);
    }
}

/* ---- The loop ------------------------------------------------------------------------------------------ */

static bool is_over(const struct supervision *it)
{
    switch (it->phase) {
    case RUNS:
        return false;
    case DRAINS:
        return !prints(it) || until(it->due_ms) == 0;
    case TOLD:
    case KILLED:
        break;
    }
    return !it->has_children || supervision_clock_ms(CLOCK_MONOTONIC) > it->give_up_ms;
}

static void take_signals(struct supervision *it)
{
    struct signalfd_siginfo info;
    while (read(it->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SNAPSHOT_SIGNAL) {
            it->is_asked = true;
        } else if (info.ssi_signo == SIGUSR1) {
            end_tree(it, KILLED, SBX_END_ASKED);
        } else if (info.ssi_signo == SIGUSR2) {
            feed_end(&it->feed);
        } else if (info.ssi_signo != SIGCHLD) {
            end_tree(it, TOLD, SBX_END_ASKED);
        }
    }
}

/* Until a signal or output comes, or something is due. */
static void wait_for_news(const struct supervision *it)
{
    struct pollfd news[] = {{.fd = it->signals, .events = POLLIN},
                            {.fd = it->relays[OUTPUT].from, .events = POLLIN},
                            {.fd = it->relays[ERRORS].from, .events = POLLIN},
                            {.fd = -1},
                            {.fd = -1}};
    feed_await(&it->feed, news + 1 + RELAYS);
    int left = until(it->due_ms);
    int stale = it->is_stale ? until(it->rewrite_ms) : -1;
    (void)poll(news, sizeof(news) / sizeof(*news), left < 0 || (stale >= 0 && stale < left) ? stale : left);
}

void supervision_wait(struct supervision *it)
{
    while (!is_over(it)) {
        wait_for_news(it);
        take_signals(it);
        reap(it);
        if (it->phase == RUNS && it->has_ended) {
            enter(it, DRAINS);
        } else if (until(it->due_ms) == 0) {
            be_due(it);
        }
        pass_output(it);
        feed_pass(&it->feed);
        rewrite_record(it);
        if (it->is_asked) {
            it->is_asked = false;
            snapshot_make(&it->record, &it->state);
        }
    }
    pass_output(it);
}
