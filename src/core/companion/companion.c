/* companion.c: the state and its reason, behind a lock and a count of owners.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion/companion.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/http/deadlines.h"

#define HELD_BACK_MAX 2

struct sbx_companion {
    atomic_size_t owners;
    bool never;            /* the user wants none */
    struct sbx_bytes path; /* the user's own; empty: it is put there */
    pthread_mutex_t lock;
    /* Under lock. */
    enum sbx_companion_state state;
    struct sbx_bytes base_url; /* of the sandbox that the state is of */
    struct sbx_bytes program;
    struct sbx_bytes directory;
    uint32_t cores;
    uint64_t free_memory; /* bytes */
    struct sbx_answers answers;
    unsigned held_back; /* streams of the server, one after the other */
    uint64_t again_ms;  /* when OFF becomes UNKNOWN, on the clock of sbx_now_ms */
    char reason[SBX_DETAIL_MAX];
};

enum sbx_status sbx_companion_create(struct sbx_companion **companion,
                                     const struct sbx_companion_options *options)
{
    struct sbx_companion *made = calloc(1, sizeof(*made));
    if (made == NULL || pthread_mutex_init(&made->lock, NULL) != 0) {
        free(made);
        return SBX_ENOMEM;
    }
    atomic_init(&made->owners, 1);
    sbx_bytes_init(&made->path, SBX_PATH_MAX + 1);
    sbx_bytes_init(&made->base_url, SBX_MIB);
    sbx_bytes_init(&made->program, SBX_PATH_MAX + 1);
    sbx_bytes_init(&made->directory, SBX_PATH_MAX + 1);
    sbx_bytes_append(&made->path, options->path);
    made->answers = sbx_answers_none();
    made->never = options->off;
    made->state = options->off ? SBX_COMPANION_OFF : SBX_COMPANION_UNKNOWN;
    (void)snprintf(made->reason, sizeof(made->reason), "%s",
                   options->off ? "the option companion is false" : "nothing has been asked yet");
    enum sbx_status status = made->path.status;
    if (status != SBX_OK) {
        sbx_companion_unref(made);
        return status == SBX_EFBIG ? SBX_ENAMETOOLONG : status;
    }
    *companion = made;
    return SBX_OK;
}

struct sbx_companion *sbx_companion_ref(struct sbx_companion *companion)
{
    atomic_fetch_add_explicit(&companion->owners, 1, memory_order_relaxed);
    return companion;
}

void sbx_companion_unref(struct sbx_companion *companion)
{
    if (companion == NULL || atomic_fetch_sub_explicit(&companion->owners, 1, memory_order_acq_rel) > 1) {
        return;
    }
    sbx_bytes_clear(&companion->path);
    sbx_bytes_clear(&companion->base_url);
    sbx_bytes_clear(&companion->program);
    sbx_bytes_clear(&companion->directory);
    (void)pthread_mutex_destroy(&companion->lock);
    free(companion);
}

struct sbx_span sbx_companion_path(const struct sbx_companion *companion)
{
    return sbx_bytes_span(&companion->path);
}

/* Under lock. */
static void enter(struct sbx_companion *companion, enum sbx_companion_state state, const char *reason)
{
    companion->state = state;
    (void)snprintf(companion->reason, sizeof(companion->reason), "%s", reason);
}

static void set(struct sbx_bytes *bytes, struct sbx_span span)
{
    size_t max = bytes->max;
    sbx_bytes_clear(bytes);
    sbx_bytes_init(bytes, max);
    sbx_bytes_append(bytes, span);
}

/* Under lock. Whether what is known is of the sandbox behind `endpoint`. */
static bool is_of(const struct sbx_companion *companion, struct sbx_endpoint *endpoint)
{
    return sbx_span_equal(sbx_bytes_span(&companion->base_url), sbx_endpoint_base_url(endpoint));
}

/* Under lock. What is known from now on is of that one. */
static void move_to(struct sbx_companion *companion, struct sbx_endpoint *endpoint)
{
    if (!is_of(companion, endpoint)) {
        set(&companion->base_url, sbx_endpoint_base_url(endpoint));
        companion->answers = sbx_answers_none();
        companion->held_back = 0;
    }
}

