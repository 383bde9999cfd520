/* ahead.c: see ahead.h.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/ahead.h"

#include <stdlib.h>
#include <string.h>

#include "core/path.h"
#include "napi/args.h"
#include "napi/job.h"

#define DIRECTORIES_MAX 16 /* of one path */
#define FILES_MAX 16       /* read at once */
#define FILE_MAX (16 * SBX_KIB)
#define FILES_BYTES_MAX (128 * SBX_KIB)

/* Who asks: for what somebody has asked for, `looks`, whose time it has; NULL: for what was known. */
struct asker {
    struct sbx_object *object;
    struct sbx_endpoint *endpoint;
    const struct sbx_op *looks;
};

static bool is_of_a_name(const struct sbx_op *op)
{
    enum sbx_op_code code = (enum sbx_op_code)op->row->code;
    return code == SBX_OP_STAT || code == SBX_OP_LSTAT || code == SBX_OP_ACCESS;
}

/* Whether answers are kept, and there is somebody to ask. */
static bool is_of_use(const struct sbx_object *object, const struct sbx_endpoint *endpoint)
{
    return object->cache.ttl_ms > 0 && endpoint != NULL &&
           sbx_fs_report(object->fs, NULL, 0) == SBX_COMPANION_UP;
}

/* Whether it is neither known for a while yet nor asked for; from now on it is. */
static bool is_new(struct sbx_object *object, enum sbx_op_code code, struct sbx_span path)
{
    uint64_t changes = object->env->changes;
    uint64_t question = sbx_hash_of(path) + (uint64_t)code;
    uint64_t now_ms = sbx_now_ms();
    size_t place = (size_t)(question % SBX_AHEAD_PLACES);
    bool asked = object->ahead.asked[place].question == question &&
                 object->ahead.asked[place].changes == changes &&
                 now_ms < object->ahead.asked[place].until_ms;
    if (asked || sbx_cache_has(&object->cache, code, path, changes, object->cache.ttl_ms / 2)) {
        return false;
    }
    object->ahead.asked[place].question = question;
    object->ahead.asked[place].changes = changes;
    object->ahead.asked[place].until_ms = now_ms + object->cache.ttl_ms / 2;
    return true;
}

/* Over HTTP it would be a request, or two. */
static enum sbx_step leave_it(struct sbx_op *op)
{
    return sbx_op_fail(op, SBX_EIO, NULL);
}

/* `kind`: as of sbx_job_send_alone; `state` (taken), too. */
static bool ask(const struct asker *asker, enum sbx_op_code code, const struct sbx_args *args,
                const struct sbx_job_kind *kind, void *state)
{
    static const sbx_step_function otherwise[] = {leave_it, NULL};
    struct sbx_op *op = NULL;
    if (sbx_fs_op_create(&op, asker->object->fs, sbx_op_row(code), asker->endpoint, args) != SBX_OK) {
        free(state);
        return false;
    }
    op->otherwise = otherwise;
    op->alone =
        code == SBX_OP_NAMES; /* it looks at all that is there: what hangs there holds nobody else up */
    if (asker->looks != NULL) {
        op->timeout_ms = asker->looks->timeout_ms;
        op->patience.cut = asker->looks->patience.cut;
    }
    return sbx_job_send_alone(asker->object, op, kind, state);
}

/* One op, which is kept. */
static bool ask_new(const struct asker *asker, enum sbx_op_code code, struct sbx_span path)
{
    static const struct sbx_job_kind kind = {0};
    return is_new(asker->object, code, path) &&
           ask(asker, code, &(struct sbx_args){.path = path}, &kind, NULL);
}

void sbx_ahead_look(struct sbx_object *object, const struct sbx_op *op)
{
    const struct asker asker = {object, op->endpoint, op};
    struct sbx_span directory = op->args.path;
    bool more = op->row != NULL && is_of_a_name(op) && is_of_use(object, op->endpoint);
    for (int i = 0; i < DIRECTORIES_MAX && more && !sbx_path_is_root(directory); i++) {
        directory = sbx_path_parent(directory);
        more = ask_new(&asker, SBX_OP_LSTAT, directory);
    }
}

