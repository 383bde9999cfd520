/* batch_fuzz.c: batches of anyone served by the companion, in a directory of their own that is gone afterwards. The
 * first byte says how much room the replies have, and its lowest bit what the rest is: frames, or choices of which
 * frames are made (so that operations meet each other's files). Every frame has to have its reply, in order, and a
 * reply that is well has to be one of its row. (scripts/fuzz; test/companion/corpus_test.c)
 *
 * No frame leaves the directory: one with a path or a link's target that is absolute or has ".." in it is not served.
 * Where parts are asked for, '@' stands for the private directory.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "companion/private.h"
#include "companion/remove.h"
#include "companion/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILE_MAX ((rlim_t)SBX_MIB) /* bytes */
#define ROOM_STEP 96               /* bytes of room for replies, for each step of the first byte */
#define FRAMES_MAX 64

static char batch_bytes[SBX_BATCH_MAX];
static char reply_bytes[SBX_REPLIES_MAX];
static _Alignas(16) char space[SERVER_SPACE];
static char private_path[SBX_PATH_MAX + 1];

struct made {
    struct sbx_writer writer;
    uint16_t codes[FRAMES_MAX];
    size_t count;
};

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

static bool stays_inside(struct sbx_span path)
{
    for (size_t i = 0; i + 1 < path.length; i++) {
        if (path.data[i] == '.' && path.data[i + 1] == '.') {
            return false;
        }
    }
    return path.length == 0 || path.data[0] != '/';
}

/* What '@' stands for. Static. */
static struct sbx_span resolve(struct sbx_span target)
{
    static char path[2 * SBX_PATH_MAX + 2];
    if (target.length == 0 || target.data[0] != '@' || !stays_inside(target)) {
        return target;
    }
    int length =
        snprintf(path, sizeof(path), "%s%.*s", private_path, (int)target.length - 1, target.data + 1);
    return (struct sbx_span){path, (size_t)length};
}

/* Puts the frame, if it stays inside. Directories stay such that they can be removed afterwards. */
static void put_frame(struct made *made, uint32_t id, uint16_t code, struct sbx_args args)
{
    if (!stays_inside(args.path) || !stays_inside(args.new_path) || !stays_inside(args.target) ||
        made->count == FRAMES_MAX) {
        return;
    }
    if (code == SBX_OP_COMMIT || code == SBX_OP_UNSTAGE || code == SBX_OP_PLACE) {
        args.target = resolve(args.target);
    }
    args.mode |= 0700;
    args.length = code == SBX_OP_WAIT ? args.length % 3 : args.length;
    size_t start = sbx_frame_begin(&made->writer, id, code);
    if (sbx_args_encode(sbx_op_row(code), &args, &made->writer) == SBX_OK) {
        insist(sbx_frame_end(&made->writer, start) == SBX_OK);
        made->codes[made->count++] = code;
    } else {
        made->writer.length = start;
        made->writer.failed = false;
    }
}

/* One that is not understood, or asks for the greeting, is served as it is. */
static void put_raw(struct made *made, const struct sbx_frame *frame)
{
    if (made->count < FRAMES_MAX) {
        size_t start = sbx_frame_begin(&made->writer, frame->id, frame->code);
        sbx_buf_put_bytes(&made->writer, frame->payload);
        insist(sbx_frame_end(&made->writer, start) == SBX_OK);
        made->codes[made->count++] = frame->code;
    }
}

static void read_frames(struct made *made, struct sbx_span input)
{
    struct sbx_reader reader = sbx_buf_reader(input);
    struct sbx_frame frame;
    while (sbx_frame_next(&reader, &frame) == SBX_OK) {
        struct sbx_args args;
        const struct sbx_op_row *row = sbx_op_row(frame.code);
        if (row != NULL && sbx_args_decode(row, frame.payload, &args) == SBX_OK) {
            put_frame(made, frame.id, frame.code, args);
        } else {
            put_raw(made, &frame);
        }
    }
}

static struct sbx_span choose_path(struct sbx_reader *choices)
{
    static const char *const names[] = {
        "a",
        "b",
        "a/b",
        "a/b/c",
        "d",
        "d/e",
        "a/",
        "",
        ".",
        "d/e/f/g/h",
        "link",
        "link/x",
        ".cache/agentos-sandbox",
        ".cache/agentos-sandbox/parts-0123456789abcdef",
        ".cache/agentos-sandbox/parts-0123456789abcdef/0",
        ".cache/agentos-sandbox/parts-0123456789abcdef/1",
        "@/parts-0123456789abcdef",
        "@/parts-fedcba9876543210",
        "@/parts-0123456789abcdef/",
    };
    const char *name = names[sbx_buf_get(choices, 1) % (sizeof(names) / sizeof(names[0]))];
    return (struct sbx_span){name, strlen(name)};
}

