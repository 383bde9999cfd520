/* op_supervised_test.c: waiting for a supervised program and ending it, by its record; and how long a record stays.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "companion/supervise.h"
#include "companion/sweep.h"
#include "scratch.h"
#include "supervised.h"

#define LONG_MS 20000
#define DAY_S ((time_t)24 * 3600)
#define WAIT(ms) ASK(WAIT, .target = P(RECORD), .length = (ms))
#define END(how) ASK(END, .target = P(RECORD), .mode = (how))

/* ---- wait ------------------------------------------------------------------------------------------------ */

static void test_wait(void **state)
{
    (void)state;
    struct child child = START("--record", RECORD, "--", "sh", "-c", "echo $$; read x; exit 3");
    pid_t pid = supervised_read_pid(child.output);
    assert_status(WAIT(0), SBX_OK);
    assert_int_equal(answer.supervised.state, SBX_SUPERVISED_RUNS);
    assert_int_equal(answer.supervised.pid, pid);
    assert_status(WAIT(50), SBX_OK);
    assert_int_equal(answer.supervised.state, SBX_SUPERVISED_RUNS);
    assert_int_equal(write(child.input, "\n", 1), 1);
    assert_status(WAIT(LONG_MS), SBX_OK);
    assert_int_equal(answer.supervised.state, SBX_SUPERVISED_ENDED);
    assert_int_equal(answer.supervised.exit_code, 3);
    assert_int_equal(WEXITSTATUS(supervised_await_end(&child)), 3);
    assert_status(WAIT(0), SBX_OK);
    assert_int_equal(answer.supervised.state, SBX_SUPERVISED_ENDED);
}

/* The end comes while it is waited for. */
static void test_wait_through(void **state)
{
    (void)state;
    struct child child = START("--record", RECORD, "--", "sh", "-c", "sleep 0.3; exit 4");
    assert_status(WAIT(LONG_MS), SBX_OK); /* most likely the record is not there yet */
    assert_int_equal(answer.supervised.state, SBX_SUPERVISED_ENDED);
    assert_int_equal(answer.supervised.exit_code, 4);
    (void)supervised_await_end(&child);
}

static void read_snapshot(char *bytes, size_t size, size_t *length)
{
    int fd = open(RECORDS RECORD "/snapshot", O_RDONLY);
    assert_true(fd >= 0);
    ssize_t got = read(fd, bytes, size);
    assert_true(got >= SBX_SNAPSHOT_HEAD);
    *length = (size_t)got - SBX_SNAPSHOT_HEAD;
    (void)close(fd);
}

/* Of what goes on: its record as of that moment, and both files of its output; a later one takes its place. */
static void test_snapshot(void **state)
{
    (void)state;
    char bytes[SBX_SNAPSHOT_HEAD + 100];
    char line[8];
    size_t length = 0;
    struct sbx_supervised supervised;
    struct child child = START("--record", RECORD, "--spool", "100", "--", "sh", "-c",
                               "echo wrong >&2; printf 'a\\000\\377\\n'; read x; echo more; read x");
    supervised_read_line(child.output, line, sizeof(line));
    assert_status(ASK(WAIT, .target = P(RECORD), .length = 0, .flags = SBX_WAIT_SNAPSHOT), SBX_OK);
    assert_int_equal(answer.supervised.state, SBX_SUPERVISED_RUNS);
    read_snapshot(bytes, sizeof(bytes), &length);
    assert_status(sbx_supervised_decode((struct sbx_span){bytes, SBX_SUPERVISED_LENGTH}, &supervised),
                  SBX_OK);
    assert_int_equal(supervised.state, SBX_SUPERVISED_RUNS);
    assert_int_equal(supervised.output, 4);
    assert_int_equal(supervised.errors, 6);
    assert_true(supervised.ended_ms >= supervised.started_ms && supervised.started_ms > 0);
    assert_int_equal(length, 10);
    assert_memory_equal(bytes + SBX_SUPERVISED_LENGTH, "\4\0\0\0\0\0\0\0\6\0\0\0\0\0\0\0", 16);
    assert_memory_equal(bytes + SBX_SNAPSHOT_HEAD, "a\0\377\nwrong\n", 10);
    assert_int_equal(write(child.input, "\n", 1), 1);
    supervised_read_line(child.output, line, sizeof(line));
    assert_status(ASK(WAIT, .target = P(RECORD), .length = 1, .flags = SBX_WAIT_SNAPSHOT), SBX_OK);
    read_snapshot(bytes, sizeof(bytes), &length);
    assert_int_equal(length, 15);
    assert_memory_equal(bytes + SBX_SNAPSHOT_HEAD, "a\0\377\nmore\nwrong\n", 15);
    assert_int_equal(write(child.input, "\n", 1), 1);
    assert_status(ASK(WAIT, .target = P(RECORD), .length = LONG_MS, .flags = SBX_WAIT_SNAPSHOT), SBX_OK);
    assert_int_equal(answer.supervised.state, SBX_SUPERVISED_ENDED);
    (void)supervised_await_end(&child);
}

