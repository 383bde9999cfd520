/* companion_find_test.c: the search for a companion as a dialogue with the sandbox: what its shell and its file system
 * say to each request, what is put there, and what is known afterwards.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "core/lane.h"
#include "core/program.h"
#include "frames.h"
#include "takeover.h"

#define STEPS_MAX 12

/* What the sandbox says to the searches, one after the other. */
struct saying {
    const char *status; /* NULL: the connection is lost */
    int code;           /* of the shell, where status is "200 OK"; -1: `text` is the whole answer */
    const char *text;   /* NULL: the greeting */
};

static struct {
    struct saying sayings[STEPS_MAX];
    size_t next;
    const char *put; /* status of every upload; NULL: the connection is lost */
    size_t puts;
    char places[STEPS_MAX][200]; /* of the uploads: "path directory" */
    char names[STEPS_MAX][100];  /* of the files that they put there */
    char new_name[100];          /* what the last search was told that was put there */
    char old_names[200];         /* what it may run of what was there before */
    char command[100];
    bool program; /* each upload holds that of its machine */
} sandbox;

static bool search(struct server *server, const struct asked *asked, int fd)
{
    json_t *root = json_loadb(asked->body.data, asked->body.length, 0, NULL);
    const json_t *arguments = json_object_get(root, "args");
    const char *name = json_string_value(json_array_get(arguments, 3));
    (void)snprintf(sandbox.new_name, sizeof(sandbox.new_name), "%s", name == NULL ? "" : name);
    const char *old_names = json_string_value(json_array_get(arguments, 4));
    (void)snprintf(sandbox.old_names, sizeof(sandbox.old_names), "%s", old_names == NULL ? "" : old_names);
    (void)snprintf(sandbox.command, sizeof(sandbox.command), "%s",
                   json_string_value(json_object_get(root, "command")));
    json_decref(root);
    const struct saying *saying = &sandbox.sayings[sandbox.next++];
    if (saying->status == NULL) {
        return false;
    }
    if (saying->code == -1) {
        return server_reply(fd, saying->status, saying->status[0] == '2' ? JSON : PROBLEM, saying->text);
    }
    return saying->text == NULL ? greet(server, asked, fd) : program_ended(fd, saying->text, saying->code);
}

/* An archive is a header for the directory, and one for the file in it, whose content is the program. */
static bool take_put(struct server *server, const struct asked *asked, int fd)
{
    size_t number = sandbox.puts++;
    const char *file = asked->body.data + 512;
    const char *path = strstr(asked->target, "?path=");
    (void)server;
    if (strncmp(asked->target, "/v1/fs/upload-batch?path=", 25) != 0 || asked->body.length < 2048 ||
        strcmp(asked->method, "POST") != 0) {
        return server_reply(fd, "599 No Upload", "text/plain", "no upload");
    }
    (void)snprintf(sandbox.places[number], sizeof(sandbox.places[0]), "%.90s %.90s", path + 6,
                   asked->body.data);
    (void)snprintf(sandbox.names[number], sizeof(sandbox.names[0]), "%.99s", strrchr(file, '/') + 1);
    const struct sbx_program *program = sbx_programs;
    size_t padded = asked->body.length - 2048;
    while (program->machine != NULL && (program->length + 511) / 512 * 512 != padded) {
        program++;
    }
    sandbox.program = program->machine != NULL && memcmp(file + 512, program->data, program->length) == 0;
    return sandbox.put != NULL && server_reply(fd, sandbox.put, JSON, "{}");
}

static int set_up(void **state)
{
    memset(&sandbox, 0, sizeof(sandbox));
    sandbox.put = "200 OK";
    int status = frames_set_up(state);
    frames.search = search;
    frames.other = take_put;
    return status;
}

static void say(const struct saying *sayings, size_t count)
{
    memset(sandbox.sayings, 0, sizeof(sandbox.sayings));
    memcpy(sandbox.sayings, sayings, count * sizeof(*sayings));
    sandbox.next = 0;
    sandbox.puts = 0;
}
#define SAY(...) say((const struct saying[]){__VA_ARGS__}, COUNT(((const struct saying[]){__VA_ARGS__})))

#define GREETS                                                                                               \
    {                                                                                                        \
        "200 OK", 0, NULL                                                                                    \
    }
#define SHELL(code, text)                                                                                    \
    {                                                                                                        \
        "200 OK", code, text                                                                                 \
    }
#define SERVER(status, text)                                                                                 \
    {                                                                                                        \
        status, -1, text                                                                                     \
    }
