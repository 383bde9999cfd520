/* companion_list_test.c: a directory in pages, and a tree of which each page holds what fits: what is asked for next,
 * and what it all comes to.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion_list.h"

#include <stdio.h>

#include "core/lane.h"
#include "frames.h"
#include "takeover.h"

#define PAGES_MAX 8
#define ENTRIES_MAX 6

/* What is answered to one question. */
struct page {
    const char *path; /* of the question, and its offset */
    uint64_t offset;
    enum sbx_status status;
    const char *names[ENTRIES_MAX]; /* a slash at its end: a directory; two: one that is listed in the page */
    uint64_t next;
};

struct listing {
    const char *name;
    enum sbx_op_code code;
    struct page pages[PAGES_MAX];
    enum sbx_status status;
    const char *result; /* the names, a space between */
};

static const struct listing *listing;
static char asked[1000];

static const struct page *find_page(const struct sbx_args *args)
{
    for (const struct page *page = listing->pages; page->path != NULL; page++) {
        if (sbx_span_equal(args->path, span_of(page->path)) && args->offset == page->offset) {
            return page;
        }
    }
    return NULL;
}

static void put_page(struct replies *replies, const struct carried_frame *frame, const struct page *page)
{
    struct sbx_entry entries[ENTRIES_MAX];
    uint32_t listed[ENTRIES_MAX];
    struct sbx_list list = {.entries = entries, .listed = listed, .next = page->next};
    for (; list.count < ENTRIES_MAX && page->names[list.count] != NULL; list.count++) {
        struct sbx_span name = span_of(page->names[list.count]);
        size_t slashes = 0;
        while (slashes < name.length && name.data[name.length - 1 - slashes] == '/') {
            slashes++;
        }
        if (slashes == 2) {
            listed[list.listed_count++] = (uint32_t)list.count;
        }
        name.length -= slashes;
        entries[list.count] = (struct sbx_entry){
            .name = name, .stat = {.mode = slashes > 0 ? SBX_S_IFDIR : SBX_S_IFREG, .ino = list.count + 1}};
    }
    replies_answer(replies, frame, &(struct sbx_result){.list = list});
}

static bool answer_page(struct server *server, const struct carried *batch, int fd)
{
    (void)server;
    const struct page *page = find_page(&batch->frames[0].args);
    if (page == NULL) {
        return server_reply(fd, "404 Not Found", PROBLEM, "{\"detail\":\"endpoint not found\"}");
    }
    struct replies *replies = replies_begin();
    size_t length = strlen(asked);
    (void)snprintf(asked + length, sizeof(asked) - length, "%s%s@%d", length == 0 ? "" : " ", page->path,
                   (int)page->offset);
    if (page->status == SBX_OK) {
        put_page(replies, &batch->frames[0], page);
    } else {
        replies_put(replies, batch->frames[0].id, (uint16_t)page->status, SBX_SPAN(""));
    }
    return replies_send(replies, 0, fd);
}

/* The names of the result, each directory with a slash at its end. */
static void write_names(const struct sbx_list *list, char *text, size_t size)
{
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < list->count && at < size; i++) {
        const struct sbx_entry *entry = &list->entries[i];
        at += (size_t)snprintf(text + at, size - at, "%s%.*s%s", i == 0 ? "" : " ", (int)entry->name.length,
                               entry->name.data, (entry->stat.mode & SBX_S_IFMT) == SBX_S_IFDIR ? "/" : "");
    }
}

/* Every page that there is must be asked for, once, in its order. */
static void check_asked(void)
{
    char expected[1000] = "";
    for (const struct page *page = listing->pages; page->path != NULL; page++) {
        size_t length = strlen(expected);
        (void)snprintf(expected + length, sizeof(expected) - length, "%s%s@%d", length == 0 ? "" : " ",
                       page->path, (int)page->offset);
    }
    if (strcmp(asked, expected) != 0) {
        fail_msg("%s: asked was %s instead of %s", listing->name, asked, expected);
    }
}

