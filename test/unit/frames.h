/* frames.h: a sandbox whose companion is the test: the server tells the search for it from a batch, cuts the batch
 * into its frames, notes them as a line ("readlink /a, mkdir /d"), and answers as the test says.
 *
 * Its functions never assert: a failed assertion may only leave the test's own thread.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_FRAMES_H
#define TEST_FRAMES_H

#include <jansson.h>

#include "core/fs.h"
#include "world.h"

#define FRAMES_LINES 100

struct carried_frame {
    uint32_t id;
    const struct sbx_op_row *row;
    struct sbx_args args; /* borrowed from the batch */
};

/* A batch as a request carried it. Lent to the answering function. */
struct carried {
    size_t number; /* of all batches, counted from 0 */
    struct carried_frame *frames;
    size_t count;
    const json_t *request; /* its body */
    struct sbx_span bytes; /* of all frames */
};

typedef bool (*carried_function)(struct server *server, const struct carried *batch, int fd);

/* What the server does; all but the first three under the world's lock. Set by the test before it asks. */
struct frames {
    carried_function answer; /* of a batch */
    answer_function search;  /* of the search for a companion */
    answer_function other;   /* of what is neither */
    size_t batches;
    size_t searches;
    char lines[FRAMES_LINES][400]; /* the batches, in the order in which they came */
    char wrong[200];               /* what came that is no batch; "" where all was well */
};

extern struct frames frames;

/* For tests: a world whose server is that sandbox. The companion is in /p, every frame is answered, and what is
 * neither a batch nor a search is not found. */
int frames_set_up(void **state);
int frames_tear_down(void **state);

/* Forgets what came, not what is answered. */
void frames_forget(void);

/* Fails the test unless exactly these batches came, in any order; NULL ends them. */
void check_batches(const char *const *lines, const char *file, int line);
#define assert_batches(...) check_batches((const char *const[]){__VA_ARGS__, NULL}, __FILE__, __LINE__)

/* Batches that came so far. Thread: any. */
size_t frames_batches(struct world *world);

/* Runs slices until so many batches have come. */
void frames_await(struct world *world, size_t count);

/* Lets whatever can happen now happen. */
void frames_settle(struct world *world);

/* For answers: replies, one after the other. */
struct replies {
    struct sbx_writer writer;
    char space[SBX_REPLIES_MAX];
};

/* New ones; replies_send frees them. */
struct replies *replies_begin(void);
void replies_put(struct replies *replies, uint32_t id, uint16_t code, struct sbx_span payload);

/* A reply that says SBX_OK with `result`. */
void replies_answer(struct replies *replies, const struct carried_frame *frame,
                    const struct sbx_result *result);

/* The usual one: a text or a content is the path that was asked for, a size its length. */
void replies_echo(struct replies *replies, const struct carried_frame *frame);

/* Sends them as the output of a companion that ended well, but for `cut` bytes at their end. */
bool replies_send(struct replies *replies, size_t cut, int fd);

/* Answers: each frame has its usual reply; the same once the test says server_release; it is lost after the
 * beginning of its answer. */
bool answer_all(struct server *server, const struct carried *batch, int fd);
bool answer_late(struct server *server, const struct carried *batch, int fd);
bool answer_by_losing(struct server *server, const struct carried *batch, int fd);
bool greet(struct server *server, const struct asked *asked, int fd);
bool greet_as(int fd, const struct sbx_greeting *greeting);

/* The end of a program that printed `output`. */
bool program_ended(int fd, const char *output, int code);

/* A spawn that failed as the server says it. */
#define SPAWN_FAILED(words, number)                                                                          \
    "{\"detail\":\"stream error: failed to spawn process: " words " (os error " #number ")\"}"

/* A file system of the whole sandbox; its deadline is ten seconds. */
struct sbx_fs *frames_fs(void);

/* The same with a companion that is known already, and nothing noted. */
struct sbx_fs *frames_fs_up(struct world *world);

/* An op on `path`, with a new path of "/new" where the row has one; not yet submitted. */
struct sbx_op *frames_op(struct world *world, const struct sbx_fs *fs, enum sbx_op_code code,
                         const char *path);

/* Makes `count` ops of `code` on "/0", "/1" and so on, and submits them together. */
void frames_submit(struct world *world, const struct sbx_fs *fs, enum sbx_op_code code, struct sbx_op **ops,
                   size_t count);

void frames_destroy(struct sbx_op **ops, size_t count);

/* Makes one, runs it alone, and destroys it; its status. */
enum sbx_status frames_run(struct world *world, const struct sbx_fs *fs, enum sbx_op_code code,
                           const char *path);

/* Fails the test unless the op ended so, with these words; NULL: whatever they are. */
void check_end(const struct sbx_op *op, enum sbx_status status, const char *words, const char *file,
               int line);
#define assert_end(op, status, words) check_end((op), (status), (words), __FILE__, __LINE__)

/* Fails the test unless the op has the usual bytes. */
void check_echo(const struct sbx_op *op, const char *file, int line);
#define assert_echo(op) check_echo((op), __FILE__, __LINE__)

#endif
