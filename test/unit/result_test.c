/* result_test.c: a result of every shape comes back as it was put; what is none is refused, and names that no
 * directory holds are left out of a list.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/result.h"

#include "support.h"

static const struct sbx_stat some = {
    .ino = UINT64_MAX,
    .size = 1ULL << 40,
    .blocks = 8,
    .dev = 0x10302,
    .rdev = 5,
    .atime_ns = -1,
    .mtime_ns = INT64_MIN,
    .ctime_ns = INT64_MAX,
    .birthtime_ns = 1,
    .mode = 0100644,
    .nlink = 2,
    .uid = UINT32_MAX,
    .gid = 7,
};

static void compare_stat(const struct sbx_stat *got, const struct sbx_stat *put)
{
    assert_true(got->ino == put->ino && got->size == put->size && got->blocks == put->blocks);
    assert_true(got->dev == put->dev && got->rdev == put->rdev && got->mode == put->mode);
    assert_true(got->atime_ns == put->atime_ns && got->mtime_ns == put->mtime_ns);
    assert_true(got->ctime_ns == put->ctime_ns && got->birthtime_ns == put->birthtime_ns);
    assert_true(got->nlink == put->nlink && got->uid == put->uid && got->gid == put->gid);
}

static struct sbx_span encode(enum sbx_op_code code, const struct sbx_result *result)
{
    static char bytes[8192];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    assert_status(sbx_result_encode(sbx_op_row(code), result, &writer), SBX_OK);
    return sbx_buf_written(&writer);
}

/* Decodes a copy that nothing stands behind, and gives back no answer. */
static enum sbx_status decode_copy(enum sbx_op_code code, struct sbx_span bytes)
{
    struct sbx_answer answer;
    char *exact = malloc(bytes.length == 0 ? 1 : bytes.length);
    memcpy(exact, bytes.data, bytes.length);
    enum sbx_status status =
        sbx_result_decode(sbx_op_row(code), (struct sbx_span){exact, bytes.length}, &answer);
    free(exact);
    return status;
}

/* Cut anywhere, and with a byte too many, it is none. */
static void refuses_other_lengths(enum sbx_op_code code, struct sbx_span bytes)
{
    for (size_t length = 0; length < bytes.length; length++) {
        assert_status(decode_copy(code, (struct sbx_span){bytes.data, length}), SBX_EPROTO);
    }
    assert_status(decode_copy(code, (struct sbx_span){bytes.data, bytes.length + 1}), SBX_EPROTO);
}

static void test_attributes(void **state)
{
    (void)state;
    struct sbx_answer answer;
    struct sbx_span bytes = encode(SBX_OP_STAT, &(struct sbx_result){.stat = some});
    assert_int_equal(bytes.length, sbx_stat_wire(&some));
    assert_status(sbx_result_decode(sbx_op_row(SBX_OP_STAT), bytes, &answer), SBX_OK);
    compare_stat(&answer.stat, &some);
    refuses_other_lengths(SBX_OP_STAT, bytes);
}

/* Each field at the ends of what it can be, the times also relative to each other. */
static void test_any_attributes(void **state)
{
    (void)state;
    static const int64_t times[] = {0, 1, -1, INT64_MAX, INT64_MIN, 1780000000000000000};
    static const uint64_t numbers[] = {0, 127, 128, UINT32_MAX, 1ULL << 63, UINT64_MAX};
    for (size_t i = 0; i < (size_t)6 * 6 * 6; i++) {
        uint64_t number = numbers[i % 6];
        struct sbx_stat put = {.ino = number, .size = ~number, .blocks = number, .dev = ~number};
        struct sbx_answer answer;
        put.rdev = number;
        put.atime_ns = times[i % 6];
        put.mtime_ns = times[i / 6 % 6];
        put.ctime_ns = times[i / 36];
        put.birthtime_ns = times[(i + 1) % 6];
        put.mode = put.nlink = put.uid = put.gid = (uint32_t)number;
        struct sbx_span bytes = encode(SBX_OP_STAT, &(struct sbx_result){.stat = put});
        assert_in_range(bytes.length, 13, SBX_STAT_WIRE_MAX);
        assert_int_equal(bytes.length, sbx_stat_wire(&put));
        assert_status(sbx_result_decode(sbx_op_row(SBX_OP_STAT), bytes, &answer), SBX_OK);
        compare_stat(&answer.stat, &put);
    }
}

