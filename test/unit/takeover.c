/* takeover.c: stands between the code under test and what it calls. The names are the linker's: a call of malloc
 * goes to __wrap_malloc, and __real_malloc is the true one. scripts/unit.mk reads the names from here.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "takeover.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "support.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t length);
uint64_t __real_sbx_now_ms(void);
int __real_setsockopt(int fd, int level, int name, const void *value, socklen_t length);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t length);
uint64_t __wrap_sbx_now_ms(void);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t length);

static _Thread_local size_t until_failure; /* 0: none fails */
static _Thread_local bool later_fail;
static _Thread_local bool has_failed;
static _Thread_local bool is_paused;
static _Thread_local size_t acknowledged;
static _Atomic uint64_t ahead_ms;
static _Atomic uint64_t stopped_ms; /* 0: it goes */

static bool fails(void)
{
    if (is_paused || until_failure == 0 || --until_failure > 0) {
        return false;
    }
    until_failure = later_fail ? 1 : 0;
    has_failed = true;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    return fails() ? NULL : __real_reallocarray(old, count, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t length)
{
    return fails() ? NULL : __real_strndup(text, length);
}

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    int failed = __real_setsockopt(fd, level, name, value, length);
    acknowledged += level == IPPROTO_TCP && name == TCP_QUICKACK && failed == 0 ? 1 : 0;
    return failed;
}

size_t acknowledgements(void)
{
    return acknowledged;
}

uint64_t __wrap_sbx_now_ms(void)
{
    uint64_t stopped = atomic_load(&stopped_ms);
    return (stopped == 0 ? __real_sbx_now_ms() : stopped) + atomic_load(&ahead_ms);
}

void allocations_fail(size_t nth, bool later)
{
    has_failed = false;
    later_fail = later;
    until_failure = nth;
}

bool allocations_succeed(void)
{
    until_failure = 0;
    return has_failed;
}

void allocations_pause(bool paused)
{
    is_paused = paused;
}

static bool fail_one(enum sbx_status (*work)(void *user), void *user, size_t nth, bool later, bool strict)
{
    allocations_fail(nth, later);
    enum sbx_status status = work(user);
    bool failed = allocations_succeed();
    enum sbx_status expected = failed ? SBX_ENOMEM : SBX_OK;
    if (status != expected && (strict || !failed)) {
        fail_msg("allocation %zu%s %s: %s instead of %s", nth, later ? " and all after it" : "",
                 failed ? "failed" : "did not come", sbx_status_name(status), sbx_status_name(expected));
    }
    return failed;
}

static size_t fail_each(enum sbx_status (*work)(void *user), void *user, bool strict)
{
    size_t nth = 1;
    while (fail_one(work, user, nth, false, strict)) {
        (void)fail_one(work, user, nth, true, strict);
        nth++;
    }
    return nth - 1;
}

size_t allocations_fail_each(enum sbx_status (*work)(void *user), void *user)
{
    return fail_each(work, user, true);
}

size_t allocations_fail_each_loosely(enum sbx_status (*work)(void *user), void *user)
{
    return fail_each(work, user, false);
}

#define EXCHANGE_MIN_MS 100
#define EXCHANGE_MAX_MS 10000 /* below HANG_MS of drive.h */

static int exchange_limit_ms;

int exchange_ms(void)
{
    return exchange_limit_ms;
}

/* Whether it is to be run once more: nothing failed, and yet it was too slow. */
static bool give_more_time(enum sbx_status status)
{
    bool more = status == SBX_ETIMEDOUT && exchange_limit_ms < EXCHANGE_MAX_MS;
    exchange_limit_ms = more ? exchange_limit_ms * 2 : exchange_limit_ms;
    return more;
}

size_t allocations_fail_each_in_exchange(enum sbx_status (*work)(void *user), void *user)
{
    size_t nth = 1;
    enum sbx_status status;
    exchange_limit_ms = EXCHANGE_MIN_MS;
    for (;;) {
        allocations_fail(nth, false);
        status = work(user);
        if (allocations_succeed()) {
            nth++;
        } else if (!give_more_time(status)) {
            break;
        }
    }
    assert_status(status, SBX_OK);
    return nth - 1;
}

void clock_advance(uint64_t ms)
{
    atomic_fetch_add(&ahead_ms, ms);
}

void clock_stop(bool stopped)
{
    atomic_store(&stopped_ms, stopped ? __real_sbx_now_ms() : 0);
}