/* Small mostly, and the ends of what there is. */
static uint64_t choose_number(struct sbx_reader *choices)
{
    uint64_t byte = sbx_buf_get(choices, 1);
    return byte < 200 ? byte : (byte < 250 ? byte * 1009 : UINT64_MAX - (255 - byte));
}

static void choose_frames(struct made *made, struct sbx_span input)
{
    struct sbx_reader choices = sbx_buf_reader(input);
    for (uint32_t id = 0; sbx_buf_left(&choices) > 0; id++) {
        uint16_t code = (uint16_t)(1 + sbx_buf_get(&choices, 1) % SBX_OP_MAX);
        struct sbx_args args = {.path = choose_path(&choices)};
        args.new_path = choose_path(&choices);
        args.target = choose_path(&choices);
        args.data = (struct sbx_span){space, choose_number(&choices) % 100000};
        args.offset = choose_number(&choices);
        args.length = choose_number(&choices);
        args.flags = (uint32_t)args.offset;
        args.mode = (uint32_t)args.length;
        put_frame(made, id, code, args);
    }
}

static void read_entries(const struct sbx_op_row *row, struct sbx_listing list)
{
    struct sbx_entry entry;
    bool listed = false;
    size_t count = 0;
    while (row->reply == SBX_REPLY_TREE ? sbx_result_next_tree_entry(&list, &entry, &listed)
                                        : sbx_result_next_entry(&list, &entry)) {
        count++;
    }
    insist(count == list.count);
}

static void check_replies(struct sbx_span replies, struct made *made)
{
    struct sbx_reader asked = sbx_buf_reader(sbx_buf_written(&made->writer));
    struct sbx_reader answered = sbx_buf_reader(replies);
    for (size_t i = 0; i < made->count; i++) {
        struct sbx_frame frame;
        struct sbx_frame reply;
        struct sbx_answer answer;
        insist(sbx_frame_next(&asked, &frame) == SBX_OK && sbx_frame_next(&answered, &reply) == SBX_OK);
        insist(frame.id == reply.id && frame.code == made->codes[i]);
        const struct sbx_op_row *row = sbx_op_row(frame.code);
        insist(reply.code == SBX_OK || reply.payload.length == 0);
        if (row != NULL && reply.code == SBX_OK) {
            insist(sbx_result_decode(row, reply.payload, &answer) == SBX_OK);
            if (sbx_op_lists((enum sbx_reply)row->reply)) {
                read_entries(row, answer.list);
            }
        }
    }
    insist(sbx_buf_left(&answered) == 0);
}

static void serve(uint8_t first, struct made *made)
{
    size_t room =
        first < 2 ? sizeof(reply_bytes) : made->count * SBX_FRAME_HEADER + (size_t)(first / 2) * ROOM_STEP;
    struct server server = {.replies = sbx_buf_writer(reply_bytes, room), .space = space};
    enum sbx_status status = server_batch(&server, sbx_buf_written(&made->writer));
    insist(status == (made->count > 0 ? SBX_OK : SBX_EPROTO));
    check_replies(sbx_buf_written(&server.replies), made);
}

/* Makes the directory and goes there. Gives the one that was the current one. */
static int go_inside(const char *directory)
{
    const struct rlimit limit = {.rlim_cur = FILE_MAX, .rlim_max = RLIM_INFINITY};
    int back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)signal(SIGXFSZ, SIG_IGN);
    insist(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    insist(back >= 0 && mkdir(directory, 0700) == 0 && chdir(directory) == 0);
    insist(setenv("HOME", directory, 1) == 0);
    struct sbx_span path = private_directory();
    (void)snprintf(private_path, sizeof(private_path), "%.*s", (int)path.length, path.data);
    return back;
}

static void come_back(int back)
{
    struct server server = {.space = space};
    const char *directory = getenv("HOME");
    int above = open("..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    insist(directory != NULL && above >= 0 && fchdir(back) == 0 && close(back) == 0);
    insist(remove_tree(&server, above, strrchr(directory, '/') + 1) == SBX_OK);
    insist(close(above) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char directory[128];
    struct made made = {.writer = sbx_buf_writer(batch_bytes, sizeof(batch_bytes))};
    if (size == 0) {
        return 0;
    }
    const char *temporary = getenv("TMPDIR");
    (void)snprintf(directory, sizeof(directory), "%.64s/companion-fuzz-%d",
                   temporary == NULL ? "/tmp" : temporary, (int)getpid());
    int back = go_inside(directory);
    struct sbx_span input = {(const char *)data + 1, size - 1};
    if (data[0] % 2 == 0) {
        read_frames(&made, input);
    } else {
        choose_frames(&made, input);
    }
    serve(data[0], &made);
    come_back(back);
    return 0;
}