enum sbx_companion_state sbx_companion_look(struct sbx_companion *companion, struct sbx_endpoint *endpoint)
{
    (void)pthread_mutex_lock(&companion->lock);
    bool here = is_of(companion, endpoint);
    bool over = companion->state == SBX_COMPANION_OFF && sbx_now_ms() >= companion->again_ms;
    if (!companion->never && companion->state != SBX_COMPANION_UNKNOWN && (!here || over)) {
        companion->state = SBX_COMPANION_UNKNOWN; /* the reason stays, until there is another */
    }
    enum sbx_companion_state state = companion->state;
    (void)pthread_mutex_unlock(&companion->lock);
    return state;
}

enum sbx_status sbx_companion_is_up(struct sbx_companion *companion, struct sbx_endpoint *endpoint,
                                    const struct sbx_greeting *greeting)
{
    (void)pthread_mutex_lock(&companion->lock);
    move_to(companion, endpoint);
    set(&companion->program, greeting->program);
    set(&companion->directory, greeting->directory);
    companion->cores = greeting->cores;
    companion->free_memory = greeting->free_memory;
    bool whole = companion->base_url.status == SBX_OK && companion->program.status == SBX_OK &&
                 companion->directory.status == SBX_OK;
    enter(companion, whole ? SBX_COMPANION_UP : SBX_COMPANION_UNKNOWN, whole ? "" : "not enough memory");
    (void)pthread_mutex_unlock(&companion->lock);
    return whole ? SBX_OK : SBX_ENOMEM;
}

void sbx_companion_is_off(struct sbx_companion *companion, struct sbx_endpoint *endpoint, const char *reason)
{
    (void)pthread_mutex_lock(&companion->lock);
    move_to(companion, endpoint);
    companion->again_ms = sbx_now_ms() + SBX_COMPANION_AGAIN_MS;
    enter(companion, SBX_COMPANION_OFF, reason);
    (void)pthread_mutex_unlock(&companion->lock);
}

void sbx_companion_is_unknown(struct sbx_companion *companion, const char *reason)
{
    (void)pthread_mutex_lock(&companion->lock);
    enter(companion, SBX_COMPANION_UNKNOWN, reason);
    (void)pthread_mutex_unlock(&companion->lock);
}

static void append(struct sbx_companion *companion, struct sbx_bytes *to, const struct sbx_bytes *from)
{
    (void)pthread_mutex_lock(&companion->lock);
    sbx_bytes_append(to, sbx_bytes_span(from));
    (void)pthread_mutex_unlock(&companion->lock);
}

void sbx_companion_append_program(struct sbx_companion *companion, struct sbx_bytes *bytes)
{
    append(companion, bytes, &companion->program);
}

void sbx_companion_append_directory(struct sbx_companion *companion, struct sbx_bytes *bytes)
{
    append(companion, bytes, &companion->directory);
}

void sbx_companion_capacity(struct sbx_companion *companion, uint32_t *cores, uint64_t *free_memory)
{
    (void)pthread_mutex_lock(&companion->lock);
    *cores = companion->cores;
    *free_memory = companion->free_memory;
    (void)pthread_mutex_unlock(&companion->lock);
}

void sbx_companion_answered(struct sbx_companion *companion, struct sbx_endpoint *endpoint, uint64_t took_ms)
{
    (void)pthread_mutex_lock(&companion->lock);
    if (is_of(companion, endpoint)) {
        sbx_answers_add(&companion->answers, took_ms);
    }
    (void)pthread_mutex_unlock(&companion->lock);
}

enum sbx_distance sbx_companion_distance(struct sbx_companion *companion)
{
    (void)pthread_mutex_lock(&companion->lock);
    enum sbx_distance distance = sbx_answers_distance(&companion->answers);
    (void)pthread_mutex_unlock(&companion->lock);
    return distance;
}

void sbx_companion_streamed(struct sbx_companion *companion, struct sbx_endpoint *endpoint, bool came)
{
    (void)pthread_mutex_lock(&companion->lock);
    if (is_of(companion, endpoint)) {
        companion->held_back = came ? 0 : companion->held_back + 1;
    }
    (void)pthread_mutex_unlock(&companion->lock);
}

bool sbx_companion_streams(struct sbx_companion *companion)
{
    (void)pthread_mutex_lock(&companion->lock);
    bool streams = companion->held_back < HELD_BACK_MAX;
    (void)pthread_mutex_unlock(&companion->lock);
    return streams;
}

enum sbx_companion_state sbx_companion_report(struct sbx_companion *companion, char *reason, size_t size)
{
    (void)pthread_mutex_lock(&companion->lock);
    enum sbx_companion_state state = companion->state;
    (void)snprintf(reason, size, "%s", companion->reason);
    (void)pthread_mutex_unlock(&companion->lock);
    return state;
}