/* What a file mostly is: half of what it has in memory, or less. */
static void test_attributes_are_short(void **state)
{
    (void)state;
    struct sbx_stat usual = {.ino = 7000000, .size = 20000, .blocks = 40, .dev = 0x10302, .nlink = 1};
    usual.mode = SBX_S_IFREG | 0644;
    usual.uid = usual.gid = 1000;
    usual.atime_ns = 1780000000123456789;
    usual.mtime_ns = usual.ctime_ns = usual.birthtime_ns = usual.atime_ns - 86400000000000;
    assert_in_range(sbx_stat_wire(&usual), 1, sizeof(usual) / 2);
}

/* A mode of more than 32 bits is foreign. */
static void test_attributes_too_large(void **state)
{
    (void)state;
    struct sbx_stat stat = {.mode = UINT32_MAX};
    struct sbx_span bytes = encode(SBX_OP_STAT, &(struct sbx_result){.stat = stat});
    char copy[SBX_STAT_WIRE_MAX];
    memcpy(copy, bytes.data, bytes.length);
    assert_int_equal(bytes.length, 17); /* nine, the mode's five, three */
    assert_int_equal(copy[13], 0x0f);
    copy[13] = 0x1f;
    assert_status(decode_copy(SBX_OP_STAT, (struct sbx_span){copy, bytes.length}), SBX_EPROTO);
}

static void test_bytes(void **state)
{
    (void)state;
    char content[] = "a\0b";
    struct sbx_answer answer;
    struct sbx_span bytes = encode(SBX_OP_READ, &(struct sbx_result){.bytes = {content, 3},
                                                                     .total = 1ULL << 40,
                                                                     .file = {1ULL << 50, UINT64_MAX, -5}});
    assert_status(sbx_result_decode(sbx_op_row(SBX_OP_READ), bytes, &answer), SBX_OK);
    assert_true(sbx_span_equal(answer.bytes, (struct sbx_span){"a\0b", 3}));
    assert_true(answer.total == 1ULL << 40);
    assert_true(answer.file.dev == 1ULL << 50 && answer.file.ino == UINT64_MAX && answer.file.born_ns == -5);
    assert_int_equal(bytes.length, sbx_result_least(SBX_REPLY_BYTES) + 3);
    refuses_other_lengths(SBX_OP_READ, bytes);
    bytes = encode(SBX_OP_READLINK, &(struct sbx_result){.bytes = {NULL, 0}});
    assert_status(sbx_result_decode(sbx_op_row(SBX_OP_READLINK), bytes, &answer), SBX_OK);
    assert_int_equal(answer.bytes.length, 0);
}

static void test_files_differ(void **state)
{
    (void)state;
    static const struct sbx_file file = {1, 2, 3};
    static const struct sbx_file others[] = {{9, 2, 3}, {1, 9, 3}, {1, 2, 9}};
    static const struct sbx_file unknown = {0};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_true(sbx_file_differs(&file, &others[i]));
    }
    assert_false(sbx_file_differs(&file, &file));
    assert_false(sbx_file_differs(&file, &unknown));
    assert_false(sbx_file_differs(&unknown, &file));
}

static void test_nothing_and_created(void **state)
{
    (void)state;
    struct sbx_answer answer;
    struct sbx_span bytes = encode(SBX_OP_RENAME, &(struct sbx_result){0});
    assert_int_equal(bytes.length, 0);
    refuses_other_lengths(SBX_OP_RENAME, bytes);
    for (int created = 0; created < 2; created++) {
        bytes = encode(SBX_OP_OPEN_CREATE, &(struct sbx_result){.created = created == 1});
        assert_status(sbx_result_decode(sbx_op_row(SBX_OP_OPEN_CREATE), bytes, &answer), SBX_OK);
        assert_int_equal(answer.created, created);
        refuses_other_lengths(SBX_OP_OPEN_CREATE, bytes);
    }
    assert_status(decode_copy(SBX_OP_OPEN_CREATE, SBX_SPAN("\2")), SBX_EPROTO);
}

