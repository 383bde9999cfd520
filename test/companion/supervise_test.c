/* supervise_test.c: a program under the supervisor: how it starts, how it ends, and what is left of it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "companion/supervise.h"
#include "scratch.h"
#include "supervised.h"

/* ---- The program's own end ------------------------------------------------------------------------------ */

static void test_exit_code(void **state)
{
    (void)state;
    struct child child = START("--record", RECORD, "--", "sh", "-c", "echo $$; exit 7");
    pid_t pid = supervised_read_pid(child.output);
    int status = supervised_await_end(&child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    struct sbx_supervised supervised = supervised_record();
    assert_int_equal(supervised.state, SBX_SUPERVISED_ENDED);
    assert_int_equal(supervised.reason, SBX_END_ITSELF);
    assert_int_equal(supervised.exit_code, 7);
    assert_int_equal(supervised.signal, 0);
    assert_int_equal(supervised.pid, pid);
    assert_int_equal(supervised.supervisor, child.pid);
    assert_true(supervised.started_ms > 0 && supervised.ended_ms >= supervised.started_ms);
}

/* That a signal ended it, and why, by its status and by the record. */
static void check_signal(int status, int signal_number, enum sbx_end_reason reason)
{
    struct sbx_supervised supervised = supervised_record();
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), signal_number);
    assert_int_equal(supervised.signal, signal_number);
    assert_int_equal(supervised.reason, reason);
}

static void test_signal(void **state)
{
    (void)state;
    struct child child = START("--record", RECORD, "--", "sh", "-c", "kill -KILL $$");
    check_signal(supervised_await_end(&child), SIGKILL, SBX_END_ITSELF);
}

/* What it left behind goes on, and holds nothing up. */
static void test_daemon(void **state)
{
    (void)state;
    struct child child = START("--", "sh", "-c", "sleep 1000 & echo $!; exit 0");
    pid_t daemon = supervised_read_pid(child.output);
    int status = supervised_await_end(&child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(supervised_lives(daemon));
    (void)kill(daemon, SIGKILL);
    supervised_assert_gone(daemon);
}

/* ---- Starts that fail ------------------------------------------------------------------------------------ */

static void test_not_started(void **state)
{
    (void)state;
    static const struct {
        const char *cwd;
        const char *argv0;
        int status;
        enum sbx_start_step step;
        int error;
    } starts[] = {
        {"missing", "true", SUPERVISE_NOT_STARTED, SBX_START_CWD, ENOENT},
        {"file", "true", SUPERVISE_NOT_STARTED, SBX_START_CWD, ENOTDIR},
        {".", "no-such-program", SUPERVISE_NO_PROGRAM, SBX_START_PROGRAM, ENOENT},
        {".", "./file", SUPERVISE_NOT_STARTED, SBX_START_PROGRAM, EACCES},
        {"/", "/", SUPERVISE_NOT_STARTED, SBX_START_PROGRAM, EACCES},
    };
    scratch_put("file", "no program");
    for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
        char name[] = "run-000000000000000x";
        char path[100];
        char bytes[100];
        struct sbx_supervised supervised;
        name[sizeof(name) - 2] = (char)('0' + i);
        struct child child = START("--record", name, "--cwd", starts[i].cwd, "--", starts[i].argv0);
        int status = supervised_await_end(&child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), starts[i].status);
        (void)snprintf(path, sizeof(path), RECORDS "%s/state", name);
        int fd = open(path, O_RDONLY);
        ssize_t length = read(fd, bytes, sizeof(bytes));
        (void)close(fd);
        assert_status(sbx_supervised_decode((struct sbx_span){bytes, (size_t)length}, &supervised), SBX_OK);
        assert_int_equal(supervised.state, SBX_SUPERVISED_NOT_STARTED);
        assert_int_equal(supervised.step, starts[i].step);
        assert_int_equal(supervised.error, starts[i].error);
    }
}

