/* main.c: the program that runs in the sandbox and does there what Linux can do.
 *
 *   agentos-companion run PIECE…                  a batch of frames in, a batch of replies out, end
 *   agentos-companion serve --batches [IDLE]      numbered batches in and out, until none came for IDLE ms (resident.h)
 *   agentos-companion supervise … -- PROGRAM …    a program from its start to its end (supervise.h)
 *
 * The pieces together are the batch. A piece is base64 of some of its bytes, or `@N`: the variable SBX_N
 * holds that base64. Everyone in the sandbox can read a program's arguments, only its owner the variables.
 * The replies are base64 on standard output. It ends with 0 where every frame has its reply, with 64 where
 * it was asked for something else, with 65 where the batch was none (nothing of it was done then), and with
 * 74 where the replies could not be written (anything of it may have been done).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "companion/base64.h"
#include "companion/output.h"
#include "companion/resident.h"
#include "companion/server.h"
#include "companion/supervise.h"

enum { END_WELL = 0, END_USAGE = 64, END_NO_BATCH = 65, END_NOT_WRITTEN = 74 };

#define OUTPUT_CHUNK ((size_t)48 * 1024) /* bytes; divisible by three: no padding but at the end */

/* Never touched pages of these cost nothing. */
static char batch[SBX_BATCH_MAX];
static char replies[SBX_REPLIES_MAX];
static _Alignas(16) char space[SERVER_SPACE];

static bool write_replies(struct sbx_span bytes)
{
    static char text[SBX_BASE64_LENGTH(OUTPUT_CHUNK)];
    struct sbx_reader reader = sbx_buf_reader(bytes);
    bool good = true;
    while (good && sbx_buf_left(&reader) > 0) {
        size_t left = sbx_buf_left(&reader);
        struct sbx_span chunk = sbx_buf_get_bytes(&reader, left < OUTPUT_CHUNK ? left : OUTPUT_CHUNK);
        sbx_base64_encode(text, chunk);
        good = output_write(STDOUT_FILENO, (struct sbx_span){text, SBX_BASE64_LENGTH(chunk.length)});
    }
    return good;
}

/* What stands in the variable that `@N` names; NULL where it names none. */
static const char *variable_of(const char *piece)
{
    char name[16] = "SBX_";
    size_t at = 4;
    for (const char *digit = piece + 1; *digit != '\0'; digit++) {
        if (*digit < '0' || *digit > '9' || at == sizeof(name) - 1) {
            return NULL;
        }
        name[at++] = *digit;
    }
    return getenv(name);
}

static enum sbx_status read_piece(struct sbx_writer *bytes, const char *piece)
{
    const char *text = piece[0] == '@' ? variable_of(piece) : piece;
    return text == NULL ? SBX_EPROTO : base64_decode(bytes, (struct sbx_span){text, strlen(text)});
}

static int run(char **pieces)
{
    struct sbx_writer bytes = sbx_buf_writer(batch, sizeof(batch));
    struct server server = {.replies = sbx_buf_writer(replies, sizeof(replies)), .space = space};
    enum sbx_status status = SBX_OK;
    for (; *pieces != NULL && status == SBX_OK; pieces++) {
        status = read_piece(&bytes, *pieces);
    }
    if (status != SBX_OK) {
        return END_NO_BATCH;
    }
    status = server_batch(&server, sbx_buf_written(&bytes));
    if (status == SBX_OK && write_replies(sbx_buf_written(&server.replies))) {
        return END_WELL;
    }
    return status == SBX_EPROTO ? END_NO_BATCH : END_NOT_WRITTEN;
}

static int serve(const char *idle)
{
    struct server server = {.replies = sbx_buf_writer(replies, sizeof(replies)), .space = space};
    int idle_ms = idle == NULL ? RESIDENT_IDLE_MS : (int)strtol(idle, NULL, 10);
    return resident_serve(&server, STDIN_FILENO, STDOUT_FILENO, idle_ms) ? END_WELL : END_NO_BATCH;
}

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN); /* EPIPE says it */
    (void)signal(SIGXFSZ, SIG_IGN); /* EFBIG says it */
    if (argc > 1 && strcmp(argv[1], "supervise") == 0) {
        return supervise(argv + 2);
    }
    if (argc > 2 && strcmp(argv[1], "serve") == 0 && strcmp(argv[2], "--batches") == 0) {
        return serve(argv[3]);
    }
    return argc > 1 && strcmp(argv[1], "run") == 0 ? run(argv + 2) : END_USAGE;
}
