/* poller_epoll_test.c: many descriptors behind one: what is watched is told, what is no longer watched is not, and a
 * wake is told once, from any thread.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/http/poller.h"
#include "support.h"
#include "takeover.h"

struct fixture {
    struct sbx_poller *poller;
    int ours; /* watched */
    int theirs;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    int pair[2];
    assert_status(sbx_poller_create(&fixture->poller), SBX_OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    fixture->ours = pair[0];
    fixture->theirs = pair[1];
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    sbx_poller_destroy(fixture->poller);
    (void)close(fixture->ours);
    (void)close(fixture->theirs);
    free(fixture);
    return 0;
}

static bool is_readable(const struct fixture *fixture)
{
    struct pollfd watched = {.fd = sbx_poller_fd(fixture->poller), .events = POLLIN};
    return poll(&watched, 1, 0) == 1;
}

/* What one wait tells of our end: its events; 0 where nothing is told. */
static int told(const struct fixture *fixture)
{
    struct sbx_poll_event events[4] = {{0}};
    size_t count = sbx_poller_wait(fixture->poller, events, 4, 0);
    assert_in_range(count, 0, 1);
    if (count == 0) {
        return 0;
    }
    assert_int_equal(events[0].fd, fixture->ours);
    return events[0].events;
}

static void test_tells_what_is_ready(void **state)
{
    const struct fixture *fixture = *state;
    assert_status(sbx_poller_set(fixture->poller, fixture->ours, SBX_READABLE), SBX_OK);
    assert_false(is_readable(fixture));
    assert_int_equal(told(fixture), 0);
    assert_int_equal(write(fixture->theirs, "x", 1), 1);
    assert_true(is_readable(fixture)); /* so that one descriptor is enough to watch */
    assert_int_equal(told(fixture), SBX_READABLE);
    assert_int_equal(told(fixture), SBX_READABLE); /* until it is read */
    char byte;
    assert_int_equal(read(fixture->ours, &byte, 1), 1);
    assert_int_equal(told(fixture), 0);
    assert_false(is_readable(fixture));
}

static void test_changes_what_is_watched(void **state)
{
    const struct fixture *fixture = *state;
    assert_status(sbx_poller_set(fixture->poller, fixture->ours, SBX_WRITABLE), SBX_OK);
    assert_int_equal(told(fixture), SBX_WRITABLE);
    assert_int_equal(write(fixture->theirs, "x", 1), 1);
    assert_int_equal(told(fixture), SBX_WRITABLE);
    assert_status(sbx_poller_set(fixture->poller, fixture->ours, SBX_READABLE | SBX_WRITABLE), SBX_OK);
    assert_int_equal(told(fixture), SBX_READABLE | SBX_WRITABLE);
    assert_status(sbx_poller_set(fixture->poller, fixture->ours, 0), SBX_OK);
    assert_int_equal(told(fixture), 0);
    assert_status(sbx_poller_set(fixture->poller, fixture->ours, 0), SBX_OK); /* twice is allowed */
    assert_status(sbx_poller_set(fixture->poller, fixture->ours, SBX_READABLE), SBX_OK);
    assert_int_equal(told(fixture), SBX_READABLE);
}

static void test_tells_of_a_hang_up(void **state)
{
    struct fixture *fixture = *state;
    assert_status(sbx_poller_set(fixture->poller, fixture->ours, SBX_READABLE), SBX_OK);
    (void)close(fixture->theirs);
    fixture->theirs = -1;
    int events = told(fixture);
    assert_true((events & SBX_FAULTY) != 0);
    assert_true((events & SBX_READABLE) != 0); /* the end of the stream can be read */
}

static void test_descriptor_that_was_closed(void **state)
{
    struct fixture *fixture = *state;
    assert_status(sbx_poller_set(fixture->poller, fixture->ours, SBX_READABLE), SBX_OK);
    assert_int_equal(write(fixture->theirs, "x", 1), 1);
    (void)close(fixture->ours);
    assert_status(sbx_poller_set(fixture->poller, fixture->ours, 0), SBX_OK);
    assert_int_equal(told(fixture), 0);
    assert_int_not_equal(sbx_poller_set(fixture->poller, fixture->ours, SBX_READABLE), SBX_OK);
    fixture->ours = -1;
}

static void test_wake(void **state)
{
    const struct fixture *fixture = *state;
    struct sbx_poll_event events[4];
    assert_int_equal(sbx_poller_wait(fixture->poller, events, 4, 0), 0);
    for (int i = 0; i < 3; i++) {
        sbx_poller_wake(fixture->poller); /* many are told as one */
    }
    assert_true(is_readable(fixture));
    assert_int_equal(sbx_poller_wait(fixture->poller, events, 4, 0), 1);
    assert_int_equal(events[0].fd, -1);
    assert_false(is_readable(fixture));
    assert_int_equal(sbx_poller_wait(fixture->poller, events, 4, 0), 0);
}

static void *wake(void *user)
{
    sbx_poller_wake(user);
    return NULL;
}

static void test_wake_ends_a_wait(void **state)
{
    const struct fixture *fixture = *state;
    struct sbx_poll_event events[4];
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wake, fixture->poller), 0);
    assert_int_equal(sbx_poller_wait(fixture->poller, events, 4, 20000), 1);
    assert_int_equal(events[0].fd, -1);
    (void)pthread_join(thread, NULL);
}

/* More are ready than one wait can tell: the next one tells of the others. */
static void test_more_than_fit(void **state)
{
    const struct fixture *fixture = *state;
    int pairs[100][2];
    bool seen[100] = {false};
    size_t count = 0;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pairs[i]), 0);
        assert_status(sbx_poller_set(fixture->poller, pairs[i][0], SBX_READABLE), SBX_OK);
        assert_int_equal(write(pairs[i][1], "x", 1), 1);
    }
    while (count < COUNT(pairs)) {
        struct sbx_poll_event events[7];
        size_t found = sbx_poller_wait(fixture->poller, events, COUNT(events), 0);
        assert_in_range(found, 1, COUNT(events));
        for (size_t i = 0; i < found; i++) {
            for (size_t k = 0; k < COUNT(pairs); k++) {
                if (pairs[k][0] == events[i].fd) {
                    assert_false(seen[k]);
                    seen[k] = true;
                    assert_status(sbx_poller_set(fixture->poller, pairs[k][0], 0), SBX_OK);
                }
            }
        }
        count += found;
    }
    for (size_t i = 0; i < COUNT(pairs); i++) {
        (void)close(pairs[i][0]);
        (void)close(pairs[i][1]);
    }
}

static enum sbx_status create_and_destroy(void *user)
{
    struct sbx_poller *poller = NULL;
    (void)user;
    enum sbx_status status = sbx_poller_create(&poller);
    sbx_poller_destroy(poller);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_int_equal(allocations_fail_each(create_and_destroy, NULL), 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_tells_what_is_ready),
        TEST(test_changes_what_is_watched),
        TEST(test_tells_of_a_hang_up),
        TEST(test_descriptor_that_was_closed),
        TEST(test_wake),
        TEST(test_wake_ends_a_wait),
        TEST(test_more_than_fit),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