#define PLACES "/home/u/.cache/agentos-sandbox\n/w/.agentos-sandbox\n/tmp/.agentos-sandbox-7\n"
#define NOT_THERE SHELL(66, "Linux\nx86_64\n" PLACES)

/* Asks for "/x", which what is there echoes; its status, and what is known afterwards. */
static enum sbx_status ask(struct world *world, struct sbx_fs *fs, enum sbx_companion_state known,
                           const char *why)
{
    char reason[SBX_DETAIL_MAX];
    enum sbx_status status = frames_run(world, fs, SBX_OP_READLINK, "/x");
    enum sbx_companion_state is = sbx_fs_report(fs, reason, sizeof(reason));
    if (is != known || (why != NULL && strcmp(reason, why) != 0)) {
        fail_msg("state %d (%s) instead of %d (%s)", (int)is, reason, (int)known, why == NULL ? "" : why);
    }
    return status;
}

static void test_it_is_there(void **state)
{
    struct sbx_fs *fs = frames_fs();
    SAY(GREETS);
    assert_status(ask(*state, fs, SBX_COMPANION_UP, ""), SBX_OK);
    assert_string_equal(sandbox.command, "sh");
    assert_string_equal(sandbox.new_name, "");
    assert_int_equal(sandbox.puts, 0);
    assert_int_equal(frames.searches, 1);
    sbx_fs_destroy(fs);
}

static void test_it_is_put_there(void **state)
{
    struct sbx_fs *fs = frames_fs();
    SAY(NOT_THERE, GREETS);
    assert_status(ask(*state, fs, SBX_COMPANION_UP, ""), SBX_OK);
    assert_int_equal(sandbox.puts, 1);
    assert_true(sandbox.program);
    assert_string_equal(sandbox.places[0], "/home/u/.cache agentos-sandbox/");
    assert_string_equal(sandbox.names[0], sandbox.new_name);
    assert_int_equal(strncmp(sandbox.new_name, "companion-", 10), 0);
    assert_non_null(strstr(sandbox.new_name, ".new-"));
    sbx_fs_destroy(fs);
}

/* A place that does not take it, or from which nothing is run, is followed by the next; what is no path is none. */
static void test_next_place(void **state)
{
    struct sbx_fs *fs = frames_fs();
    static const struct saying not_there =
        SHELL(66, "Linux\naarch64\n/a/.agentos-sandbox\n\n/.agentos-sandbox\nno path\nnor this\n/b\n");
    SAY(not_there, not_there, not_there, GREETS);
    sandbox.put = "500 Internal Server Error";
    assert_status(ask(*state, fs, SBX_COMPANION_UP, ""), SBX_OK);
    assert_int_equal(sandbox.puts, 3);
    assert_true(sandbox.program);
    assert_string_equal(sandbox.places[0], "/a .agentos-sandbox/");
    assert_string_equal(sandbox.places[1], "/ .agentos-sandbox/");
    assert_string_equal(sandbox.places[2], "/ b/");
    assert_string_not_equal(sandbox.names[0], sandbox.names[1]);
    sbx_fs_destroy(fs);
}

/* The search ends where there is no place left. */
static void test_no_place(void **state)
{
    struct sbx_fs *fs = frames_fs();
    static const char reason[] =
        "nothing can be put into a private directory of the sandbox and executed there";
    SAY(NOT_THERE, NOT_THERE, NOT_THERE, NOT_THERE);
    assert_status(ask(*state, fs, SBX_COMPANION_OFF, reason), SBX_ENOSYS);
    assert_int_equal(sandbox.puts, 3);
    assert_int_equal(sandbox.next, 4);
    assert_status(ask(*state, fs, SBX_COMPANION_OFF, reason), SBX_ENOSYS);
    assert_int_equal(sandbox.next, 4);
    clock_advance(SBX_COMPANION_AGAIN_MS);
    SAY(GREETS);
    assert_status(ask(*state, fs, SBX_COMPANION_UP, ""), SBX_OK);
    sbx_fs_destroy(fs);
}

