/* run_test.c: the program itself, as it is shipped, under the sanitizers, and for the other machine that it is built for
 * (under an emulator): frames in its arguments and variables, replies on its output, and how it ends. All of them
 * answer the same.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "companion/base64.h"
#include "scratch.h"

#define PIECES 20

#if defined(__x86_64__)
#define OWN "linux-x64"
#define OWN_ARCHITECTURE SBX_ARCHITECTURE_X64
#define OTHER "linux-arm64"
#define OTHER_ARCHITECTURE SBX_ARCHITECTURE_ARM64
#define EMULATOR "qemu-aarch64"
#elif defined(__aarch64__)
#define OWN "linux-arm64"
#define OWN_ARCHITECTURE SBX_ARCHITECTURE_ARM64
#define OTHER "linux-x64"
#define OTHER_ARCHITECTURE SBX_ARCHITECTURE_X64
#define EMULATOR "qemu-x86_64"
#endif

static struct program {
    const char *file;
    enum sbx_architecture architecture;
    const char *emulator; /* what runs it; NULL: this machine */
    char path[PATH_MAX];
} programs[] = {
    {"build/companion/" OWN "/agentos-companion", OWN_ARCHITECTURE, NULL, ""},
    {"build/companion/" OTHER "/agentos-companion", OTHER_ARCHITECTURE, EMULATOR, ""},
    {"build/test-companion/agentos-companion", OWN_ARCHITECTURE, NULL, ""},
};
static const struct program *program;

static char bytes[SBX_BATCH_MAX];
static struct sbx_writer batch;
static char reply_bytes[SBX_REPLIES_MAX];
static struct sbx_reader replies;

static char *arguments[PIECES + 4];
static char *variables[PIECES + 1];
static size_t argument_count;
static size_t first_argument; /* of the program */
static size_t variable_count;

static void put(uint32_t id, unsigned code, struct sbx_args args)
{
    size_t start = sbx_frame_begin(&batch, id, (uint16_t)code);
    if (code != SBX_FRAME_GREET) {
        assert_status(sbx_args_encode(sbx_op_row(code), &args, &batch), SBX_OK);
    }
    assert_status(sbx_frame_end(&batch, start), SBX_OK);
}

static void begin(void)
{
    batch = sbx_buf_writer(bytes, sizeof(bytes));
    argument_count = 0;
    variable_count = 0;
    if (program->emulator != NULL) {
        arguments[argument_count++] = strdup(program->emulator);
    }
    arguments[argument_count++] = strdup(program->path);
    first_argument = argument_count;
    arguments[argument_count++] = strdup("run");
}

static char *join(const char *before, struct sbx_span content)
{
    size_t length = strlen(before);
    char *text = calloc(1, length + SBX_BASE64_LENGTH(content.length) + 1);
    memcpy(text, before, length);
    sbx_base64_encode(text + length, content);
    return text;
}

static void add_argument(struct sbx_span content)
{
    arguments[argument_count++] = join("", content);
}

static void add_variable(struct sbx_span content)
{
    char name[32];
    (void)snprintf(name, sizeof(name), "@%zu", variable_count);
    arguments[argument_count++] = strdup(name);
    (void)snprintf(name, sizeof(name), "SBX_%zu=", variable_count);
    variables[variable_count++] = join(name, content);
}

static size_t read_all(int fd, char *text, size_t size)
{
    size_t length = 0;
    ssize_t got = 0;
    do {
        got = read(fd, text + length, size - length);
        length += got > 0 ? (size_t)got : 0;
    } while (got > 0 || (got < 0 && errno == EINTR));
    assert_int_equal(close(fd), 0);
    return length;
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(texts[i]);
        texts[i] = NULL;
    }
}

/* Starts `file` with this output, which is closed here. */
static pid_t start(const char *file, int output)
{
    pid_t child = 0;
    posix_spawn_file_actions_t actions;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO), 0);
    free(arguments[first_argument - 1]);
    arguments[first_argument - 1] = strdup(file);
    int spawned = posix_spawnp(&child, arguments[0], &actions, NULL, arguments, variables);
    assert_int_equal(posix_spawn_file_actions_destroy(&actions), 0);
    assert_int_equal(close(output), 0);
    free_texts(arguments, argument_count);
    free_texts(variables, variable_count);
    assert_int_equal(spawned, 0);
    return child;
}

