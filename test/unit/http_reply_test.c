/* http_reply_test.c: what the server says of files becomes what stat(2) and readdir(3) would have said, and what
 * is of another shape is refused whole.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http_reply.h"

#include <stdio.h>
#include <time.h>

#include "core/bytes.h"
#include "support.h"
#include "takeover.h"

#define NS INT64_C(1000000000)

/* Whether what is wrong was taken for right; says so. */
static bool taken(enum sbx_status status, const char *wrong)
{
    if (status != SBX_EPROTO) {
        print_error("%s: %s\n", sbx_status_name(status), wrong);
    }
    return status != SBX_EPROTO;
}

/* ---- Times ------------------------------------------------------------------------------------------ */

static const struct {
    const char *text;
    int64_t time_ns;
} times[] = {
    {"1970-01-01T00:00:00+00:00", 0},
    {"1970-01-01T00:00:00Z", 0},
    {"2026-05-20T16:27:29+00:00", 1779294449 * NS},
    {"2026-05-20T16:27:29.5+00:00", 1779294449 * NS + 500000000},
    {"2026-05-20T16:27:29.007+00:00", 1779294449 * NS + 7000000},
    {"2026-05-20T16:27:29.000008+00:00", 1779294449 * NS + 8000},
    {"2026-11-24T14:13:36.428668595+00:00", 1795529616 * NS + 428668595},
    {"2000-02-29T00:00:00Z", 951782400 * NS},
    {"1900-03-01T00:00:00Z", -2203891200 * NS},
    {"2100-03-01T00:00:00Z", 4107542400 * NS},
    {"1969-12-31T23:59:59.25+00:00", -750000000},
    {"1901-02-03T04:05:06.007+00:00", -2174586894 * NS + 7000000},
    {"2016-12-31T23:59:60Z", 1483228800 * NS}, /* a leap second, as POSIX counts it */
};

static void test_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(times); i++) {
        int64_t time_ns = -1;
        assert_status(sbx_http_reply_time(times[i].text, &time_ns), SBX_OK);
        if (time_ns != times[i].time_ns) {
            fail_msg("%s: %lld instead of %lld", times[i].text, (long long)time_ns,
                     (long long)times[i].time_ns);
        }
    }
}

/* Every day from 1700 to 2262, held against the C library's calendar. */
static void test_every_day(void **state)
{
    (void)state;
    for (time_t day = -98615; day < 106751; day++) {
        char text[64];
        struct tm parts;
        int64_t time_ns = 0;
        time_t seconds = day * 86400 + 45296;
        assert_non_null(gmtime_r(&seconds, &parts));
        (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S+00:00", &parts);
        if (sbx_http_reply_time(text, &time_ns) != SBX_OK || time_ns != seconds * NS) {
            fail_msg("%s: %lld", text, (long long)time_ns);
        }
    }
}

/* Files can have such times (touch -d), and the server tells them so; one of them makes no listing fail. */
static void test_times_beyond_the_range(void **state)
{
    (void)state;
    static const char *const late[] = {
        "2300-01-01T00:00:00+00:00", "5138-11-16T09:46:39+00:00",   "9999-12-31T23:59:59.999999999+00:00",
        "2262-04-12T00:00:00+00:00", "+33658-09-27T01:46:39+00:00",
    };
    static const char *const early[] = {"1677-01-01T00:00:00+00:00", "0001-01-01T00:00:00+00:00",
                                        "-0044-03-15T12:00:00+00:00"};
    int64_t time_ns = 0;
    for (size_t i = 0; i < COUNT(late); i++) {
        assert_status(sbx_http_reply_time(late[i], &time_ns), SBX_OK);
        assert_true(time_ns >= INT64_MAX / NS * NS); /* the last second that can be told, or its end */
    }
    for (size_t i = 0; i < COUNT(early); i++) {
        assert_status(sbx_http_reply_time(early[i], &time_ns), SBX_OK);
        assert_true(time_ns <= INT64_MIN / NS * NS);
    }
}

static void test_what_is_no_time(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "now",
        "2026",
        "2026-05-20",
        "2026-05-20T16:27:29",        /* of no zone */
        "2026-05-20T16:27:29+02:00",  /* UTC only */
        "2026-05-20 16:27:29+00:00 ", /* something behind it */
        "2026-05-20T16:27:29ZZ",
        "2026-05-20T16:27:29.1.2Z",
        "2026-13-20T16:27:29Z",
        "2026-00-20T16:27:29Z",
        "2026-05-00T16:27:29Z",
        "2026-05-32T16:27:29Z",
        "2026-05-20T-1:27:29Z",
        "2026-05-20T24:27:29Z",
        "2026-05-20T16:60:29Z",
        "2026-05-20T16:27:61Z",
        "2026-5-20T16:27:29Z",
        "2026-05-20T16:27: 9Z",
        " 2026-05-20T16:27:29Z",
        "2026-05-20T16:27:29.Z",
    };
    size_t accepted = 0;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        int64_t time_ns = 0;
        accepted += taken(sbx_http_reply_time(wrong[i], &time_ns), wrong[i]);
    }
    assert_int_equal(accepted, 0);
}

