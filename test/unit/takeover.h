/* takeover.h: what the linker lets a test take over: allocations that fail on demand, and a clock that can be
 * put forward; and see what passes.
 *
 * Failing allocations are those of our code and of the static libraries, in the calling thread alone.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_TAKEOVER_H
#define TEST_TAKEOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/status.h"

/* Lets the `nth` allocation from now on fail, counted from 1; with `later`, all after it as well. */
void allocations_fail(size_t nth, bool later);

/* Ends that; whether an allocation has failed. */
bool allocations_succeed(void);

/* While paused, no allocation fails, and none is counted: for what a test does within `work`, below. */
void allocations_pause(bool paused);

/* Runs `work` with its first allocation failing, then its second, and so on until none fails any more; each
 * once alone and once with all later ones. `work` must answer SBX_ENOMEM each time and SBX_OK at the end, and
 * hold nothing when it returns: the leak check at the end of the program sees to that.
 * Returns how many allocations there were. */
size_t allocations_fail_each(enum sbx_status (*work)(void *user), void *user);

/* The same where a failure may be survived: any status but a crash or a leak will do. */
size_t allocations_fail_each_loosely(enum sbx_status (*work)(void *user), void *user);

/* The same for `work` that waits for a server, and gives up after exchange_ms: libcurl forgets a socket that it has no
 * memory for. Each allocation fails once, alone. */
size_t allocations_fail_each_in_exchange(enum sbx_status (*work)(void *user), void *user);

/* Little at first, and more each time that it was too little for an exchange without a failure. */
int exchange_ms(void);

/* How often the calling thread has told a connection to acknowledge at once what came. */
size_t acknowledgements(void);

/* Puts the clock of the code under test forward. */
void clock_advance(uint64_t ms);

/* Stops it, so that it goes by clock_advance alone; or lets it go on. */
void clock_stop(bool stopped);

#endif