/* ---- Files beside the one that was read -------------------------------------------------------------------- */

/* From the last dot on; of a name without any, or with one at its beginning alone, it is empty. */
static struct sbx_span extension_of(struct sbx_span name)
{
    size_t dot = name.length;
    while (dot > 0 && name.data[dot - 1] != '.') {
        dot--;
    }
    return dot > 1 ? (struct sbx_span){name.data + dot - 1, name.length - dot + 1}
                   : (struct sbx_span){name.data + name.length, 0};
}

static bool is_script(struct sbx_span extension)
{
    return sbx_span_equal(extension, SBX_SPAN(".js"));
}

/* A small file of the same kind: whoever has read the one is about to read it. The kernel's own (/proc, /sys), which have no
 * blocks, are left alone: to read one may do something. */
static bool is_alike(const struct sbx_entry *entry, struct sbx_span extension)
{
    const struct sbx_stat *stat = &entry->stat;
    return stat->nlink > 0 && sbx_stat_is(stat, SBX_S_IFREG) && stat->size <= FILE_MAX && stat->blocks > 0 &&
           sbx_span_equal(extension_of(entry->name), extension);
}

/* `path`: the directory, without a slash at its end, which it is again afterwards. What asks for a script has looked for
 * the name without its extension before. */
static size_t read_file(const struct asker *asker, struct sbx_bytes *path, const struct sbx_entry *entry)
{
    size_t length = path->length;
    bool asked = false;
    sbx_bytes_append_text(path, "/");
    sbx_bytes_append(path, entry->name);
    if (path->status == SBX_OK) {
        struct sbx_span file = sbx_bytes_span(path);
        struct sbx_span extension = extension_of(entry->name);
        asked = ask_new(asker, SBX_OP_READ, file);
        if (is_script(extension)) {
            file.length -= extension.length;
            asked = ask_new(asker, SBX_OP_LSTAT, file) || asked;
        }
    }
    path->length = length;
    return asked ? (size_t)entry->stat.size : 0;
}

/* That of `path`, without a slash at its end. */
static void append_directory(struct sbx_bytes *bytes, struct sbx_span path)
{
    struct sbx_span directory = sbx_path_parent(path);
    sbx_bytes_append(bytes, sbx_path_is_root(directory) ? SBX_SPAN("") : directory);
}

static size_t index_of(const struct sbx_list *list, struct sbx_span name)
{
    size_t i = 0;
    while (i < list->count && !sbx_span_equal(list->entries[i].name, name)) {
        i++;
    }
    return i;
}

/* Those that stand behind `file` in the listing of its directory, and then those before it. */
static void read_siblings(const struct asker *asker, struct sbx_span file, const struct sbx_list *list)
{
    struct sbx_span extension = extension_of(sbx_path_name(file));
    size_t begin = index_of(list, sbx_path_name(file));
    size_t files = 0;
    size_t bytes = 0;
    size_t share =
        asker->object->cache.lru.max_bytes / 4; /* that is kept of them, and of what there was, at least */
    size_t bytes_max = share < FILES_BYTES_MAX ? share : FILES_BYTES_MAX;
    struct sbx_bytes path;
    sbx_bytes_init(&path, 2 * SBX_PATH_MAX);
    append_directory(&path, file);
    for (size_t i = 1; i < list->count && files < FILES_MAX && bytes < bytes_max; i++) {
        const struct sbx_entry *entry = &list->entries[(begin + i) % list->count];
        size_t read = is_alike(entry, extension) ? read_file(asker, &path, entry) : 0;
        files += read > 0 ? 1 : 0;
        bytes += read;
    }
    sbx_bytes_clear(&path);
}

static bool is_undisturbed(const struct sbx_job *job)
{
    return job->changes == job->object->env->changes && !job->object->closed;
}