/* ---- A stat ------------------------------------------------------------------------------------------ */

static struct sbx_stat read_stat(const char *body, const char *path)
{
    struct sbx_stat stat;
    assert_status(sbx_http_reply_stat(span_of(body), span_of(path), &stat), SBX_OK);
    return stat;
}

static void test_stat_of_a_file(void **state)
{
    (void)state;
    struct sbx_stat stat = read_stat("{\"path\":\"/tmp/f\",\"entryType\":\"file\",\"size\":1025,"
                                     "\"modified\":\"2026-11-24T14:13:36.428668595+00:00\"}",
                                     "/tmp/f");
    assert_int_equal(stat.size, 1025);
    assert_int_equal(stat.blocks, 3); /* of 512 bytes, rounded up */
    assert_int_equal(stat.mode & SBX_S_IFMT, SBX_S_IFREG);
    assert_int_equal(stat.mode & 0444, 0444);
    assert_int_equal(stat.nlink, 1);
    assert_true(stat.mtime_ns == 1795529616 * NS + 428668595);
    assert_true(stat.atime_ns == stat.mtime_ns && stat.ctime_ns == stat.mtime_ns);
    assert_true(stat.birthtime_ns == stat.mtime_ns);
}

static void test_types(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        uint32_t mode;
    } types[] = {
        {"file", SBX_S_IFREG},
        {"directory", SBX_S_IFDIR},
        {"symlink", SBX_S_IFLNK},
        {"of-a-later-server", SBX_S_IFREG},
    };
    for (size_t i = 0; i < COUNT(types); i++) {
        char body[128];
        (void)snprintf(body, sizeof(body), "{\"entryType\":\"%s\",\"size\":0}", types[i].type);
        struct sbx_stat stat = read_stat(body, "/x");
        assert_int_equal(stat.mode & SBX_S_IFMT, types[i].mode);
        assert_int_equal(stat.blocks, 0);
        assert_true(stat.mtime_ns == 0); /* no time was told */
    }
}

/* JavaScript holds 53 bits exactly, and 0 is no inode's number. */
static void test_inode_numbers(void **state)
{
    (void)state;
    uint64_t seen[2000];
    for (size_t i = 0; i < COUNT(seen); i++) {
        char path[32];
        (void)snprintf(path, sizeof(path), "/p/%zu", i);
        seen[i] = read_stat("{\"entryType\":\"file\",\"size\":0}", path).ino;
        assert_true(seen[i] > 0 && seen[i] < UINT64_C(1) << 53);
        for (size_t k = 0; k < i; k++) {
            assert_true(seen[k] != seen[i]);
        }
    }
    assert_true(read_stat("{\"entryType\":\"directory\",\"size\":9}", "/p/0").ino == seen[0]);
}

static void test_largest_size(void **state)
{
    (void)state;
    struct sbx_stat stat = read_stat("{\"entryType\":\"file\",\"size\":9223372036854775807}", "/x");
    assert_true(stat.size == INT64_MAX);
    assert_true(stat.blocks == UINT64_C(1) << 54);
}