static void test_usage(void **state)
{
    (void)state;
    static const struct {
        const char *words[5];
        int status;
    } wrong[] = {
        {{"true"}, SUPERVISE_USAGE},
        {{"--"}, SUPERVISE_USAGE},
        {{"--cwd"}, SUPERVISE_USAGE},
        {{"--what", "x", "--", "true"}, SUPERVISE_USAGE},
        {{"--limit-ms", "--", "true"}, SUPERVISE_USAGE},
        {{"--limit-ms", "12x", "--", "true"}, SUPERVISE_USAGE},
        {{"--record", "../x", "--", "true"}, SUPERVISE_NO_RECORD},
        {{"--record", "run-1", "--", "true"}, SUPERVISE_NO_RECORD},
        {{"--spool", "100", "--", "true"}, SUPERVISE_USAGE},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct child child = supervised_start(wrong[i].words);
        int status = supervised_await_end(&child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), wrong[i].status);
    }
}

/* A record is of one program. */
static void test_record_twice(void **state)
{
    (void)state;
    struct child child = START("--record", RECORD, "--", "true");
    assert_int_equal(supervised_await_end(&child), 0);
    child = START("--record", RECORD, "--", "false");
    assert_int_equal(WEXITSTATUS(supervised_await_end(&child)), SUPERVISE_NO_RECORD);
    assert_int_equal(supervised_record().exit_code, 0);
}

/* ---- Ends from outside ----------------------------------------------------------------------------------- */

/* One that ignores SIGTERM, and one that left its parent and its session. */
static const char stubborn[] = "trap '' TERM; (setsid sh -c 'trap \"\" TERM; setsid sleep 1000 & echo $!; "
                               "exec sleep 1000' &); sleep 1000";

static void check_end(const struct child *child, enum sbx_end_reason reason, int signal_number)
{
    pid_t daemon = supervised_read_pid(child->output);
    assert_true(supervised_lives(daemon));
    if (reason == SBX_END_ASKED) {
        (void)kill(child->pid, signal_number == SIGKILL ? SIGUSR1 : SIGTERM);
    }
    check_signal(supervised_await_end(child), signal_number, reason);
    assert_false(supervised_lives(daemon));
}

static void test_limit(void **state)
{
    (void)state;
    struct child child = START("--record", RECORD, "--limit-ms", "300", "--", "sh", "-c",
                               "setsid setsid sh -c 'echo $$; exec sleep 1000'; sleep 1000");
    check_end(&child, SBX_END_LIMIT, SIGTERM);
}

static void test_stubborn(void **state)
{
    (void)state;
    struct child child = START("--record", RECORD, "--limit-ms", "300", "--", "sh", "-c", stubborn);
    check_end(&child, SBX_END_LIMIT, SIGKILL);
}

static void test_told_to_end(void **state)
{
    (void)state;
    struct child child =
        START("--record", RECORD, "--", "sh", "-c", "(setsid sleep 1000 & echo $!); sleep 1000");
    check_end(&child, SBX_END_ASKED, SIGTERM);
}

static void test_killed(void **state)
{
    (void)state;
    struct child child = START("--record", RECORD, "--", "sh", "-c", stubborn);
    check_end(&child, SBX_END_ASKED, SIGKILL);
}

/* One that makes processes faster than they can be told from each other. */
static void test_forking(void **state)
{
    (void)state;
    static const char script[] = "trap '' TERM; echo $$; f() { sleep 0.01; f & f & }; f & "
                                 "for i in 1 2 3 4; do sleep 0.05; done; wait; sleep 1000";
    struct child child = START("--record", RECORD, "--limit-ms", "200", "--", "sh", "-c", script);
    pid_t pid = supervised_read_pid(child.output);
    (void)supervised_await_end(&child);
    assert_false(supervised_lives(pid));
}

/* A supervisor that is killed takes the program with it. */
static void test_without_supervisor(void **state)
{
    (void)state;
    struct child child = START("--", "sh", "-c", "echo $$; exec sleep 1000");
    pid_t pid = supervised_read_pid(child.output);
    (void)kill(child.pid, SIGKILL);
    (void)supervised_await_end(&child);
    supervised_assert_gone(pid);
}