static struct sbx_op *list(struct world *world, const struct sbx_fs *fs, const struct listing *which)
{
    listing = which;
    asked[0] = '\0';
    struct sbx_op *op = frames_op(world, fs, which->code, which->pages[0].path);
    sbx_lane_submit(op, world->engine);
    world_drive(world, 1);
    return op;
}

static void play(struct world *world, const struct listing *which)
{
    char text[1000];
    struct sbx_fs *fs = frames_fs();
    frames.answer = answer_page;
    struct sbx_op *op = list(world, fs, which);
    assert_end(op, which->status, "");
    check_asked();
    if (which->status == SBX_OK) {
        write_names(&op->result.list, text, sizeof(text));
        if (strcmp(text, which->result) != 0) {
            fail_msg("%s: %s instead of %s", which->name, text, which->result);
        }
    }
    sbx_op_destroy(op);
    sbx_fs_destroy(fs);
}

/* clang-format off */
static const struct listing directories[] = {
    {"one page", SBX_OP_READDIR, {{"/d", 0, SBX_OK, {"a", "b/"}, 0}}, SBX_OK, "a b/"},
    {"nothing", SBX_OP_READDIR, {{"/d", 0, SBX_OK, {NULL}, 0}}, SBX_OK, ""},
    {"pages", SBX_OP_READDIR,
        {{"/d", 0, SBX_OK, {"a", "b/"}, 7}, {"/d", 7, SBX_OK, {"c"}, 5}, {"/d", 5, SBX_OK, {"d", "a"}, 0}},
        SBX_OK, "a b/ c d a"},
    /* Such pages could go on for ever. */
    {"an empty page that is not the last", SBX_OP_READDIR,
        {{"/d", 0, SBX_OK, {"a"}, 7}, {"/d", 7, SBX_OK, {NULL}, 9}}, SBX_EPROTO, NULL},
    {"names in pages", SBX_OP_NAMES, {{"/", 0, SBX_OK, {"a/"}, 1}, {"/", 1, SBX_OK, {"b"}, 0}}, SBX_OK, "a/ b"},
    {"names that are none", SBX_OP_READDIR, {{"/d", 0, SBX_OK, {"a", "", ".", "..", "b/c", "d"}, 0}}, SBX_OK, "a d"},
    {"no directory", SBX_OP_READDIR, {{"/d", 0, SBX_ENOTDIR, {NULL}, 0}}, SBX_ENOTDIR, NULL},
    {"one that goes meanwhile", SBX_OP_READDIR,
        {{"/d", 0, SBX_OK, {"a"}, 7}, {"/d", 7, SBX_ENOENT, {NULL}, 0}}, SBX_ENOENT, NULL},
};