static void test_stat_of_another_shape(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "null",
        "[]",
        "7",
        "\"x\"",
        "{}",
        "{\"entryType\":\"file\"}",
        "{\"size\":1}",
        "{\"entryType\":1,\"size\":1}",
        "{\"entryType\":\"file\",\"size\":\"1\"}",
        "{\"entryType\":\"file\",\"size\":1.5}",
        "{\"entryType\":\"file\",\"size\":-1}",
        "{\"entryType\":\"file\",\"size\":99999999999999999999}",
        "{\"entryType\":\"file\",\"size\":1,\"modified\":\"yesterday\"}",
        "{\"entryType\":\"file\",\"size\":1,\"modified\":7}",
        "{\"entryType\":\"file\",\"size\":1",
        "{\"entryType\":\"file\",\"size\":1}}",
        "<html></html>",
        "{\"entryType\":\"\xff\",\"size\":1}",
    };
    size_t accepted = 0;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct sbx_stat stat;
        accepted += taken(sbx_http_reply_stat(span_of(wrong[i]), SBX_SPAN("/x"), &stat), wrong[i]);
    }
    assert_int_equal(accepted, 0);
}

/* ---- A list ------------------------------------------------------------------------------------------ */

static struct sbx_list read_list(const char *body)
{
    struct sbx_list list;
    assert_status(sbx_http_reply_list(span_of(body), &list), SBX_OK);
    return list;
}

static void free_list(struct sbx_list *list)
{
    free(list->entries);
    free(list->names);
}

static void test_list(void **state)
{
    (void)state;
    struct sbx_list list =
        read_list("[{\"name\":\"b\",\"path\":\"/d/b\",\"entryType\":\"file\",\"size\":4,"
                  "\"modified\":\"1970-01-01T00:00:01+00:00\"},"
                  "{\"name\":\"a \\u00e4\\n\",\"path\":\"/d/a\",\"entryType\":\"directory\",\"size\":60}]");
    assert_int_equal(list.count, 2);
    assert_text(list.entries[0].name, "b"); /* in the order of the reply */
    assert_text(list.entries[1].name, "a \xc3\xa4\n");
    assert_int_equal(list.entries[0].stat.mode & SBX_S_IFMT, SBX_S_IFREG);
    assert_int_equal(list.entries[1].stat.mode & SBX_S_IFMT, SBX_S_IFDIR);
    assert_int_equal(list.entries[0].stat.size, 4);
    assert_true(list.entries[0].stat.mtime_ns == NS);
    /* An entry is the same inode as the path that is asked for by itself. */
    assert_true(list.entries[0].stat.ino == read_stat("{\"entryType\":\"file\",\"size\":0}", "/d/b").ino);
    free_list(&list);
}

static void test_empty_list(void **state)
{
    (void)state;
    struct sbx_list list = read_list("[]");
    assert_int_equal(list.count, 0);
    free_list(&list);
}

#define ENTRY(name) "{\"name\":\"" name "\",\"entryType\":\"file\",\"size\":0}"

/* A listing that could name something outside of its directory would be a way out of the file system. */
static void test_names_that_could_be_none(void **state)
{
    (void)state;
    struct sbx_list list = read_list("[" ENTRY("") "," ENTRY(".") "," ENTRY("..") "," ENTRY("a/b") "," ENTRY(
        "/etc/passwd") "," ENTRY("..\\/x") "," ENTRY("\\u002e\\u002e") "," ENTRY("...") "," ENTRY(".a") "]");
    assert_int_equal(list.count, 2);
    assert_text(list.entries[0].name, "...");
    assert_text(list.entries[1].name, ".a");
    free_list(&list);
}

static void test_list_of_another_shape(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "{}",
        "null",
        "7",
        "[" ENTRY("a"),
        "[{\"name\":\"a\"}]",
        "[" ENTRY("a") ",{\"name\":\"b\",\"entryType\":\"file\",\"size\":-1}]",
        "[" ENTRY("a") "]]",
        "{\"entries\":[" ENTRY("a") "]}",
        "[{\"entryType\":\"file\",\"size\":0}]", /* not one of them would be shown */
        "[{\"name\":7,\"entryType\":\"file\",\"size\":0}]",
        "[null]",
        "[\"a\",\"b\"]",
    };
    size_t accepted = 0;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct sbx_list list;
        accepted += taken(sbx_http_reply_list(span_of(wrong[i]), &list), wrong[i]);
        free_list(&list);
    }
    assert_int_equal(accepted, 0);
}