/* ---- What the program has -------------------------------------------------------------------------------- */

static void test_streams(void **state)
{
    (void)state;
    char line[300] = "";
    static const char bytes[] = "\x00\xff\xfe one \r\t";
    struct child child = START("--", "cat");
    assert_int_equal(write(child.input, bytes, sizeof(bytes)), sizeof(bytes));
    (void)close(child.input);
    size_t length = 0;
    ssize_t got;
    while ((got = read(child.output, line + length, sizeof(line) - length)) > 0) {
        length += (size_t)got;
    }
    assert_int_equal(length, sizeof(bytes));
    assert_memory_equal(line, bytes, sizeof(bytes));
    child.input = dup(child.output);
    assert_int_equal(supervised_await_end(&child), 0);
}

/* The environment is its own, whatever the names are, its signals are as they were, its session is its own, its cwd as asked. */
static void test_surroundings(void **state)
{
    (void)state;
    char line[PATH_MAX];
    char cwd[PATH_MAX];
    assert_int_equal(mkdir("d", 0755), 0);
    static const char script[] =
        "pwd; echo \"${SBX_0-none}\"; grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d '\\n\\t'; echo; "
        "cut -d ' ' -f 6 /proc/$$/stat; echo $$";
    struct child child = START("--cwd", "d", "--", "sh", "-c", script);
    supervised_read_line(child.output, line, sizeof(line));
    assert_non_null(realpath("d", cwd));
    assert_string_equal(line, cwd);
    supervised_read_line(child.output, line, sizeof(line));
    assert_string_equal(line, "of the user");
    supervised_read_line(child.output, line, sizeof(line));
    assert_string_equal(line, "SigBlk:0000000000000000SigIgn:0000000000000000");
    pid_t session = supervised_read_pid(child.output);
    assert_int_equal(session, supervised_read_pid(child.output));
    assert_int_equal(supervised_await_end(&child), 0);
}

static void test_no_input(void **state)
{
    (void)state;
    struct child child = START("--no-input", "--", "sh", "-c", "cat; exit 3");
    assert_int_equal(WEXITSTATUS(supervised_await_end(&child)), 3); /* its input is open until then */
}

/* By way of the supervisor it is the same, and ends where the writer cannot end it. */
static void test_fed_input(void **state)
{
    (void)state;
    char text[200] = "";
    struct child child = START("--record", RECORD, "--feed", "--", "sh", "-c", "echo up; cat; echo end");
    supervised_read_line(child.output, text, sizeof(text));
    assert_int_equal(write(child.input, "a\nb", 3), 3);
    assert_int_equal(kill(child.pid, SIGUSR2), 0);
    supervised_read_line(child.output, text, sizeof(text));
    assert_string_equal(text, "a");
    supervised_read_line(child.output, text, sizeof(text));
    assert_string_equal(text, "bend");
    assert_int_equal(supervised_await_end(&child), 0); /* its input was open until then */
}

/* More than all the pipes hold arrives whole, though the program reads late; then the end. */
static void test_much_fed_input(void **state)
{
    (void)state;
    static char block[1000];
    char line[40] = "";
    struct child child =
        START("--record", RECORD, "--feed", "--", "sh", "-c", "echo up; sleep 0.3; cksum; echo end");
    supervised_read_line(child.output, line, sizeof(line));
    for (size_t sent = 0; sent < 1000; sent++) {
        memset(block, (int)(sent % 251), sizeof(block));
        assert_int_equal(write(child.input, block, sizeof(block)), sizeof(block));
    }
    assert_int_equal(kill(child.pid, SIGUSR2), 0);
    supervised_read_line(child.output, line, sizeof(line));
    assert_non_null(strstr(line, " 1000000"));
    assert_int_equal(supervised_await_end(&child), 0);
}

