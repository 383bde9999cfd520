/* dialogue.h: an operation of a file system as a dialogue with the server: what is asked, what is answered, and what
 * comes of it. The view is /b of the sandbox.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_DIALOGUE_H
#define TEST_DIALOGUE_H

#include "core/fs.h"
#include "script.h"
#include "world.h"

struct dialogue {
    const char *name;
    enum sbx_op_code code;
    struct sbx_args args;
    enum sbx_status status;
    const char *bytes; /* the result, of an operation that has bytes; NULL: not looked at */
    struct exchange exchanges[EXCHANGES_MAX];
};

/* A file system of /b, or of another base; its deadline is ten seconds. */
struct sbx_fs *dialogue_fs(const char *base_path, uint64_t max_full_read);

/* For tests: a world whose server plays the script. */
int dialogue_set_up(void **state);
extern struct script dialogue_script;

/* Plays it, and fails the test where something else is asked or comes of it. */
void dialogue_play(struct world *world, const struct sbx_fs *fs, const struct dialogue *dialogue);

/* Plays each on a file system of /b that reads 100 bytes at most. */
void dialogue_play_all(void **state, const struct dialogue *dialogues, size_t count);

/* Runs the op alone, on a script that was begun; the caller destroys it. */
struct sbx_op *dialogue_run(struct world *world, const struct sbx_fs *fs, enum sbx_op_code code,
                            const struct sbx_args *args);

/* Plays it with each allocation failing in turn, each time in another world. */
void dialogue_play_without_memory(const struct dialogue *dialogue);

/* Arguments. */
#define PATH(text) .path = SBX_SPAN(text)
#define NEW_PATH(text) .new_path = SBX_SPAN(text)
#define DATA(text) .data = SBX_SPAN(text)

/* What the server says. */
#define FILE_OF(length) "{\"path\":\"p\",\"entryType\":\"file\",\"size\":" #length "}"
#define FOLDER "{\"path\":\"p\",\"entryType\":\"directory\",\"size\":60}"
#define INVALID(words) "{\"detail\":\"invalid request: " words ": p\"}"
#define ERRNO(number) "{\"detail\":\"stream error: words (os error " #number ")\"}"

/* Exchanges: a question and its answer. */
#define SAYS(asks, sends, replies)                                                                           \
    {                                                                                                        \
        asks, sends, "200 OK", replies, 0                                                                    \
    }
#define REFUSES(asks, sends, words)                                                                          \
    {                                                                                                        \
        asks, sends, "400 Bad Request", INVALID(words), 0                                                    \
    }
#define FAILS(asks, sends, number)                                                                           \
    {                                                                                                        \
        asks, sends, "502 Bad Gateway", ERRNO(number), 0                                                     \
    }

#define STAT(path) "GET /v1/fs/stat?path=" path
#define GET(path) "GET /v1/fs/file?path=" path
#define PUT(path) "PUT /v1/fs/file?path=" path

#define FILE_AT(path, length) SAYS(STAT(path), NULL, FILE_OF(length))
#define FOLDER_AT(path) SAYS(STAT(path), NULL, FOLDER)
#define NOTHING_AT(path) REFUSES(STAT(path), NULL, "path not found")
#define DONE(asks, sends) SAYS(asks, sends, "{\"path\":\"p\"}")
#define HOLDS(path, content) SAYS(GET(path), NULL, content)
#define TAKES(path, content, length) SAYS(PUT(path), content, "{\"path\":\"p\",\"bytesWritten\":" #length "}")

#endif
