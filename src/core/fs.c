/* fs.c: the view: its base path, its options, and the writes that may hang.
 *
 * Thread: as fs.h says; immutable but for the stuck writes, which have a lock, and the small files.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/fs.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/companion/resident.h"
#include "core/path.h"
#include "core/small_files.h"

struct stuck_write {
    char *path;        /* owned; NULL: a free place */
    uint64_t until_ms; /* on the clock of sbx_now_ms */
};

/* Apart from the file system, which is const to everything that runs on the pool. */
struct stuck_writes {
    pthread_mutex_t lock;
    struct stuck_write writes[SBX_STUCK_WRITES]; /* under lock */
};

struct sbx_fs {
    struct sbx_bytes base; /* the sandbox's path of "/", without a slash at its end: "" for "/" */
    int timeout_ms;
    bool read_only;
    uint64_t max_full_read;
    struct stuck_writes *stuck;          /* owned */
    struct sbx_small_files *small;       /* owned */
    struct sbx_companion *companion;     /* owned: one count */
    struct sbx_companion_lane *lanes[2]; /* owned: one count each; the second is of synchronous ops */
};

static enum sbx_status set_base(struct sbx_fs *fs, struct sbx_span base_path)
{
    sbx_bytes_init(&fs->base, 2 * SBX_PATH_MAX);
    if (base_path.length == 0 || base_path.data[0] != '/') {
        return SBX_EINVAL;
    }
    enum sbx_status status = sbx_path_anchor(&fs->base, base_path);
    if (status == SBX_OK && fs->base.length == 1) {
        fs->base.length = 0;
    }
    return status;
}

static enum sbx_status make_lanes(struct sbx_fs *fs, const struct sbx_companion_options *options)
{
    enum sbx_status status = sbx_companion_create(&fs->companion, options);
    for (size_t i = 0; i < 2 && status == SBX_OK; i++) {
        status = sbx_companion_lane_create(&fs->lanes[i], fs->companion);
    }
    return status == SBX_OK ? sbx_companion_lane_stay(fs->lanes[0]) : status;
}

struct sbx_companion_lane *sbx_fs_lane(const struct sbx_fs *fs, bool synchronous)
{
    return fs->lanes[synchronous ? 1 : 0];
}

enum sbx_companion_state sbx_fs_report(const struct sbx_fs *fs, char *reason, size_t size)
{
    return sbx_companion_report(fs->companion, reason, size);
}

enum sbx_distance sbx_fs_distance(const struct sbx_fs *fs)
{
    return sbx_companion_distance(fs->companion);
}

size_t sbx_fs_contents_at_once(const struct sbx_fs *fs)
{
    uint32_t cores = 0;
    uint64_t free_memory = 0;
    sbx_companion_capacity(fs->companion, &cores, &free_memory);
    return cores > 1 ? cores - 1 : 1;
}

uint64_t sbx_fs_longest_whole(const struct sbx_fs *fs)
{
    uint32_t cores = 0;
    uint64_t free_memory = 0;
    sbx_companion_capacity(fs->companion, &cores, &free_memory);
    uint64_t share = free_memory / SBX_MEMORY_SHARE;
    if (free_memory == 0 || share > SBX_WHOLE_MAX) {
        return SBX_WHOLE_MAX;
    }
    return share > SBX_EXTRACT_MIN ? share : SBX_EXTRACT_MIN;
}

const char *sbx_fs_carrier(const struct sbx_fs *fs)
{
    return sbx_resident_carrier(sbx_companion_lane_resident(fs->lanes[0]));
}

void sbx_fs_note_size(const struct sbx_fs *fs, struct sbx_span path, uint64_t size)
{
    sbx_small_files_note(fs->small, path, size, sbx_now_ms());
}

bool sbx_fs_is_quick_to_get(const struct sbx_fs *fs, struct sbx_span path)
{
    return sbx_resident_is_near(sbx_companion_lane_resident(fs->lanes[0])) &&
           sbx_small_files_has(fs->small, path, sbx_now_ms());
}

bool sbx_fs_view_of(const struct sbx_fs *fs, struct sbx_span path, struct sbx_span *view)
{
    size_t base = fs->base.length;
    bool inside = path.length >= base && (base == 0 || memcmp(path.data, fs->base.data, base) == 0) &&
                  (path.length == base || path.data[base] == '/');
    *view = !inside || path.length == base ? SBX_SPAN("/")
                                           : (struct sbx_span){path.data + base, path.length - base};
    return inside;
}

enum sbx_status sbx_fs_create(struct sbx_fs **fs, const struct sbx_fs_options *options)
{
    struct sbx_fs *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return SBX_ENOMEM;
    }
    made->timeout_ms = options->timeout_ms;
    made->read_only = options->read_only;
    made->max_full_read = options->max_full_read;
    enum sbx_status status = set_base(made, options->base_path);
    if (status == SBX_OK) {
        made->stuck = calloc(1, sizeof(*made->stuck));
        made->small = calloc(1, sizeof(*made->small));
        status = made->stuck == NULL || made->small == NULL ? SBX_ENOMEM : SBX_OK;
    }
    if (status == SBX_OK) {
        status = make_lanes(made, &options->companion);
    }
    if (status == SBX_OK && pthread_mutex_init(&made->stuck->lock, NULL) != 0) {
        free(made->stuck);
        made->stuck = NULL;
        status = SBX_ENOMEM;
    }
    if (status != SBX_OK) {
        sbx_fs_destroy(made);
        return status;
    }
    *fs = made;
    return SBX_OK;
}