/* What ends the search at once, with nothing put anywhere. */
static const struct {
    struct saying saying;
    enum sbx_companion_state known;
    const char *reason;
    enum sbx_status status; /* of what HTTP cannot do */
} ends[] = {
    {SHELL(66, ""), SBX_COMPANION_OFF, "the sandbox is no Linux", SBX_ENOSYS},
    {SHELL(66, "Linux\nx86_64\n"), SBX_COMPANION_OFF, "the sandbox is no Linux", SBX_ENOSYS},
    {SHELL(66, "Darwin\narm64\n" PLACES), SBX_COMPANION_OFF, "the sandbox is no Linux", SBX_ENOSYS},
    {SHELL(66, "Linux\nriscv64\n" PLACES), SBX_COMPANION_OFF, "there is no companion for Linux on riscv64",
     SBX_ENOSYS},
    {SHELL(66, "Linux\nx86_64\nno path\n"), SBX_COMPANION_OFF,
     "nothing can be put into a private directory of the sandbox and executed there", SBX_ENOSYS},
    {SERVER("200 OK", "no json"), SBX_COMPANION_OFF, "the server's answer to /v1/processes/run is no JSON",
     SBX_ENOSYS},
    {SERVER("200 OK", "{\"exitCode\":0}"), SBX_COMPANION_OFF,
     "the server's answer to /v1/processes/run is of another shape", SBX_ENOSYS},
    {SERVER("200 OK", "{\"exitCode\":null,\"timedOut\":true,\"stdout\":\"\"}"), SBX_COMPANION_OFF,
     "the server's answer to /v1/processes/run is of another shape", SBX_ENOSYS},
    {SERVER("404 Not Found", "{\"detail\":\"endpoint not found\"}"), SBX_COMPANION_OFF, "endpoint not found",
     SBX_ENOSYS},
    {SERVER("405 Method Not Allowed", "{\"detail\":\"no\"}"), SBX_COMPANION_OFF, "no", SBX_ENOSYS},
    {SERVER("500 Internal Server Error", "{\"detail\":\"failed to spawn: no sh\"}"), SBX_COMPANION_OFF,
     "failed to spawn: no sh", SBX_ENOSYS},
    {SERVER("503 Service Unavailable", "{\"detail\":\"of a proxy\"}"), SBX_COMPANION_UNKNOWN, "of a proxy",
     SBX_ENOSYS},
    {SERVER("403 Forbidden", "{\"detail\":\"no\"}"), SBX_COMPANION_UNKNOWN, "no", SBX_ENOSYS},
    {{NULL, 0, NULL},
     SBX_COMPANION_UNKNOWN,
     "the connection was lost; the operation may have completed",
     SBX_EIO},
};

static void test_ends_of_the_search(void **state)
{
    for (size_t i = 0; i < COUNT(ends); i++) {
        struct sbx_fs *fs = frames_fs();
        say(&ends[i].saying, 1);
        enum sbx_status status = ask(*state, fs, ends[i].known, ends[i].reason);
        if (status != ends[i].status || sandbox.puts != 0 || sandbox.next != 1) {
            fail_msg("end %zu: %s, %zu uploads, %zu searches", i, sbx_status_name(status), sandbox.puts,
                     sandbox.next);
        }
        sbx_fs_destroy(fs);
    }
}

/* What a program that is there says instead of its greeting. */
static const struct {
    struct saying saying;
    const char *reason;
} no_greetings[] = {
    {SHELL(2, "syntax error"), "the companion ended with 2"},
    {SHELL(65, ""), "the companion ended with 65"},
    {SHELL(0, ""), "the companion there is of another version"},
    {SHELL(0, "no base64"), "the companion there is of another version"},
    {SHELL(0, "BgAAAAAAAAAAAA=="), "the companion there is of another version"},
    {SHELL(0, "BgAAAAAAAAAmAA=="), "the companion there is of another version"},
};

/* It is replaced, and what is there is not asked again; where the new one does not greet either, there is none. */
static void test_program_that_does_not_greet(void **state)
{
    for (size_t i = 0; i < COUNT(no_greetings); i++) {
        const struct saying replaced[] = {no_greetings[i].saying, NOT_THERE, GREETS};
        const struct saying in_vain[] = {no_greetings[i].saying, NOT_THERE, no_greetings[i].saying};
        struct sbx_fs *fs = frames_fs();
        say(replaced, COUNT(replaced));
        assert_status(ask(*state, fs, SBX_COMPANION_UP, ""), SBX_OK);
        assert_int_equal(sandbox.puts, 1);
        assert_string_equal(sandbox.old_names, "");
        sbx_fs_destroy(fs);
        fs = frames_fs();
        say(in_vain, COUNT(in_vain));
        assert_status(ask(*state, fs, SBX_COMPANION_OFF, no_greetings[i].reason), SBX_ENOSYS);
        assert_int_equal(sandbox.next, 3);
        sbx_fs_destroy(fs);
    }
}

/* Nothing is known then, and it is looked for again with the next question. */
static void test_upload_that_is_lost(void **state)
{
    struct sbx_fs *fs = frames_fs();
    SAY(NOT_THERE);
    sandbox.put = NULL;
    assert_status(ask(*state, fs, SBX_COMPANION_UNKNOWN, NULL), SBX_EIO);
    assert_int_equal(sandbox.puts, 1);
    SAY(GREETS);
    assert_status(ask(*state, fs, SBX_COMPANION_UP, ""), SBX_OK);
    sbx_fs_destroy(fs);
}