static void test_list(void **state)
{
    (void)state;
    struct sbx_entry entries[] = {{SBX_SPAN("a"), some}, {SBX_SPAN("\xff\n\""), {.ino = 3}}};
    struct sbx_result result = {.list = {.entries = entries, .count = 2, .next = 1ULL << 62}};
    struct sbx_answer answer;
    struct sbx_entry entry;
    struct sbx_span bytes = encode(SBX_OP_READDIR, &result);
    refuses_other_lengths(SBX_OP_READDIR, bytes);
    assert_status(sbx_result_decode(sbx_op_row(SBX_OP_READDIR), bytes, &answer), SBX_OK);
    assert_int_equal(answer.list.count, 2);
    assert_int_equal(answer.list.name_bytes, 4);
    assert_true(answer.list.next == 1ULL << 62);
    assert_true(sbx_result_next_entry(&answer.list, &entry));
    assert_text(entry.name, "a");
    compare_stat(&entry.stat, &some);
    assert_true(sbx_result_next_entry(&answer.list, &entry));
    assert_text(entry.name, "\xff\n\"");
    assert_int_equal(entry.stat.ino, 3);
    assert_false(sbx_result_next_entry(&answer.list, &entry));
}

/* Of the attributes the ino and the type remain. */
static void test_names(void **state)
{
    (void)state;
    struct sbx_entry entries[] = {
        {SBX_SPAN("file"), some}, {SBX_SPAN("."), some}, {SBX_SPAN("dir"), {.ino = 3}}};
    struct sbx_result result = {.list = {.entries = entries, .count = 3, .next = 9}};
    struct sbx_answer answer;
    struct sbx_entry entry;
    entries[2].stat.mode = SBX_S_IFDIR | 0755;
    struct sbx_span bytes = encode(SBX_OP_NAMES, &result);
    assert_int_equal(bytes.length, 13 + 3 * (2 + SBX_BRIEF_WIRE) + 8);
    refuses_other_lengths(SBX_OP_NAMES, bytes);
    assert_status(sbx_result_decode(sbx_op_row(SBX_OP_NAMES), bytes, &answer), SBX_OK);
    assert_int_equal(answer.list.count, 2);
    assert_int_equal(answer.list.name_bytes, 7);
    assert_true(answer.list.next == 9);
    assert_true(sbx_result_next_entry(&answer.list, &entry));
    assert_text(entry.name, "file");
    compare_stat(&entry.stat, &(struct sbx_stat){.ino = some.ino, .mode = SBX_S_IFREG});
    assert_true(sbx_result_next_entry(&answer.list, &entry));
    assert_text(entry.name, "dir");
    compare_stat(&entry.stat, &(struct sbx_stat){.ino = 3, .mode = SBX_S_IFDIR});
    assert_false(sbx_result_next_entry(&answer.list, &entry));
}

/* A type is four bits; what a foreign byte holds besides touches no other bit of the mode. */
static void test_foreign_types(void **state)
{
    (void)state;
    struct sbx_answer answer;
    struct sbx_entry entry;
    struct sbx_span bytes = {"\0\0\0\0\0\0\0\0\0\1\0\0\0\1\0a\7\0\0\0\0\0\0\0\xf8", 25};
    assert_status(sbx_result_decode(sbx_op_row(SBX_OP_NAMES), bytes, &answer), SBX_OK);
    assert_true(sbx_result_next_entry(&answer.list, &entry));
    compare_stat(&entry.stat, &(struct sbx_stat){.ino = 7, .mode = SBX_S_IFREG});
}

static void test_foreign_names(void **state)
{
    (void)state;
    struct sbx_entry entries[] = {
        {SBX_SPAN(""), some},     {SBX_SPAN("."), some},   {SBX_SPAN(".."), some},
        {SBX_SPAN("/etc"), some}, {SBX_SPAN("a/b"), some}, {{"a\0b", 3}, some},
        {SBX_SPAN("good"), some}, {SBX_SPAN("..."), some}, {SBX_SPAN("../../x"), some},
    };
    struct sbx_result result = {.list = {.entries = entries, .count = COUNT(entries)}};
    struct sbx_answer answer;
    struct sbx_entry entry;
    struct sbx_span bytes = encode(SBX_OP_READDIR, &result);
    assert_status(sbx_result_decode(sbx_op_row(SBX_OP_READDIR), bytes, &answer), SBX_OK);
    assert_int_equal(answer.list.count, 2);
    assert_int_equal(answer.list.name_bytes, 7);
    assert_true(sbx_result_next_entry(&answer.list, &entry));
    assert_text(entry.name, "good");
    assert_true(sbx_result_next_entry(&answer.list, &entry));
    assert_text(entry.name, "...");
    assert_false(sbx_result_next_entry(&answer.list, &entry));
}