static void test_list_of_100000(void **state)
{
    (void)state;
    struct sbx_bytes body;
    struct sbx_list list;
    sbx_bytes_init(&body, SBX_JSON_MAX);
    for (int i = 0; i < 100000; i++) {
        char entry[256];
        (void)snprintf(entry, sizeof(entry),
                       "%c{\"name\":\"file-%06d\",\"path\":\"/d/file-%06d\",\"entryType\":\"file\","
                       "\"size\":%d,\"modified\":\"2026-11-24T14:13:36.428668595+00:00\"}",
                       i == 0 ? '[' : ',', i, i, i);
        sbx_bytes_append_text(&body, entry);
    }
    sbx_bytes_append_text(&body, "]");
    assert_status(sbx_http_reply_list(sbx_bytes_span(&body), &list), SBX_OK);
    sbx_bytes_clear(&body);
    assert_int_equal(list.count, 100000);
    for (int i = 0; i < 100000; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "file-%06d", i);
        assert_text(list.entries[i].name, name);
        assert_int_equal(list.entries[i].stat.size, i);
    }
    free_list(&list);
}

/* ---- The end of a change ---------------------------------------------------------------------------- */

static void test_done(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "null", "[]", "true", "{", "<html></html>"};
    assert_status(sbx_http_reply_done(SBX_SPAN("{\"path\":\"/x\"}")), SBX_OK);
    assert_status(sbx_http_reply_done(SBX_SPAN("{}")), SBX_OK);
    size_t accepted = 0;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        accepted += taken(sbx_http_reply_done(span_of(wrong[i])), wrong[i]);
    }
    assert_int_equal(accepted, 0);
}

static void test_written(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "", "null", "5", "{}", "{\"bytesWritten\":\"5\"}", "{\"bytesWritten\":5.0}", "{\"bytesWritten\":5",
    };
    struct sbx_span five = SBX_SPAN("{\"path\":\"/x\",\"bytesWritten\":5}");
    assert_status(sbx_http_reply_written(five, 5), SBX_OK);
    assert_status(sbx_http_reply_written(five, 4), SBX_EIO);
    assert_status(sbx_http_reply_written(five, 6), SBX_EIO);
    assert_status(sbx_http_reply_written(SBX_SPAN("{\"bytesWritten\":-5}"), 5), SBX_EIO);
    assert_status(sbx_http_reply_written(SBX_SPAN("{\"bytesWritten\":0}"), 0), SBX_OK);
    size_t accepted = 0;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        accepted += taken(sbx_http_reply_written(span_of(wrong[i]), 5), wrong[i]);
    }
    assert_int_equal(accepted, 0);
}

/* ---- No memory --------------------------------------------------------------------------------------- */

static enum sbx_status stat_once(void *user)
{
    struct sbx_stat stat;
    return sbx_http_reply_stat(span_of(user), SBX_SPAN("/x"), &stat);
}

/* jansson's lexer, without memory, says that a token is invalid: EPROTO is an answer here too. */
static void test_no_memory_for_a_stat(void **state)
{
    (void)state;
    assert_in_range(allocations_fail_each_loosely(stat_once, "{\"entryType\":\"file\",\"size\":0}"), 3, 50);
}

static enum sbx_status list_once(void *user)
{
    struct sbx_list list = {0};
    enum sbx_status status = sbx_http_reply_list(span_of(user), &list);
    free_list(&list);
    return status;
}

static void test_no_memory_for_a_list(void **state)
{
    (void)state;
    assert_in_range(allocations_fail_each_loosely(list_once, "[" ENTRY("a") "," ENTRY("b") "]"), 5, 90);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_every_day),
        cmocka_unit_test(test_times_beyond_the_range),
        cmocka_unit_test(test_what_is_no_time),
        cmocka_unit_test(test_stat_of_a_file),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_inode_numbers),
        cmocka_unit_test(test_largest_size),
        cmocka_unit_test(test_stat_of_another_shape),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_empty_list),
        cmocka_unit_test(test_names_that_could_be_none),
        cmocka_unit_test(test_list_of_another_shape),
        cmocka_unit_test(test_list_of_100000),
        cmocka_unit_test(test_done),
        cmocka_unit_test(test_written),
        cmocka_unit_test(test_no_memory_for_a_stat),
        cmocka_unit_test(test_no_memory_for_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