static int end_of(pid_t child)
{
    int status = 0;
    assert_true(waitpid(child, &status, 0) == child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Runs `file` and gives how it ended; its replies are in `replies`. */
static int run_file(const char *file)
{
    static char text[SBX_BASE64_LENGTH(SBX_REPLIES_MAX)];
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t child = start(file, ends[1]);
    size_t length = read_all(ends[0], text, sizeof(text));
    int ended = end_of(child);
    struct sbx_writer writer = sbx_buf_writer(reply_bytes, sizeof(reply_bytes));
    assert_status(base64_decode(&writer, (struct sbx_span){text, length}), SBX_OK);
    replies = sbx_buf_reader(sbx_buf_written(&writer));
    return ended;
}

static int run(void)
{
    return run_file(program->path);
}

static struct sbx_span next(uint32_t id, enum sbx_status status)
{
    struct sbx_frame reply;
    assert_status(sbx_frame_next(&replies, &reply), SBX_OK);
    assert_int_equal(reply.id, id);
    assert_status((enum sbx_status)reply.code, status);
    return reply.payload;
}

static struct sbx_greeting greeting_of(const char *file)
{
    struct sbx_greeting greeting;
    begin();
    put(1, SBX_FRAME_GREET, (struct sbx_args){0});
    add_argument(sbx_buf_written(&batch));
    assert_int_equal(run_file(file), 0);
    assert_status(sbx_greeting_decode(next(1, SBX_OK), &greeting), SBX_OK);
    return greeting;
}

static void copy_program(const char *path)
{
    static char content[64 * 1024];
    int from = open(program->path, O_RDONLY | O_CLOEXEC);
    int to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
    ssize_t got = 0;
    while ((got = read(from, content, sizeof(content))) > 0) {
        assert_true(write(to, content, (size_t)got) == got);
    }
    assert_int_equal(got, 0);
    assert_int_equal(close(from), 0);
    assert_int_equal(close(to), 0);
}

/* Put somewhere by the user: the directory is not the companion's, though nobody else may look into it. */
static void test_greeting(void **state)
{
    (void)state;
    struct sbx_greeting greeting = greeting_of(program->path);
    assert_true(greeting.cores > 0);
    assert_int_equal(greeting.architecture, program->architecture);
    assert_true(sbx_greeting_knows(&greeting, SBX_OP_WRITE));
    char path[PATH_MAX];
    assert_text(greeting.program, program->path);
    assert_non_null(realpath(".agentos-sandbox", path));
    assert_text(greeting.directory, path);
    assert_int_equal(mkdir("mine", 0700), 0);
    copy_program("mine/agentos-companion");
    greeting = greeting_of("mine/agentos-companion");
    assert_text(greeting.directory, path);
}

/* Uploaded to a private directory it takes its name, says where it is, counts as used, and those that were not
 * used for long go. */
static void test_greeting_where_it_was_put(void **state)
{
    (void)state;
    static const char other[] = "place/companion-ffffffffffffffff";
    static const char uploaded[] = "place/companion-0123456789abcdef.new-fedcba9876543210";
    const struct timespec old[] = {{.tv_sec = 1}, {.tv_sec = 1}};
    char path[PATH_MAX];
    struct stat stat;
    assert_int_equal(mkdir("place", 0700), 0);
    copy_program(uploaded);
    scratch_put(other, "");
    assert_int_equal(utimensat(AT_FDCWD, uploaded, old, 0), 0);
    assert_int_equal(utimensat(AT_FDCWD, other, old, 0), 0);
    struct sbx_greeting greeting = greeting_of(uploaded);
    assert_non_null(realpath("place", path));
    assert_text(greeting.directory, path);
    assert_non_null(realpath("place/companion-0123456789abcdef", path));
    assert_text(greeting.program, path);
    assert_int_equal(lstat(path, &stat), 0);
    assert_true(stat.st_atim.tv_sec > 1 && stat.st_mtim.tv_sec > 1);
    assert_false(scratch_is_there(uploaded));
    assert_false(scratch_is_there(other));
}

/* Of the program at `path`, which is started when it is not there any more, nor `directory`, where one is given. */
static struct sbx_greeting greeting_of_removed(const char *path, const char *directory)
{
    char open_file[64];
    int fd = open(path, O_RDONLY); /* the program gets it too: it is started by it */
    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    if (directory != NULL) {
        assert_int_equal(rmdir(directory), 0);
    }
    (void)snprintf(open_file, sizeof(open_file), "/proc/self/fd/%d", fd);
    struct sbx_greeting greeting = greeting_of(open_file);
    assert_int_equal(close(fd), 0);
    return greeting;
}

/* Removed while it runs it says where it was, and makes its directory again. */
static void test_greeting_of_a_removed_program(void **state)
{
    (void)state;
    static const char name[] = "place/companion-0123456789abcdef";
    char here[PATH_MAX];
    char place[PATH_MAX + 8];
    char path[PATH_MAX + 64];
    struct stat stat;
    assert_non_null(getcwd(here, sizeof(here)));
    (void)snprintf(place, sizeof(place), "%s/place", here);
    for (int i = 0; i < 2 && program->emulator == NULL; i++) { /* an emulator says what it was asked for */
        assert_int_equal(i == 0 ? mkdir("place", 0700) : 0, 0);
        copy_program(name);
        struct sbx_greeting greeting = greeting_of_removed(name, i == 0 ? NULL : "place");
        (void)snprintf(path, sizeof(path), "%s/%s", place, strchr(name, '/') + 1);
        assert_text(greeting.program, path);
        assert_text(greeting.directory, place);
        assert_int_equal(lstat("place", &stat), 0);
        assert_int_equal(stat.st_mode, S_IFDIR | 0700);
    }
    copy_program("a companion (deleted)");
    assert_non_null(realpath("a companion (deleted)", path));
    assert_text(greeting_of("./a companion (deleted)").program, path);
}

/* The pieces together are the batch: a frame may go on from one to the next. */
static void test_pieces(void **state)
{
    (void)state;
    for (size_t cut = 1; cut < 30; cut += 7) {
        begin();
        put(1, SBX_OP_WRITE, (struct sbx_args){.path = P("a\nb"), .data = P("content")});
        put(2, SBX_OP_READ, (struct sbx_args){.path = P("a\nb")});
        put(3, SBX_OP_RMDIR, (struct sbx_args){.path = P("a\nb")});
        put(4, SBX_OP_UNLINK, (struct sbx_args){.path = P("a\nb")});
        struct sbx_span whole = sbx_buf_written(&batch);
        add_variable((struct sbx_span){whole.data, cut});
        add_argument((struct sbx_span){whole.data + cut, 10});
        add_variable((struct sbx_span){whole.data + cut + 10, whole.length - cut - 10});
        assert_int_equal(run(), 0);
        (void)next(1, SBX_OK);
        struct sbx_answer read;
        assert_status(sbx_result_decode(sbx_op_row(SBX_OP_READ), next(2, SBX_OK), &read), SBX_OK);
        assert_text(read.bytes, "content");
        (void)next(3, SBX_ENOTDIR);
        (void)next(4, SBX_OK);
        assert_int_equal(sbx_buf_left(&replies), 0);
    }
}

/* As much as one request brings, and as much as one output may have. */
static void test_large(void **state)
{
    (void)state;
    enum { PIECE = SBX_PIECE_MAX, LENGTH = 500000 };
    char *content = pattern(LENGTH);
    struct sbx_span data = {content, LENGTH};
    begin();
    put(1, SBX_OP_WRITE, (struct sbx_args){.path = P("file"), .data = data});
    put(2, SBX_OP_READ, (struct sbx_args){.path = P("file")});
    for (size_t at = 0; at < batch.length; at += PIECE) {
        size_t left = batch.length - at;
        add_variable((struct sbx_span){bytes + at, left < PIECE ? left : PIECE});
    }
    assert_int_equal(run(), 0);
    (void)next(1, SBX_OK);
    struct sbx_answer read;
    assert_status(sbx_result_decode(sbx_op_row(SBX_OP_READ), next(2, SBX_OK), &read), SBX_OK);
    assert_true(sbx_span_equal(read.bytes, data));
    free(content);
}

static int run_with(const char *verb, const char *piece)
{
    begin();
    argument_count = first_argument;
    free(arguments[first_argument]);
    arguments[first_argument] = NULL;
    if (verb != NULL) {
        arguments[argument_count++] = strdup(verb);
    }
    if (piece != NULL) {
        arguments[argument_count++] = strdup(piece);
    }
    return run();
}

static void test_how_it_ends(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "", "AAAA", "no base64", "@", "@0", "@x", "@-1", "@99999999999999999999", "BgAAAAEAAAACA", NULL,
    };
    assert_int_equal(run_with(NULL, NULL), 64);
    assert_int_equal(run_with("serve", NULL), 64);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(run_with("run", wrong[i]), 65);
        assert_int_equal(sbx_buf_left(&replies), 0);
    }
}