static void test_statfs(void **state)
{
    (void)state;
    const struct sbx_statfs put = {0xef53, 4096, UINT64_MAX, 3, 4, 5, 1ULL << 33};
    struct sbx_answer answer;
    struct sbx_span bytes = encode(SBX_OP_STATFS, &(struct sbx_result){.statfs = put});
    assert_int_equal(bytes.length, SBX_STATFS_WIRE);
    assert_status(sbx_result_decode(sbx_op_row(SBX_OP_STATFS), bytes, &answer), SBX_OK);
    assert_memory_equal(&answer.statfs, &put, sizeof(put));
    refuses_other_lengths(SBX_OP_STATFS, bytes);
}

static const struct sbx_stat directory = {.mode = SBX_S_IFDIR | 0755};

static void expect_next(struct sbx_listing *list, const char *name, bool is_listed)
{
    struct sbx_entry entry;
    bool listed = !is_listed;
    assert_true(sbx_result_next_tree_entry(list, &entry, &listed));
    assert_text(entry.name, name);
    assert_int_equal(listed, is_listed);
}

/* With attributes they are a tree; a first byte that says neither is none. */
static void test_names_with_attributes(void **state)
{
    (void)state;
    uint32_t listed[] = {1};
    struct sbx_entry entries[] = {{SBX_SPAN("a"), some}, {SBX_SPAN("b"), directory}, {SBX_SPAN("b/c"), some}};
    struct sbx_result result = {
        .list = {.entries = entries, .count = 3, .listed = listed, .listed_count = 1, .attributes = true}};
    struct sbx_answer answer;
    struct sbx_entry entry;
    bool is_listed = true;
    struct sbx_span bytes = encode(SBX_OP_NAMES, &result);
    refuses_other_lengths(SBX_OP_NAMES, bytes);
    assert_status(sbx_result_decode(sbx_op_row(SBX_OP_NAMES), bytes, &answer), SBX_OK);
    assert_false(answer.list.brief);
    assert_true(sbx_result_next_tree_entry(&answer.list, &entry, &is_listed));
    assert_text(entry.name, "a");
    compare_stat(&entry.stat, &some);
    assert_false(is_listed);
    expect_next(&answer.list, "b", true);
    expect_next(&answer.list, "b/c", false);
    ((char *)bytes.data)[0] = 2;
    assert_status(decode_copy(SBX_OP_NAMES, bytes), SBX_EPROTO);
}

static void test_tree(void **state)
{
    (void)state;
    struct sbx_entry entries[] = {
        {SBX_SPAN("a"), directory},     {SBX_SPAN("file"), some}, {SBX_SPAN("a/b"), directory},
        {SBX_SPAN("a/b/c"), directory}, {SBX_SPAN("last"), some},
    };
    uint32_t indexes[] = {0, 2, 4};
    struct sbx_result result = {
        .list = {.entries = entries, .count = 5, .next = 7, .listed = indexes, .listed_count = 3}};
    struct sbx_answer answer;
    struct sbx_entry entry;
    bool listed = true;
    struct sbx_span bytes = encode(SBX_OP_WALK, &result);
    refuses_other_lengths(SBX_OP_WALK, bytes);
    assert_status(sbx_result_decode(sbx_op_row(SBX_OP_WALK), bytes, &answer), SBX_OK);
    assert_int_equal(answer.list.count, 5);
    assert_int_equal(answer.list.name_bytes, 1 + 4 + 3 + 5 + 4);
    assert_true(answer.list.next == 7);
    expect_next(&answer.list, "a", true);
    expect_next(&answer.list, "file", false);
    expect_next(&answer.list, "a/b", true);
    expect_next(&answer.list, "a/b/c", false);
    expect_next(&answer.list, "last", false); /* no directory, whatever is said of it */
    assert_false(sbx_result_next_tree_entry(&answer.list, &entry, &listed));
    assert_false(listed);
}

