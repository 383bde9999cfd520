/* op_supervised.c: wait and end: a supervised program, by its record.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "companion/kernel.h"
#include "companion/open.h"
#include "companion/private.h"
#include "companion/record.h"
#include "companion/server.h"
#include "companion/snapshot.h"
#include "companion/supervision.h"

#define WAIT_MAX_MS 60000
#define LOOK_MAX_MS 20 /* between two looks, where nothing tells that there is news */

struct wait {
    const char *name;
    int private; /* owned */
    uint64_t since_ms;
    uint64_t due_ms;
    bool start;                   /* its start is enough */
    bool snapshot;                /* of what goes on one is made */
    struct sbx_supervised *state; /* borrowed */
};

static enum sbx_status open_private(const char *name, int *private)
{
    struct sbx_span path = private_directory();
    if (!private_is(name, PRIVATE_RUN)) {
        return SBX_EINVAL;
    }
    return path.length == 0 ? SBX_EACCES : private_open(path.data, private);
}

static uint64_t now_ms(void)
{
    return supervision_clock_ms(CLOCK_MONOTONIC);
}

/* For an eighth of what was waited so far, or until the supervisor, `process` (taken; -1: it cannot be told), ends. */
static void nap(const struct wait *wait, int process)
{
    struct pollfd end = {.fd = process, .events = POLLIN};
    uint64_t now = now_ms();
    uint64_t left = wait->due_ms > now ? wait->due_ms - now : 0;
    uint64_t look = 1 + (now - wait->since_ms) / 8;
    look = look < LOOK_MAX_MS ? look : LOOK_MAX_MS;
    (void)poll(&end, 1, (int)(process >= 0 || left < look ? left : look));
    if (process >= 0) {
        (void)close(process);
    }
}

/* Whether there is more to wait for. Where the supervisor is gone, and has not said how the program ended, nobody will:
 * SBX_ESRCH. */
static bool goes_on(const struct wait *wait, enum sbx_status *status, int *process)
{
    *process = -1;
    *status = record_read(wait->private, wait->name, wait->state);
    if (*status != SBX_OK || wait->state->state != SBX_SUPERVISED_RUNS) {
        return *status == SBX_ENOENT;
    }
    if (wait->start) {
        return false;
    }
    if (record_is_kept(wait->name, wait->state, process)) {
        return true;
    }
    *status = record_read(wait->private, wait->name, wait->state); /* its last word may have come meanwhile */
    *status = *status == SBX_OK && wait->state->state == SBX_SUPERVISED_RUNS ? SBX_ESRCH : *status;
    return false;
}

static enum sbx_status wait_for_end(const struct wait *wait)
{
    int process = -1;
    enum sbx_status status = SBX_OK;
    while (goes_on(wait, &status, &process)) {
        bool is_due = now_ms() >= wait->due_ms;
        nap(wait, process);
        if (is_due) {
            break;
        }
    }
    if (status == SBX_OK && wait->snapshot && wait->state->state == SBX_SUPERVISED_RUNS) {
        snapshot_ask(wait->private, wait->name, wait->state);
        status = record_read(wait->private, wait->name, wait->state); /* it may have ended meanwhile */
    }
    return status;
}

enum sbx_status op_wait(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    uint64_t most_ms = in->length < WAIT_MAX_MS ? in->length : WAIT_MAX_MS;
    struct wait wait = {.name = in->target.data,
                        .since_ms = now_ms(),
                        .state = &out->supervised,
                        .start = (in->flags & SBX_WAIT_START) != 0,
                        .snapshot = (in->flags & SBX_WAIT_SNAPSHOT) != 0};
    wait.due_ms = wait.since_ms + (server->alone ? most_ms : 0); /* among others it holds none of them up */
    enum sbx_status status = open_private(wait.name, &wait.private);
    return status == SBX_OK ? open_close(wait.private, wait_for_end(&wait)) : status;
}

/* SBX_ESRCH: nothing of it is left to end, or nobody who could. */
static enum sbx_status signal_supervisor(const char *name, int private, int signal_number)
{
    struct sbx_supervised state;
    int process = -1;
    enum sbx_status status = record_read(private, name, &state);
    if (status != SBX_OK) {
        return status;
    }
    if (!record_is_kept(name, &state, &process)) {
        return SBX_ESRCH;
    }
    status = kernel_signal(process, (pid_t)state.supervisor, signal_number);
    return process < 0 ? status : open_close(process, status);
}

/* There is no record of it: whoever comes with its name later finds that taken, and starts nothing (supervise.h). In its
 * place is one that says so, until it is swept. SBX_ENOENT: so it is. SBX_EAGAIN: it is being started this moment. */
static enum sbx_status forbid_start(const char *name)
{
    const struct sbx_supervised never = {
        .state = SBX_SUPERVISED_NOT_STARTED, .step = SBX_START_PROCESS, .error = SBX_ECANCELED};
    struct record record;
    enum sbx_status status = record_open(&record, name);
    if (status != SBX_OK) {
        return status == SBX_EEXIST ? SBX_EAGAIN : status;
    }
    (void)!record_write(&record, &never); /* without it the name is taken all the same */
    return open_close(record.directory, SBX_ENOENT);
}

enum sbx_status op_end(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server, (void)out;
    int private = -1;
    static const int signals[] = {
        [SBX_END_TELL] = SIGTERM, [SBX_END_KILL] = SIGUSR1, [SBX_END_INPUT] = SIGUSR2};
    if (in->mode >= sizeof(signals) / sizeof(*signals)) {
        return SBX_EINVAL;
    }
    enum sbx_status status = open_private(in->target.data, &private);
    if (status == SBX_OK) {
        status = open_close(private, signal_supervisor(in->target.data, private, signals[in->mode]));
    }
    bool ends = in->mode != SBX_END_INPUT;
    return status == SBX_ENOENT && ends ? forbid_start(in->target.data) : status;
}
