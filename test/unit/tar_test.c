/* tar_test.c: the archive is one that tar(1) lists and unpacks: a private directory, and in it the program.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion/tar.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"
#include "takeover.h"

#define BLOCK ((size_t)512)

extern char **environ;

/* Runs tar(1) in `folder`; its output is in the file "out" there. Its exit code. */
static int tar(const char *folder, const char *how, const char *what)
{
    char *argv[] = {"tar", "--numeric-owner", (char *)(uintptr_t)how, "a.tar", (char *)(uintptr_t)what, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid = 0;
    int end = -1;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(posix_spawn_file_actions_addchdir_np(&actions, folder), 0);
    assert_int_equal(posix_spawn_file_actions_addopen(&actions, 1, "out", O_WRONLY | O_CREAT | O_TRUNC, 0600),
                     0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, 1, 2), 0);
    assert_int_equal(posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ), 0);
    assert_int_equal(waitpid(pid, &end, 0), pid);
    (void)posix_spawn_file_actions_destroy(&actions);
    return WIFEXITED(end) ? WEXITSTATUS(end) : -1;
}

static FILE *open_in(const char *folder, const char *name, const char *mode)
{
    char path[200];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, mode);
    assert_non_null(file);
    return file;
}

static void write_archive(const char *folder, struct sbx_span content)
{
    struct sbx_bytes bytes;
    sbx_bytes_init(&bytes, SBX_MIB);
    assert_status(sbx_tar_append(&bytes, SBX_SPAN(".agentos-sandbox"), SBX_SPAN("companion-x"), content),
                  SBX_OK);
    assert_int_equal(bytes.length, (4 + (content.length + BLOCK - 1) / BLOCK) * BLOCK);
    FILE *file = open_in(folder, "a.tar", "w");
    assert_int_equal(fwrite(bytes.data, 1, bytes.length, file), bytes.length);
    assert_int_equal(fclose(file), 0);
    sbx_bytes_clear(&bytes);
}

static struct sbx_span read_in(const char *folder, const char *name, char *space, size_t size)
{
    FILE *file = open_in(folder, name, "r");
    struct sbx_span got = {space, fread(space, 1, size - 1, file)};
    space[got.length] = '\0';
    (void)fclose(file);
    return got;
}

static void assert_listed(const char *folder, size_t length)
{
    char text[2000];
    char line[200];
    if (tar(folder, "-tvf", NULL) != 0) {
        fail_msg("%s", read_in(folder, "out", text, sizeof(text)).data);
    }
    (void)read_in(folder, "out", text, sizeof(text));
    char *second = strchr(text, '\n') + 1;
    assert_int_equal(strncmp(text, "drwx------ 0/0", 14), 0);
    assert_int_equal(strncmp(second, "-rwx------ 0/0", 14), 0);
    assert_non_null(strstr(text, " .agentos-sandbox/\n-rwx"));
    (void)snprintf(line, sizeof(line), " %zu 1970-01-01", length);
    assert_non_null(strstr(second, line));
    assert_string_equal(strrchr(second, ' '), " .agentos-sandbox/companion-x\n");
}

static void assert_unpacked(const char *folder, struct sbx_span content)
{
    static char space[4 * BLOCK];
    struct stat seen;
    char path[200];
    assert_int_equal(tar(folder, "-xf", NULL), 0);
    struct sbx_span got = read_in(folder, ".agentos-sandbox/companion-x", space, sizeof(space));
    assert_true(sbx_span_equal(got, content));
    (void)snprintf(path, sizeof(path), "%s/.agentos-sandbox", folder);
    assert_int_equal(stat(path, &seen), 0);
    assert_int_equal(seen.st_mode, S_IFDIR | 0700);
}

static void remove_in(const char *folder, const char *name)
{
    char path[200];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(remove(path), 0);
}

/* Contents around the size of a block: each is padded to whole ones. */
static void test_tar_reads_it(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK};
    char folder[100];
    const char *temporary = getenv("TMPDIR");
    (void)snprintf(folder, sizeof(folder), "%.80s/sbx-XXXXXX", temporary == NULL ? "/tmp" : temporary);
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < COUNT(lengths); i++) {
        char *bytes = pattern(lengths[i]);
        struct sbx_span content = {bytes, lengths[i]};
        write_archive(folder, content);
        assert_listed(folder, content.length);
        assert_unpacked(folder, content);
        free(bytes);
    }
    remove_in(folder, ".agentos-sandbox/companion-x");
    remove_in(folder, ".agentos-sandbox");
    remove_in(folder, "a.tar");
    remove_in(folder, "out");
    assert_int_equal(rmdir(folder), 0);
}

/* It ends with two empty blocks, behind which there is nothing. */
static void test_end(void **state)
{
    (void)state;
    static const char zeros[2 * BLOCK];
    struct sbx_bytes bytes;
    sbx_bytes_init(&bytes, SBX_MIB);
    assert_status(sbx_tar_append(&bytes, SBX_SPAN("d"), SBX_SPAN("n"), SBX_SPAN("content")), SBX_OK);
    assert_int_equal(bytes.length, 5 * BLOCK);
    assert_memory_equal(bytes.data + bytes.length - sizeof(zeros), zeros, sizeof(zeros));
    assert_memory_equal(bytes.data + 257,
                        "ustar\0"
                        "00",
                        8);
    sbx_bytes_clear(&bytes);
}

static void test_names_that_are_too_long(void **state)
{
    (void)state;
    char name[100];
    struct sbx_bytes bytes;
    memset(name, 'n', sizeof(name));
    sbx_bytes_init(&bytes, SBX_MIB);
    for (size_t length = 0; length <= sizeof(name); length++) {
        struct sbx_span directory = {name, length};
        struct sbx_span rest = {name, 98 - (length < 98 ? length : 98)};
        enum sbx_status fits = length <= 98 ? SBX_OK : SBX_ENAMETOOLONG;
        assert_status(sbx_tar_append(&bytes, directory, rest, SBX_SPAN("")), fits);
        rest.length++;
        assert_status(sbx_tar_append(&bytes, directory, rest, SBX_SPAN("")), SBX_ENAMETOOLONG);
        sbx_bytes_clear(&bytes);
        sbx_bytes_init(&bytes, SBX_MIB);
    }
    sbx_bytes_clear(&bytes);
}

static enum sbx_status append(void *user)
{
    struct sbx_bytes bytes;
    sbx_bytes_init(&bytes, SBX_MIB);
    enum sbx_status status = sbx_tar_append(&bytes, SBX_SPAN("d"), SBX_SPAN("n"), *(struct sbx_span *)user);
    sbx_bytes_clear(&bytes);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    char *bytes = pattern(100000);
    struct sbx_span content = {bytes, 100000};
    assert_in_range(allocations_fail_each(append, &content), 1, 20);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tar_reads_it),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_names_that_are_too_long),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