/* What was done is not told; 65 would say that nothing was. */
static void test_replies_that_cannot_be_written(void **state)
{
    (void)state;
    static const char *const directories[] = {"full", "closed"};
    for (size_t i = 0; i < COUNT(directories); i++) {
        int ends[2];
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        assert_int_equal(close(ends[0]), 0);
        int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
        begin();
        put(1, SBX_OP_MKDIR, (struct sbx_args){.path = P(directories[i])});
        add_argument(sbx_buf_written(&batch));
        assert_int_equal(end_of(start(program->path, i == 0 ? full : ends[1])), 74);
        assert_int_equal(close(i == 0 ? ends[1] : full), 0);
        assert_true(scratch_is_there(directories[i]));
    }
}

static void put_questions(void)
{
    put(1, SBX_OP_STAT, (struct sbx_args){.path = P("file")});
    put(2, SBX_OP_LSTAT, (struct sbx_args){.path = P("link")});
    put(3, SBX_OP_READ, (struct sbx_args){.path = P("link")});
    put(4, SBX_OP_PREAD, (struct sbx_args){.path = P("file"), .offset = 3, .length = 100});
    put(5, SBX_OP_READLINK, (struct sbx_args){.path = P("link")});
    put(6, SBX_OP_READDIR, (struct sbx_args){.path = P(".")});
    put(7, SBX_OP_REALPATH, (struct sbx_args){.path = P("link")});
    put(8, SBX_OP_STAT, (struct sbx_args){.path = P("missing")});
    put(9, SBX_OP_RMDIR, (struct sbx_args){.path = P("file")});
    put(10, SBX_OP_SYMLINK, (struct sbx_args){.target = P("file"), .path = P("link")});
}