static void free_stuck(struct stuck_writes *stuck)
{
    if (stuck == NULL) {
        return;
    }
    for (size_t i = 0; i < SBX_STUCK_WRITES; i++) {
        free(stuck->writes[i].path);
    }
    (void)pthread_mutex_destroy(&stuck->lock);
    free(stuck);
}

void sbx_fs_destroy(struct sbx_fs *fs)
{
    if (fs == NULL) {
        return;
    }
    free_stuck(fs->stuck);
    free(fs->small);
    sbx_companion_lane_unref(fs->lanes[0]);
    sbx_companion_lane_unref(fs->lanes[1]);
    sbx_companion_unref(fs->companion);
    sbx_bytes_clear(&fs->base);
    free(fs);
}

enum sbx_status sbx_fs_op_create(struct sbx_op **op, const struct sbx_fs *fs, const struct sbx_op_row *row,
                                 struct sbx_endpoint *endpoint, const struct sbx_args *args)
{
    struct sbx_args anchored = *args;
    struct sbx_bytes path;
    struct sbx_bytes new_path;
    sbx_bytes_init(&path, 2 * SBX_PATH_MAX);
    sbx_bytes_init(&new_path, 2 * SBX_PATH_MAX);
    enum sbx_status status = sbx_path_anchor(&path, args->path);
    if (status == SBX_OK && args->new_path.data != NULL) {
        status = sbx_path_anchor(&new_path, args->new_path);
    }
    if (status == SBX_OK) {
        anchored.path = sbx_bytes_span(&path);
        anchored.new_path = sbx_bytes_span(&new_path);
        status = sbx_op_create(op, endpoint, &anchored);
    }
    if (status == SBX_OK) {
        (*op)->row = row;
        (*op)->fs = fs;
        (*op)->relative = args->path.length == 0 || args->path.data[0] != '/';
        (*op)->slashed = args->path.length > 0 && args->path.data[args->path.length - 1] == '/';
        (*op)->timeout_ms = fs->timeout_ms;
    }
    sbx_bytes_clear(&path);
    sbx_bytes_clear(&new_path);
    return status;
}

bool sbx_fs_is_read_only(const struct sbx_fs *fs)
{
    return fs->read_only;
}

void sbx_fs_append_path(const struct sbx_fs *fs, struct sbx_bytes *bytes, struct sbx_span path)
{
    sbx_bytes_append(bytes, sbx_bytes_span(&fs->base));
    if (fs->base.length == 0 || !sbx_path_is_root(path)) {
        sbx_bytes_append(bytes, path);
    }
}

bool sbx_fs_is_whole(const struct sbx_fs *fs)
{
    return fs->base.length == 0;
}

void sbx_fs_advise(struct sbx_op *op)
{
    if (op->result.status == SBX_EACCES && sbx_fs_is_whole(op->fs)) {
        op->advice = "the sandbox's user may not do that there; set basePath to a directory that it owns";
    }
}

uint64_t sbx_fs_max_full_read(const struct sbx_fs *fs)
{
    return fs->max_full_read;
}

static bool is_path(const struct stuck_write *write, struct sbx_span path)
{
    return write->path != NULL && sbx_span_equal((struct sbx_span){write->path, strlen(write->path)}, path);
}

void sbx_fs_note_stuck_write(const struct sbx_fs *fs, struct sbx_span path)
{
    struct stuck_writes *stuck = fs->stuck;
    char *copy = strndup(path.data, path.length);
    if (copy == NULL) {
        return; /* it is a courtesy to the server, not a promise to the caller */
    }
    (void)pthread_mutex_lock(&stuck->lock);
    struct stuck_write *oldest = &stuck->writes[0];
    for (size_t i = 0; i < SBX_STUCK_WRITES; i++) {
        struct stuck_write *write = &stuck->writes[i];
        oldest = is_path(write, path) || write->until_ms < oldest->until_ms ? write : oldest;
        if (is_path(write, path)) {
            break;
        }
    }
    free(oldest->path);
    *oldest = (struct stuck_write){copy, sbx_now_ms() + SBX_STUCK_WRITE_MS};
    (void)pthread_mutex_unlock(&stuck->lock);
}

bool sbx_fs_is_stuck(const struct sbx_fs *fs, struct sbx_span path)
{
    struct stuck_writes *stuck = fs->stuck;
    bool found = false;
    (void)pthread_mutex_lock(&stuck->lock);
    for (size_t i = 0; i < SBX_STUCK_WRITES && !found; i++) {
        found = is_path(&stuck->writes[i], path) && stuck->writes[i].until_ms > sbx_now_ms();
    }
    (void)pthread_mutex_unlock(&stuck->lock);
    return found;
}