static void test_foreign_paths(void **state)
{
    (void)state;
    static const struct sbx_span names[] = {
        SBX_SPAN(""),    SBX_SPAN("/"),  SBX_SPAN("/a"),     SBX_SPAN("a/"),      SBX_SPAN("a//b"),
        SBX_SPAN("."),   SBX_SPAN(".."), SBX_SPAN("a/../b"), SBX_SPAN("./a"),     SBX_SPAN("a/."),
        SBX_SPAN("a/b"), {"a/b\0c", 5},  SBX_SPAN("../x"),   SBX_SPAN("a/.../b"),
    };
    struct sbx_entry entries[COUNT(names)];
    for (size_t i = 0; i < COUNT(names); i++) {
        entries[i] = (struct sbx_entry){names[i], directory};
    }
    uint32_t indexes[] = {0, 9, 10, 11};
    struct sbx_result result = {
        .list = {.entries = entries, .count = COUNT(names), .listed = indexes, .listed_count = 4}};
    struct sbx_answer answer;
    struct sbx_entry entry;
    bool listed = false;
    struct sbx_span bytes = encode(SBX_OP_WALK, &result);
    assert_status(sbx_result_decode(sbx_op_row(SBX_OP_WALK), bytes, &answer), SBX_OK);
    assert_int_equal(answer.list.count, 2);
    assert_int_equal(answer.list.name_bytes, 10);
    expect_next(&answer.list, "a/b", true); /* indexes count what is left out too */
    expect_next(&answer.list, "a/.../b", false);
    assert_false(sbx_result_next_tree_entry(&answer.list, &entry, &listed));
}

static void test_longest_path(void **state)
{
    (void)state;
    char *path = pattern(SBX_PATH_MAX + 1);
    for (size_t i = 0; i <= SBX_PATH_MAX; i++) {
        path[i] = i % 2 == 0 ? 'p' : '/';
    }
    struct sbx_entry entries[] = {{{path, SBX_PATH_MAX}, some}, {SBX_SPAN("pp"), some}};
    struct sbx_result result = {.list = {.entries = entries, .count = 2}};
    struct sbx_answer answer;
    struct sbx_span bytes = encode(SBX_OP_WALK, &result);
    assert_status(sbx_result_decode(sbx_op_row(SBX_OP_WALK), bytes, &answer), SBX_OK);
    assert_int_equal(answer.list.count, 2);
    path[SBX_PATH_MAX] = 'p';
    path[SBX_PATH_MAX - 1] = 'p';
    entries[0].name.length = SBX_PATH_MAX + 1;
    bytes = encode(SBX_OP_WALK, &result);
    assert_status(sbx_result_decode(sbx_op_row(SBX_OP_WALK), bytes, &answer), SBX_OK);
    assert_int_equal(answer.list.count, 1);
    free(path);
}

static void test_indexes_that_lie(void **state)
{
    (void)state;
    static const uint32_t wrong[][2] = {{0, 0}, {1, 0}, {0, 2}, {2, 3}, {0, UINT32_MAX}};
    struct sbx_entry entries[] = {{SBX_SPAN("a"), directory}, {SBX_SPAN("b"), directory}};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        uint32_t indexes[] = {wrong[i][0], wrong[i][1]};
        struct sbx_result result = {
            .list = {.entries = entries, .count = 2, .listed = indexes, .listed_count = 2}};
        assert_status(decode_copy(SBX_OP_WALK, encode(SBX_OP_WALK, &result)), SBX_EPROTO);
    }
    assert_status(decode_copy(SBX_OP_WALK, (struct sbx_span){"\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff", 16}),
                  SBX_EPROTO);
}

/* A count that says more than there is costs nothing: it ends at the last byte. */
static void test_count_that_lies(void **state)
{
    (void)state;
    const struct sbx_span lie = {"\0\0\0\0\0\0\0\0\xff\xff\xff\xff", 12};
    assert_status(decode_copy(SBX_OP_READDIR, lie), SBX_EPROTO);
    for (char tree = 0; tree <= 2; tree++) {
        const char bytes[] = {tree, 0, 0, 0, 0, 0, 0, 0, 0, '\xff', '\xff', '\xff', '\xff'};
        assert_status(decode_copy(SBX_OP_NAMES, (struct sbx_span){bytes, sizeof(bytes)}), SBX_EPROTO);
    }
}