static char command_of_batch[100];

static bool note_command(struct server *server, const struct carried *batch, int fd)
{
    (void)snprintf(command_of_batch, sizeof(command_of_batch), "%s",
                   json_string_value(json_object_get(batch->request, "command")));
    return answer_all(server, batch, fd);
}

/* Where the user says it is; that is also what runs later, whatever it says of itself. */
static void test_own_program(void **state)
{
    struct sbx_fs *fs = NULL;
    struct sbx_fs_options options = {.base_path = SBX_SPAN("/"),
                                     .timeout_ms = 10000,
                                     .companion = {.path = SBX_SPAN("/opt/\"companion\"")}};
    frames.answer = note_command;
    assert_status(sbx_fs_create(&fs, &options), SBX_OK);
    SAY(GREETS);
    assert_status(ask(*state, fs, SBX_COMPANION_UP, ""), SBX_OK);
    assert_string_equal(sandbox.command, "/opt/\"companion\"");
    assert_string_equal(command_of_batch, "/opt/\"companion\"");
    assert_int_equal(frames.batches, 1);
    sbx_fs_destroy(fs);
}

/* Another sandbox behind the same server. */
static struct sbx_endpoint *second_endpoint(struct world *world)
{
    struct sbx_endpoint *second = NULL;
    char url[100];
    (void)snprintf(url, sizeof(url), "%s/two", server_url(world->server));
    struct sbx_endpoint_options options = {.base_url = span_of(url)};
    assert_status(sbx_endpoint_create(&second, &options), SBX_OK);
    return second;
}

/* Asks both together: the second for "/2" first, then the first for "/1", and both once more. */
static void ask_both(struct world *world, struct sbx_fs *fs, struct sbx_op **ops)
{
    struct sbx_endpoint *first = world->endpoint;
    struct sbx_endpoint *second = second_endpoint(world);
    assert_status(ask(world, fs, SBX_COMPANION_UP, ""), SBX_OK);
    frames_forget();
    for (size_t i = 0; i < 4; i++) {
        world->endpoint = i % 2 == 0 ? second : first;
        ops[i] = frames_op(world, fs, SBX_OP_READLINK, i % 2 == 0 ? "/2" : "/1");
        sbx_lane_submit(ops[i], world->engine);
    }
    world->endpoint = first;
    world_drive(world, 4);
    sbx_endpoint_unref(second);
}

/* What is known of one is not known of the other, also where both are asked together. */
static void test_two_sandboxes(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[4];
    struct sbx_fs *fs = frames_fs();
    SAY(GREETS, GREETS, GREETS);
    ask_both(world, fs, ops);
    for (size_t i = 0; i < 4; i++) {
        assert_echo(ops[i]);
    }
    assert_batches("readlink /1, readlink /1", "readlink /2, readlink /2");
    assert_int_equal(server_count_of(world->server, "POST /two/v1/processes/run"), 2);
    assert_int_equal(frames.searches, 2);
    frames_destroy(ops, 4);
    sbx_fs_destroy(fs);
}

/* There is none in the second; or its search fails: the first has one all the same. */
static void test_one_of_two_sandboxes(void **state)
{
    struct world *world = *state;
    for (int way = 0; way < 2; way++) {
        struct sbx_op *ops[4];
        struct sbx_fs *fs = frames_fs();
        struct saying none = SERVER("404 Not Found", "{\"detail\":\"endpoint not found\"}");
        struct saying lost = {NULL, 0, NULL};
        SAY(GREETS, way == 0 ? none : lost, GREETS);
        ask_both(world, fs, ops);
        for (size_t i = 0; i < 4; i++) {
            if (i % 2 == 1) {
                assert_echo(ops[i]);
            } else {
                assert_end(ops[i], way == 0 ? SBX_ENOSYS : SBX_EIO, NULL);
            }
        }
        assert_batches("readlink /1, readlink /1");
        frames_destroy(ops, 4);
        sbx_fs_destroy(fs);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, frames_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_it_is_there),
        TEST(test_it_is_put_there),
        TEST(test_next_place),
        TEST(test_no_place),
        TEST(test_ends_of_the_search),
        TEST(test_upload_that_is_lost),
        TEST(test_program_that_does_not_greet),
        TEST(test_own_program),
        TEST(test_two_sandboxes),
        TEST(test_one_of_two_sandboxes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