static const struct listing trees[] = {
    {"in one page", SBX_OP_WALK, {{"/t", 0, SBX_OK, {"a", "b//", "b/c//", "b/c/d"}, 0}}, SBX_OK, "a b/ b/c/ b/c/d"},
    {"directory by directory", SBX_OP_WALK,
        {{"/t", 0, SBX_OK, {"a/", "b", "c/"}, 0}, {"/t/a", 0, SBX_OK, {"x", "y/"}, 0}, {"/t/c", 0, SBX_OK, {"z"}, 0},
         {"/t/a/y", 0, SBX_OK, {NULL}, 0}}, SBX_OK, "a/ b c/ a/x a/y/ c/z"},
    {"of the root", SBX_OP_WALK, {{"/", 0, SBX_OK, {"a/"}, 0}, {"/a", 0, SBX_OK, {"b//", "b/c"}, 0}}, SBX_OK,
        "a/ a/b/ a/b/c"},
    {"pages of each", SBX_OP_WALK,
        {{"/t", 0, SBX_OK, {"a/"}, 3}, {"/t", 3, SBX_OK, {"b/"}, 0}, {"/t/a", 0, SBX_OK, {"x"}, 4},
         {"/t/a", 4, SBX_OK, {"y"}, 0}, {"/t/b", 0, SBX_OK, {"z"}, 0}}, SBX_OK, "a/ b/ a/x a/y b/z"},
    /* What has gone below, or may not be read, is as if it were empty; also half-way. */
    {"lost below", SBX_OP_WALK,
        {{"/t", 0, SBX_OK, {"a/", "b/", "c/", "d/", "e/"}, 0}, {"/t/a", 0, SBX_ENOENT, {NULL}, 0},
         {"/t/b", 0, SBX_EACCES, {NULL}, 0}, {"/t/c", 0, SBX_ENOTDIR, {NULL}, 0}, {"/t/d", 0, SBX_ELOOP, {NULL}, 0},
         {"/t/e", 0, SBX_OK, {"x"}, 0}}, SBX_OK, "a/ b/ c/ d/ e/ e/x"},
    {"lost half-way", SBX_OP_WALK,
        {{"/t", 0, SBX_OK, {"a/", "b/"}, 0}, {"/t/a", 0, SBX_OK, {"x"}, 9}, {"/t/a", 9, SBX_ENOENT, {NULL}, 0},
         {"/t/b", 0, SBX_OK, {"y"}, 0}}, SBX_OK, "a/ b/ a/x b/y"},
    {"broken below", SBX_OP_WALK, {{"/t", 0, SBX_OK, {"a/", "b/"}, 0}, {"/t/a", 0, SBX_EIO, {NULL}, 0}}, SBX_EIO,
        NULL},
    {"no top", SBX_OP_WALK, {{"/t", 0, SBX_ENOENT, {NULL}, 0}}, SBX_ENOENT, NULL},
    {"a top that may not be read", SBX_OP_WALK, {{"/t", 0, SBX_EACCES, {NULL}, 0}}, SBX_EACCES, NULL},
};

/* Nothing is answered to what is not here. */
static const struct listing unfinished[] = {
    {"a page", SBX_OP_READDIR, {{"/d", 0, SBX_OK, {"a"}, 7}}, SBX_EIO, NULL},
    {"a directory below", SBX_OP_WALK, {{"/t", 0, SBX_OK, {"a/"}, 0}}, SBX_EIO, NULL},
};
/* clang-format on */

static void test_directories(void **state)
{
    for (size_t i = 0; i < COUNT(directories); i++) {
        play(*state, &directories[i]);
    }
}

static void test_trees(void **state)
{
    for (size_t i = 0; i < COUNT(trees); i++) {
        play(*state, &trees[i]);
    }
}

/* What has begun with the companion does not go on over HTTP: offsets are the companion's. */
static void test_companion_that_goes(void **state)
{
    for (size_t i = 0; i < COUNT(unfinished); i++) {
        struct sbx_fs *fs = frames_fs();
        frames.answer = answer_page;
        struct sbx_op *op = list(*state, fs, &unfinished[i]);
        assert_end(op, SBX_EIO, "the companion has gone");
        sbx_op_destroy(op);
        sbx_fs_destroy(fs);
    }
}

/* A deadline is one of each page, not of them all. */
static bool answer_slowly(struct server *server, const struct carried *batch, int fd)
{
    clock_advance(8000);
    return answer_page(server, batch, fd);
}

static void test_progress(void **state)
{
    struct sbx_fs *fs = frames_fs();
    assert_status(frames_run(*state, fs, SBX_OP_READLINK, "/x"), SBX_OK);
    frames.answer = answer_slowly;
    clock_stop(true);
    struct sbx_op *op = list(*state, fs, &directories[2]);
    clock_stop(false);
    assert_end(op, SBX_OK, "");
    sbx_op_destroy(op);
    sbx_fs_destroy(fs);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, frames_set_up, frames_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_directories),
        TEST(test_trees),
        TEST(test_companion_that_goes),
        TEST(test_progress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