/* Of a program whose output is not kept there is none, and nobody waits for it. */
static void test_no_snapshot(void **state)
{
    (void)state;
    struct child child = START("--record", RECORD, "--", "sh", "-c", "read x");
    assert_status(ASK(WAIT, .target = P(RECORD), .length = LONG_MS, .flags = SBX_WAIT_START), SBX_OK);
    assert_status(ASK(WAIT, .target = P(RECORD), .length = 0, .flags = SBX_WAIT_SNAPSHOT), SBX_OK);
    assert_int_equal(answer.supervised.state, SBX_SUPERVISED_RUNS);
    assert_int_not_equal(access(RECORDS RECORD "/snapshot", F_OK), 0);
    assert_int_equal(write(child.input, "\n", 1), 1);
    (void)supervised_await_end(&child);
}

/* The process that was started ends, and holds nothing; what goes on is under the record. */
static void test_detached(void **state)
{
    (void)state;
    char byte;
    struct child child = START("--record", RECORD, "--spool", "100", "--detach", "--", "sh", "-c",
                               "cat; echo x; sleep 0.2; exit 5");
    assert_int_equal(read(child.output, &byte, 1), 0);
    int status = supervised_await_end(&child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_status(WAIT(LONG_MS), SBX_OK);
    assert_int_equal(answer.supervised.state, SBX_SUPERVISED_ENDED);
    assert_int_equal(answer.supervised.exit_code, 5);
    assert_int_equal(answer.supervised.output, 2);
}

/* That it runs is enough; or that it does not. */
static void test_wait_for_start(void **state)
{
    (void)state;
    struct child child = START("--record", RECORD, "--", "sh", "-c", "read x");
    assert_status(ASK(WAIT, .target = P(RECORD), .length = LONG_MS, .flags = SBX_WAIT_START), SBX_OK);
    assert_int_equal(answer.supervised.state, SBX_SUPERVISED_RUNS);
    assert_true(supervised_lives((pid_t)answer.supervised.pid));
    assert_int_equal(write(child.input, "\n", 1), 1);
    (void)supervised_await_end(&child);
    assert_status(ASK(WAIT, .target = P(RECORD), .flags = SBX_WAIT_START), SBX_OK);
    assert_int_equal(answer.supervised.state, SBX_SUPERVISED_ENDED);
}

static void test_wait_for_nothing(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "run-1", "../" RECORD, RECORD "/state", "parts-0123456789abcdef"};
    assert_status(WAIT(50), SBX_ENOENT);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_status(ASK(WAIT, .target = P(wrong[i]), .length = LONG_MS), SBX_EINVAL);
        assert_status(ASK(END, .target = P(wrong[i])), SBX_EINVAL);
    }
}

static void test_wait_for_what_did_not_start(void **state)
{
    (void)state;
    struct child child = START("--record", RECORD, "--", "no-such-program");
    assert_status(WAIT(LONG_MS), SBX_OK);
    assert_int_equal(answer.supervised.state, SBX_SUPERVISED_NOT_STARTED);
    assert_int_equal(answer.supervised.step, SBX_START_PROGRAM);
    (void)supervised_await_end(&child);
}

/* Nobody will ever say how the program ended. */
static void test_supervisor_killed(void **state)
{
    (void)state;
    struct child child = START("--record", RECORD, "--", "sh", "-c", "echo; exec sleep 1000");
    char line[10];
    supervised_read_line(child.output, line, sizeof(line));
    pid_t killer = fork();
    if (killer == 0) {
        supervised_nap();
        _exit(kill(child.pid, SIGKILL));
    }
    assert_status(WAIT(LONG_MS), SBX_ESRCH);
    assert_status(END(SBX_END_TELL), SBX_ESRCH);
    assert_true(WIFSIGNALED(supervised_await_end(&child)));
    assert_int_equal(waitpid(killer, NULL, 0), killer);
    assert_status(WAIT(0), SBX_ESRCH);
}

/* ---- end ------------------------------------------------------------------------------------------------- */

static void check_ended(struct child child, uint32_t how, int signal_number)
{
    pid_t daemon = supervised_read_pid(child.output);
    assert_status(END(how), SBX_OK);
    assert_status(WAIT(LONG_MS), SBX_OK);
    assert_int_equal(answer.supervised.state, SBX_SUPERVISED_ENDED);
    assert_int_equal(answer.supervised.reason, SBX_END_ASKED);
    assert_int_equal(answer.supervised.signal, signal_number);
    assert_false(supervised_lives(daemon));
    (void)supervised_await_end(&child);
    assert_status(END(how), SBX_ESRCH);
}

static void test_end(void **state)
{
    (void)state;
    check_ended(START("--record", RECORD, "--", "sh", "-c", "(setsid sleep 1000 & echo $!); exec sleep 1000"),
                SBX_END_TELL, SIGTERM);
}