/* Every field of a record comes back; states, steps and reasons that there are not make it none. */
static void test_supervised(void **state)
{
    (void)state;
    struct sbx_answer answer;
    struct sbx_result result = {.supervised = {SBX_SUPERVISED_ENDED, SBX_START_CWD, SBX_END_LIMIT, 2, 3, 4, 5,
                                               6, 7, 8, 9, true, UINT64_MAX, 11}};
    const struct sbx_supervised *put = &result.supervised;
    struct sbx_span bytes = encode(SBX_OP_WAIT, &result);
    assert_int_equal(bytes.length, SBX_SUPERVISED_LENGTH);
    assert_status(sbx_result_decode(sbx_op_row(SBX_OP_WAIT), bytes, &answer), SBX_OK);
    const struct sbx_supervised *got = &answer.supervised;
    assert_true(got->state == put->state && got->step == put->step && got->reason == put->reason);
    assert_true(got->error == 2 && got->pid == 3 && got->supervisor == 4 && got->exit_code == 5);
    assert_true(got->signal == 6 && got->started_ms == 7 && got->ended_ms == 8 && got->most == 9);
    assert_true(got->incomplete && got->output == UINT64_MAX && got->errors == 11);
    refuses_other_lengths(SBX_OP_WAIT, bytes);
    result.supervised.state = 0;
    assert_status(decode_copy(SBX_OP_WAIT, encode(SBX_OP_WAIT, &result)), SBX_EPROTO);
    result.supervised.state = SBX_SUPERVISED_STATES;
    assert_status(decode_copy(SBX_OP_WAIT, encode(SBX_OP_WAIT, &result)), SBX_EPROTO);
    result.supervised = (struct sbx_supervised){.state = SBX_SUPERVISED_RUNS, .step = SBX_START_STEPS};
    assert_status(decode_copy(SBX_OP_WAIT, encode(SBX_OP_WAIT, &result)), SBX_EPROTO);
    result.supervised = (struct sbx_supervised){.state = SBX_SUPERVISED_RUNS, .reason = SBX_END_REASONS};
    assert_status(decode_copy(SBX_OP_WAIT, encode(SBX_OP_WAIT, &result)), SBX_EPROTO);
}

/* No reply is longer than the least and its content; no answer is cut to fit. */
static void test_room(void **state)
{
    (void)state;
    char text[SBX_PATH_MAX] = {0};
    char bytes[SBX_PATH_MAX + 4];
    const struct sbx_result result = {.bytes = {text, sizeof(text)}};
    assert_int_equal(sbx_result_least(SBX_REPLY_TEXT), sizeof(bytes));
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    assert_status(sbx_result_encode(sbx_op_row(SBX_OP_REALPATH), &result, &writer), SBX_OK);
    writer = sbx_buf_writer(bytes, sizeof(bytes) - 1);
    assert_status(sbx_result_encode(sbx_op_row(SBX_OP_REALPATH), &result, &writer), SBX_ENOBUFS);
    assert_int_equal(sbx_result_least(SBX_REPLY_STAT), SBX_STAT_WIRE_MAX);
    assert_int_equal(sbx_result_least(SBX_REPLY_NOTHING), 0);
    assert_int_equal(sbx_result_least(SBX_REPLY_CREATED), 1);
    assert_int_equal(sbx_result_least(SBX_REPLY_BYTES), 36);
    assert_int_equal(sbx_result_least(SBX_REPLY_SUPERVISED), SBX_SUPERVISED_LENGTH);
    assert_int_equal(sbx_result_least(SBX_REPLY_STATFS), SBX_STATFS_WIRE);
    assert_int_equal(sbx_result_least(SBX_REPLY_TREE), 16 + SBX_ENTRY_WIRE_MAX);
    assert_int_equal(sbx_result_least(SBX_REPLY_LIST), 12 + SBX_ENTRY_WIRE_MAX);
    assert_int_equal(sbx_result_least(SBX_REPLY_NAMES), 13 + SBX_BRIEF_WIRE + 2 + 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_any_attributes),
        cmocka_unit_test(test_attributes_are_short),
        cmocka_unit_test(test_attributes_too_large),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_files_differ),
        cmocka_unit_test(test_nothing_and_created),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_names_with_attributes),
        cmocka_unit_test(test_foreign_types),
        cmocka_unit_test(test_foreign_names),
        cmocka_unit_test(test_count_that_lies),
        cmocka_unit_test(test_statfs),
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_foreign_paths),
        cmocka_unit_test(test_longest_path),
        cmocka_unit_test(test_indexes_that_lie),
        cmocka_unit_test(test_supervised),
        cmocka_unit_test(test_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
