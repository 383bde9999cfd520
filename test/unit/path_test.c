/* path_test.c: no path leaves the directory it is anchored at, and those that the server would take for another
 * file are refused.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/path.h"

#include "support.h"
#include "takeover.h"

static const struct {
    const char *path;
    const char *anchored;
} cases[] = {
    {"", "/"},
    {"/", "/"},
    {"//", "/"},
    {".", "/"},
    {"./", "/"},
    {"..", "/"},
    {"/..", "/"},
    {"../../..", "/"},
    {"../../../etc/passwd", "/etc/passwd"},
    {"/../etc", "/etc"},
    {"a", "/a"},
    {"/a", "/a"},
    {"a/", "/a"},
    {"///a///b///", "/a/b"},
    {"a/./b/../c", "/a/c"},
    {"a/..", "/"},
    {"a/../..", "/"},
    {"a/b/../../../c", "/c"},
    {"a/b/c/../..", "/a"},
    {"/a/..b", "/a/..b"},
    {"/a/b..", "/a/b.."},
    {"/...", "/..."},
    {"/.hidden", "/.hidden"},
    {"/a/.../b", "/a/.../b"},
    {"/a\\..\\b", "/a\\..\\b"},
    {"/%2e%2e/a", "/%2e%2e/a"}, /* only a URL would take these for dots */
    {"/sp ace/\xc3\xa4\n", "/sp ace/\xc3\xa4\n"},
    {"C:/x", "/C:/x"},
    {"~/x", "/~/x"},
};

static void test_anchors(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sbx_bytes bytes;
        sbx_bytes_init(&bytes, 2 * SBX_PATH_MAX);
        assert_status(sbx_path_anchor(&bytes, span_of(cases[i].path)), SBX_OK);
        assert_text(sbx_bytes_span(&bytes), cases[i].anchored);
        sbx_bytes_clear(&bytes);
    }
}

/* Whatever the parts, the result is absolute and free of ".", ".." and empty parts. */
static void test_every_short_path(void **state)
{
    (void)state;
    static const char *const parts[] = {"", ".", "..", "a", "..."};
    for (unsigned number = 0; number < 5 * 5 * 5 * 5 * 5; number++) {
        char path[32] = "";
        size_t length = 0;
        for (unsigned i = 0, rest = number; i < 5; i++, rest /= 5) {
            size_t part = strlen(parts[rest % 5]);
            memcpy(path + length, parts[rest % 5], part);
            length += part;
            path[length++] = '/';
        }
        struct sbx_bytes bytes;
        sbx_bytes_init(&bytes, 100);
        assert_status(sbx_path_anchor(&bytes, (struct sbx_span){path, length}), SBX_OK);
        sbx_bytes_append_text(&bytes, "/");
        const char *text = sbx_bytes_text(&bytes);
        assert_int_equal(text[0], '/');
        assert_true(bytes.length == 2 || strstr(text, "//") == NULL);
        assert_null(strstr(text, "/./"));
        assert_null(strstr(text, "/../"));
        sbx_bytes_clear(&bytes);
    }
}

static void test_keeps_what_stands_before(void **state)
{
    (void)state;
    struct sbx_bytes bytes;
    sbx_bytes_init(&bytes, 2 * SBX_PATH_MAX);
    sbx_bytes_append_text(&bytes, "/base");
    assert_status(sbx_path_anchor(&bytes, SBX_SPAN("a/../../../..")), SBX_OK);
    assert_text(sbx_bytes_span(&bytes), "/base/");
    sbx_bytes_clear(&bytes);
}

static void refused(struct sbx_span path, enum sbx_status status)
{
    struct sbx_bytes bytes;
    sbx_bytes_init(&bytes, 2 * SBX_PATH_MAX);
    assert_status(sbx_path_anchor(&bytes, path), status);
    sbx_bytes_clear(&bytes);
}

static void test_refuses_what_is_no_path(void **state)
{
    (void)state;
    refused(SBX_SPAN("/a\0b"), SBX_EINVAL);
    refused(SBX_SPAN("\0"), SBX_EINVAL);
    refused(SBX_SPAN("/a\xff"), SBX_EINVAL);
    refused(SBX_SPAN("/\xc0\xaf..\xc0\xaf"), SBX_EINVAL);
    refused(SBX_SPAN("/\xed\xa0\x80"), SBX_EINVAL);
    refused(SBX_SPAN("/cut\xe2\x82"), SBX_EINVAL);
    refused(SBX_SPAN("x/../\xff/.."), SBX_EINVAL); /* also where the part goes away again */
}

/* Linux's PATH_MAX is 4,096 with the NUL. */
static void test_length(void **state)
{
    (void)state;
    struct sbx_bytes bytes;
    char path[20000];
    memset(path, 'a', sizeof(path));
    path[0] = '/';
    sbx_bytes_init(&bytes, 2 * SBX_PATH_MAX);
    assert_status(sbx_path_anchor(&bytes, (struct sbx_span){path, 4095}), SBX_OK);
    assert_int_equal(bytes.length, 4095);
    sbx_bytes_clear(&bytes);
    refused((struct sbx_span){path, 4096}, SBX_ENAMETOOLONG);
    refused((struct sbx_span){path, sizeof(path)}, SBX_ENAMETOOLONG);
    for (size_t i = 0; i < sizeof(path); i += 2) {
        path[i] = '/';
    }
    refused((struct sbx_span){path, sizeof(path)}, SBX_ENAMETOOLONG);
}

static void test_parent(void **state)
{
    (void)state;
    assert_text(sbx_path_parent(SBX_SPAN("/")), "/");
    assert_text(sbx_path_parent(SBX_SPAN("/a")), "/");
    assert_text(sbx_path_parent(SBX_SPAN("/a/b")), "/a");
    assert_text(sbx_path_parent(SBX_SPAN("/a/b/cde")), "/a/b");
    assert_true(sbx_path_is_root(SBX_SPAN("/")));
    assert_false(sbx_path_is_root(SBX_SPAN("/a")));
}

static enum sbx_status anchor(void *user)
{
    struct sbx_bytes bytes;
    char path[2000]; /* so long, and of so many parts, that it takes more than one allocation */
    for (size_t i = 0; i < sizeof(path); i++) {
        path[i] = i % 50 == 0 ? '/' : 'a';
    }
    sbx_bytes_init(&bytes, 2 * SBX_PATH_MAX);
    sbx_bytes_append_text(&bytes, user);
    enum sbx_status status = bytes.status;
    if (status == SBX_OK) {
        status = sbx_path_anchor(&bytes, (struct sbx_span){path, sizeof(path)});
    }
    sbx_bytes_clear(&bytes);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_in_range(allocations_fail_each(anchor, ""), 2, 9);
}

/* The failure of a value that held something before is told as what it is, too. */
static void test_no_memory_behind_something(void **state)
{
    (void)state;
    assert_in_range(allocations_fail_each(anchor, "/base"), 2, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_anchors),
        cmocka_unit_test(test_every_short_path),
        cmocka_unit_test(test_keeps_what_stands_before),
        cmocka_unit_test(test_refuses_what_is_no_path),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_parent),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_no_memory_behind_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