/* The replies of `by` as they are, borrowed until the next run. */
static struct sbx_span asked(const struct program *by)
{
    program = by;
    begin();
    put_questions();
    add_argument(sbx_buf_written(&batch));
    assert_int_equal(run(), 0);
    return (struct sbx_span){reply_bytes, sbx_buf_left(&replies)};
}

/* What this program made, it and the first one see alike, to the byte. */
static void test_all_agree(void **state)
{
    (void)state;
    const struct program *tested = program;
    begin();
    put(1, SBX_OP_WRITE, (struct sbx_args){.path = P("file"), .data = P("content")});
    put(2, SBX_OP_SYMLINK, (struct sbx_args){.target = P("file"), .path = P("link")});
    put(3, SBX_OP_READ,
        (struct sbx_args){.path = P("link")}); /* the access times of both change now, or never */
    put(4, SBX_OP_READDIR, (struct sbx_args){.path = P(".")});
    put(5, SBX_OP_READLINK, (struct sbx_args){.path = P("link")});
    add_argument(sbx_buf_written(&batch));
    assert_int_equal(run(), 0);
    scratch_has("file", "content");
    struct sbx_span first = asked(&programs[0]);
    char *kept = malloc(first.length);
    memcpy(kept, first.data, first.length);
    first.data = kept;
    struct sbx_span now = asked(tested);
    bool same = sbx_span_equal(now, first);
    free(kept);
    assert_true(same);
    (void)next(1, SBX_OK);
    (void)next(2, SBX_OK);
    struct sbx_answer read;
    assert_status(sbx_result_decode(sbx_op_row(SBX_OP_READ), next(3, SBX_OK), &read), SBX_OK);
    assert_text(read.bytes, "content");
}

static int in_each_program(const struct CMUnitTest *tests, size_t count)
{
    int failed = 0;
    for (size_t i = 0; i < COUNT(programs); i++) {
        program = &programs[i];
        failed += _cmocka_run_group_tests(program->path, tests, count, NULL, NULL);
    }
    return failed;
}

static bool find_programs(void)
{
    bool good = true;
    for (size_t i = 0; i < COUNT(programs); i++) {
        good = good && realpath(programs[i].file, programs[i].path) != NULL;
    }
    return good;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_greeting),
        scratch_test(test_greeting_where_it_was_put),
        scratch_test(test_greeting_of_a_removed_program),
        scratch_test(test_pieces),
        scratch_test(test_large),
        scratch_test(test_all_agree),
        scratch_test(test_how_it_ends),
        scratch_test(test_replies_that_cannot_be_written),
    };
    if (!find_programs()) {
        (void)fprintf(stderr, "run_test: the programs are not built\n");
        return 1;
    }
    return in_each_program(tests, COUNT(tests));
}