/* The state is the path of the file. */
static struct sbx_op *take_listing(struct sbx_job *job, struct sbx_op *op)
{
    const struct asker asker = {job->object, op->endpoint, op};
    const char *file = job->state;
    if (op->result.status == SBX_OK && op->result.list.attributes && is_undisturbed(job)) {
        read_siblings(&asker, (struct sbx_span){file, strlen(file)}, &op->result.list);
    }
    return op;
}

static void free_path(struct sbx_object *object, void *state)
{
    (void)object;
    free(state);
}

static void list_directory(const struct asker *asker, struct sbx_span file)
{
    static const struct sbx_job_plan plan = {take_listing, free_path};
    static const struct sbx_job_kind kind = {.plan = &plan};
    struct sbx_args args = {.path = sbx_path_parent(file), .flags = SBX_NAMES_AROUND | SBX_NAMES_FEW};
    char *path = strndup(file.data, file.length);
    if (path != NULL) {
        (void)ask(asker, SBX_OP_NAMES, &args, &kind, path);
    }
}

/* A script's package is looked for in each directory above it. */
static void look_for_package(const struct asker *asker, struct sbx_span file)
{
    struct sbx_bytes path;
    sbx_bytes_init(&path, 2 * SBX_PATH_MAX);
    for (int i = 0; i < DIRECTORIES_MAX && !sbx_path_is_root(file); i++) {
        path.length = 0;
        append_directory(&path, file);
        file = sbx_path_parent(file);
        sbx_bytes_append_text(&path, "/package.json");
        if (path.status == SBX_OK) {
            (void)ask_new(asker, SBX_OP_LSTAT, sbx_bytes_span(&path));
        }
    }
    sbx_bytes_clear(&path);
}

/* false: the listing of its directory is known for a while yet, or under way. */
static bool look_beside(const struct asker *asker, struct sbx_span file)
{
    if (!is_new(asker->object, SBX_OP_NAMES, sbx_path_parent(file))) {
        return false;
    }
    if (is_script(extension_of(sbx_path_name(file)))) {
        look_for_package(asker, file);
    }
    list_directory(asker, file);
    return true;
}

static void read_more_siblings(const struct asker *asker, struct sbx_span file)
{
    struct sbx_object *object = asker->object;
    const struct sbx_result *known =
        sbx_cache_find(&object->cache, SBX_OP_NAMES, sbx_path_parent(file), object->env->changes);
    if (known != NULL && known->status == SBX_OK && known->list.attributes) {
        read_siblings(asker, file, &known->list);
    }
}

/* Near by a request costs less than what it brings. */
static bool is_far(const struct sbx_object *object)
{
    return sbx_fs_distance(object->fs) == SBX_FAR;
}

void sbx_ahead_answered(const struct sbx_job *job, const struct sbx_op *op)
{
    struct sbx_object *object = job->object;
    const struct asker asker = {object, op->endpoint, op};
    const struct sbx_result *result = &op->result;
    bool reads = op->row != NULL && op->row->code == SBX_OP_READ;
    bool small = reads && result->status == SBX_OK && op->room == NULL && result->bytes.length <= FILE_MAX;
    bool alone = object->in_flight == 1 && is_undisturbed(job);
    if (small && !op->of_file && alone && is_of_use(object, op->endpoint) && is_far(object) &&
        !look_beside(&asker, op->args.path)) {
        read_more_siblings(&asker, op->args.path);
    }
}

void sbx_ahead_known(struct sbx_object *object, const struct sbx_call *call, struct sbx_endpoint *endpoint)
{
    const struct asker asker = {object, endpoint, NULL};
    struct sbx_bytes path;
    bool reads = call->row->code == SBX_OP_READ && is_script(extension_of(call->args.path));
    if (!reads || !is_far(object) || object->in_flight > 0 || !is_of_use(object, endpoint)) {
        return;
    }
    sbx_bytes_init(&path, 2 * SBX_PATH_MAX);
    if (sbx_path_anchor(&path, call->args.path) == SBX_OK) {
        (void)look_beside(&asker, sbx_bytes_span(&path));
    }
    sbx_bytes_clear(&path);
}