static void test_kill(void **state)
{
    (void)state;
    check_ended(START("--record", RECORD, "--", "sh", "-c",
                      "trap '' TERM; (setsid sleep 1000 & echo $!); exec sleep 1000"),
                SBX_END_KILL, SIGKILL);
}

static void test_end_of_nothing(void **state)
{
    (void)state;
    assert_status(END(3), SBX_EINVAL);
    assert_status(END(SBX_END_INPUT), SBX_ENOENT);
    assert_false(scratch_is_there(RECORDS RECORD));
}

/* What has not come there when it is ended is not started when it comes. */
static void test_end_before_the_start(void **state)
{
    (void)state;
    assert_status(END(SBX_END_TELL), SBX_ENOENT);
    struct child child = START("--record", RECORD, "--", "touch", "started");
    assert_int_equal(WEXITSTATUS(supervised_await_end(&child)), SUPERVISE_NO_RECORD);
    assert_false(scratch_is_there("started"));
    assert_status(WAIT(LONG_MS), SBX_OK);
    assert_int_equal(answer.supervised.state, SBX_SUPERVISED_NOT_STARTED);
    assert_int_equal(answer.supervised.error, SBX_ECANCELED);
    assert_status(END(SBX_END_KILL), SBX_ESRCH);
}

/* It has the name, and nothing to say yet. */
static void test_end_within_the_start(void **state)
{
    (void)state;
    assert_status(WAIT(0), SBX_ENOENT); /* makes the private directory */
    assert_int_equal(mkdir(RECORDS RECORD, 0700), 0);
    assert_status(END(SBX_END_TELL), SBX_EAGAIN);
}

/* ---- Records --------------------------------------------------------------------------------------------- */

static void put_record(const char *name, pid_t supervisor)
{
    char path[100];
    char bytes[SBX_SUPERVISED_LENGTH];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    sbx_supervised_encode(
        &(struct sbx_supervised){.state = SBX_SUPERVISED_RUNS, .supervisor = (uint32_t)supervisor}, &writer);
    assert_int_equal(mkdir(name, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/state", name);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
    assert_int_equal(close(fd), 0);
}

/* By now another process has its number: that is left alone. */
static void test_number_of_another(void **state)
{
    (void)state;
    assert_status(ASK(WAIT, .target = P(RECORD)), SBX_ENOENT); /* makes the private directory */
    put_record(RECORDS RECORD, getpid());
    assert_status(WAIT(LONG_MS), SBX_ESRCH);
    assert_status(END(SBX_END_KILL), SBX_ESRCH);
}

static void test_old_records(void **state)
{
    (void)state;
    struct server server = scratch_server(SBX_REPLIES_MAX);
    struct child child = START("--record", RECORD, "--", "sh", "-c", "echo; sleep 1000");
    char line[10];
    supervised_read_line(child.output, line, sizeof(line));
    put_record(RECORDS "run-1111111111111111", getpid());
    assert_int_equal(mkdir(RECORDS "run-2222222222222222", 0700), 0);
    assert_status(ASK(END, .target = P("run-3333333333333333")), SBX_ENOENT);
    assert_int_equal(mkdir(RECORDS "running", 0700), 0);
    int fd = open(RECORDS, O_RDONLY | O_DIRECTORY);
    sweep_parts(&server, fd, time(NULL) + DAY_S - 60);
    assert_true(scratch_is_there(RECORDS "run-1111111111111111/state"));
    assert_true(scratch_is_there(RECORDS "run-2222222222222222"));
    assert_true(scratch_is_there(RECORDS "run-3333333333333333"));
    sweep_parts(&server, fd, time(NULL) + DAY_S + 60);
    assert_false(scratch_is_there(RECORDS "run-1111111111111111"));
    assert_false(scratch_is_there(RECORDS "run-2222222222222222"));
    assert_false(scratch_is_there(RECORDS "run-3333333333333333"));
    assert_true(scratch_is_there(RECORDS "running"));
    assert_true(scratch_is_there(RECORDS RECORD));
    assert_status(END(SBX_END_KILL), SBX_OK);
    (void)supervised_await_end(&child);
    sweep_parts(&server, fd, time(NULL) + DAY_S + 60);
    assert_false(scratch_is_there(RECORDS RECORD));
    assert_int_equal(close(fd), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_wait),
        scratch_test(test_wait_through),
        scratch_test(test_snapshot),
        scratch_test(test_no_snapshot),
        scratch_test(test_detached),
        scratch_test(test_wait_for_start),
        scratch_test(test_wait_for_nothing),
        scratch_test(test_wait_for_what_did_not_start),
        scratch_test(test_supervisor_killed),
        scratch_test(test_end),
        scratch_test(test_kill),
        scratch_test(test_end_of_nothing),
        scratch_test(test_end_before_the_start),
        scratch_test(test_end_within_the_start),
        scratch_test(test_number_of_another),
        scratch_test(test_old_records),
    };
    return supervised_find_program() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
