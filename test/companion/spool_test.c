/* spool_test.c: what a supervised program prints is passed on, and kept.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"
#include "supervised.h"

static size_t read_all(int fd, char *bytes, size_t size)
{
    size_t length = 0;
    ssize_t got = 0;
    do {
        got = read(fd, bytes + length, size - length);
        length += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    return length;
}

static size_t read_kept(const char *name, char *bytes, size_t size)
{
    char path[100];
    (void)snprintf(path, sizeof(path), RECORDS RECORD "/%s", name);
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    size_t length = read_all(fd, bytes, size);
    (void)close(fd);
    return length;
}

static void test_kept(void **state)
{
    (void)state;
    char passed[100];
    char kept[100];
    struct child child = START("--record", RECORD, "--spool", "4096", "--", "sh", "-c",
                               "printf 'a\\000\\377z'; echo wrong >&2; exit 4");
    size_t length = read_all(child.output, passed, sizeof(passed));
    int status = supervised_await_end(&child);
    assert_int_equal(WEXITSTATUS(status), 4);
    assert_int_equal(length, 4);
    assert_memory_equal(passed, "a\0\377z", 4);
    assert_int_equal(read_kept("output", kept, sizeof(kept)), 4);
    assert_memory_equal(kept, "a\0\377z", 4);
    assert_int_equal(read_kept("errors", kept, sizeof(kept)), 6);
    assert_memory_equal(kept, "wrong\n", 6);
    struct sbx_supervised supervised = supervised_record();
    assert_int_equal(supervised.output, 4);
    assert_int_equal(supervised.errors, 6);
    assert_int_equal(supervised.most, 4096);
    assert_false(supervised.incomplete);
}

/* Of what is more the head is kept, and the tail, wherever that begins in the file. */
static void test_head_and_tail(void **state)
{
    (void)state;
    static char passed[700000];
    static char kept[1001];
    struct child child =
        START("--record", RECORD, "--spool", "1000", "--", "sh", "-c", "seq 1 100000; exec seq 1 9 >&2");
    size_t total = read_all(child.output, passed, sizeof(passed));
    assert_int_equal(supervised_await_end(&child), 0);
    assert_int_equal(total, 588895);
    assert_int_equal(supervised_record().output, total);
    assert_int_equal(supervised_record().errors, 18);
    assert_int_equal(read_kept("output", kept, sizeof(kept)), 1000);
    for (size_t i = 0; i < total; i++) {
        uint64_t room = 0;
        if (i < 500 || i >= total - 500) {
            assert_int_equal(kept[sbx_spool_place(1000, i, &room)], passed[i]);
        }
    }
}

/* What comes is in the record before the program ends. */
static void test_kept_while_it_runs(void **state)
{
    (void)state;
    struct child child =
        START("--record", RECORD, "--spool", "4096", "--", "sh", "-c", "echo one; read x; echo two");
    char line[10];
    supervised_read_line(child.output, line, sizeof(line));
    assert_string_equal(line, "one");
    for (int waited_ms = 0; supervised_record().output == 0; waited_ms += 5) {
        assert_true(waited_ms < 20000);
        supervised_nap();
    }
    assert_int_equal(supervised_record().state, SBX_SUPERVISED_RUNS);
    assert_int_equal(supervised_record().output, 4);
    assert_int_equal(write(child.input, "\n", 1), 1);
    assert_int_equal(supervised_await_end(&child), 0);
    assert_int_equal(supervised_record().output, 8);
}

/* What holds the output open does not hold the end. */
static void test_output_held_open(void **state)
{
    (void)state;
    struct child child =
        START("--record", RECORD, "--spool", "4096", "--", "sh", "-c", "sleep 1000 & echo $!");
    pid_t daemon = supervised_read_pid(child.output);
    assert_int_equal(supervised_await_end(&child), 0);
    assert_true(supervised_lives(daemon));
    assert_int_equal(supervised_record().state, SBX_SUPERVISED_ENDED);
    (void)kill(daemon, SIGKILL);
}

/* Nobody reads what is passed on: it is kept, and the program goes on. */
static void test_nobody_reads(void **state)
{
    (void)state;
    struct child child =
        START("--record", RECORD, "--spool", "4096", "--", "sh", "-c", "seq 1 100000; exit 5");
    (void)close(child.output);
    child.output = dup(child.input);
    int status = supervised_await_end(&child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 5);
    assert_int_equal(supervised_record().output, 588895);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_kept),
        scratch_test(test_head_and_tail),
        scratch_test(test_kept_while_it_runs),
        scratch_test(test_output_held_open),
        scratch_test(test_nobody_reads),
    };
    return supervised_find_program() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