/* Who writes what nobody will read is told. */
static void test_fed_input_that_is_not_read(void **state)
{
    (void)state;
    char line[40] = "";
    struct child child =
        START("--record", RECORD, "--feed", "--", "sh", "-c", "exec </dev/null; echo up; exec sleep 1000");
    supervised_read_line(child.output, line, sizeof(line));
    (void)signal(SIGPIPE, SIG_IGN);
    for (int waited_ms = 0; write(child.input, "x", 1) == 1; waited_ms += 5) {
        assert_true(waited_ms < 20000);
        supervised_nap();
    }
    assert_int_equal(errno, EPIPE);
    (void)kill(child.pid, SIGUSR1);
    (void)supervised_await_end(&child);
}

/* ---- Terminals ------------------------------------------------------------------------------------------- */

/* Starts what `words` say in a terminal of its own. */
static struct child start_in_terminal(const char *const *words)
{
    int terminal = -1;
    struct child child = {.pid = forkpty(&terminal, NULL, NULL, NULL)};
    assert_true(child.pid >= 0);
    if (child.pid == 0) {
        supervised_exec(words);
    }
    child.input = terminal;
    child.output = dup(terminal);
    return child;
}

/* The terminal's keys reach the program, not its supervisor. */
static void test_terminal(void **state)
{
    (void)state;
    const char *const words[] = {
        "--record", RECORD, "--terminal", "--", "sh", "-c", "stty -echo; echo $$; exec sleep 1000", NULL};
    struct child child = start_in_terminal(words);
    pid_t pid = supervised_read_pid(child.output);
    assert_int_equal(tcgetpgrp(child.input), pid);
    assert_int_equal(getsid(pid), child.pid);
    assert_int_equal(write(child.input, "\x03", 1), 1);
    check_signal(supervised_await_end(&child), SIGINT, SBX_END_ITSELF);
}

/* What has left the terminal's session ends with its program. */
static void test_left_the_terminal(void **state)
{
    (void)state;
    const char *const words[] = {
        "--record",
        RECORD,
        "--terminal",
        "--",
        "sh",
        "-c",
        "stty -echo; setsid setsid sh -c 'echo $$; exec sleep 1000'; exec sleep 1000",
        NULL};
    struct child child = start_in_terminal(words);
    pid_t daemon = supervised_read_pid(child.output);
    assert_true(getsid(daemon) > 0 && getsid(daemon) != child.pid);
    assert_true(supervised_lives(daemon));
    (void)kill(child.pid, SIGTERM);
    check_signal(supervised_await_end(&child), SIGTERM, SBX_END_ASKED);
    assert_false(supervised_lives(daemon));
}

static void test_size_of_a_terminal(void **state)
{
    (void)state;
    char line[40] = "";
    const char *const words[] = {"--record", RECORD, "--terminal", "--columns", "132",       "--rows",
                                 "43",       "--",   "sh",         "-c",        "stty size", NULL};
    struct child child = start_in_terminal(words);
    supervised_read_line(child.output, line, sizeof(line));
    assert_string_equal(line, "43 132\r");
    assert_int_equal(supervised_await_end(&child), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_exit_code),
        scratch_test(test_signal),
        scratch_test(test_daemon),
        scratch_test(test_not_started),
        scratch_test(test_usage),
        scratch_test(test_record_twice),
        scratch_test(test_limit),
        scratch_test(test_stubborn),
        scratch_test(test_told_to_end),
        scratch_test(test_killed),
        scratch_test(test_forking),
        scratch_test(test_without_supervisor),
        scratch_test(test_streams),
        scratch_test(test_surroundings),
        scratch_test(test_no_input),
        scratch_test(test_terminal),
        scratch_test(test_left_the_terminal),
        scratch_test(test_fed_input),
        scratch_test(test_much_fed_input),
        scratch_test(test_fed_input_that_is_not_read),
        scratch_test(test_size_of_a_terminal),
    };
    return supervised_find_program() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
