/* gather.c: entries appended, names behind each other, and a look along them for directories.
 *
 * Thread: any, one at a time.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/gather.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ENTRIES 64
#define ENTRIES_MAX ((size_t)4 << 20) /* as many as a foreign answer may have us hold */

void sbx_gather_init(struct sbx_gather *gather)
{
    *gather = (struct sbx_gather){.room = SBX_PATH_MAX};
    sbx_bytes_init(&gather->names, SBX_JSON_MAX);
    sbx_bytes_init(&gather->directory, SBX_PATH_MAX);
    sbx_bytes_init(&gather->path, 2 * SBX_PATH_MAX);
}

void sbx_gather_clear(struct sbx_gather *gather)
{
    free(gather->list.entries);
    free(gather->list.listed);
    sbx_bytes_clear(&gather->names);
    sbx_bytes_clear(&gather->directory);
    sbx_bytes_clear(&gather->path);
}

/* Room for one entry more, by doubling, and for its index among the listed. */
static bool make_room(struct sbx_gather *gather)
{
    struct sbx_list *list = &gather->list;
    if (list->count < gather->capacity) {
        return true;
    }
    size_t capacity = gather->capacity == 0 ? FIRST_ENTRIES : 2 * gather->capacity;
    struct sbx_entry *entries = reallocarray(list->entries, capacity, sizeof(*entries));
    list->entries = entries == NULL ? list->entries : entries;
    uint32_t *listed = entries == NULL ? NULL : reallocarray(list->listed, capacity, sizeof(*listed));
    list->listed = listed == NULL ? list->listed : listed;
    gather->capacity = listed == NULL ? gather->capacity : capacity;
    return listed != NULL;
}

/* Of a tree the names are paths from where it begins. */
static enum sbx_status add(struct sbx_gather *gather, const struct sbx_entry *entry, bool listed)
{
    struct sbx_list *list = &gather->list;
    if (list->count == ENTRIES_MAX) {
        return SBX_EFBIG;
    }
    if (!make_room(gather)) {
        return SBX_ENOMEM;
    }
    size_t start = gather->names.length;
    if (gather->directory.length > 0) {
        sbx_bytes_append(&gather->names, sbx_bytes_span(&gather->directory));
        sbx_bytes_append_text(&gather->names, "/");
    }
    sbx_bytes_append(&gather->names, entry->name);
    if (listed) {
        list->listed[list->listed_count++] = (uint32_t)list->count;
    }
    list->entries[list->count] = *entry;
    list->entries[list->count++].name = (struct sbx_span){NULL, gather->names.length - start};
    return gather->names.status;
}

enum sbx_status sbx_gather_page(struct sbx_gather *gather, struct sbx_listing *page, bool tree)
{
    struct sbx_entry entry;
    bool listed = false;
    enum sbx_status status = SBX_OK;
    gather->list.attributes = !page->brief;
    while (status == SBX_OK &&
           (tree ? sbx_result_next_tree_entry(page, &entry, &listed) : sbx_result_next_entry(page, &entry))) {
        status = add(gather, &entry, listed);
    }
    return status;
}

enum sbx_status sbx_gather_list(struct sbx_gather *gather, const struct sbx_list *list)
{
    enum sbx_status status = SBX_OK;
    for (size_t i = 0; i < list->count && status == SBX_OK; i++) {
        status = add(gather, &list->entries[i], false);
    }
    return status;
}

static bool is_unlisted_directory(struct sbx_gather *gather, size_t index)
{
    const struct sbx_list *list = &gather->list;
    if (gather->next_listed < list->listed_count && list->listed[gather->next_listed] == index) {
        gather->next_listed++;
        return false;
    }
    return sbx_stat_is(&list->entries[index].stat, SBX_S_IFDIR);
}

bool sbx_gather_next_directory(struct sbx_gather *gather)
{
    while (gather->next < gather->list.count) {
        size_t length = gather->list.entries[gather->next].name.length;
        size_t start = gather->next_name;
        gather->next_name += length;
        if (is_unlisted_directory(gather, gather->next++) && length <= gather->room) {
            gather->directory.length = 0;
            sbx_bytes_append(&gather->directory, (struct sbx_span){gather->names.data + start, length});
            return true;
        }
    }
    return false;
}

bool sbx_gather_is_lost_below(const struct sbx_gather *gather, enum sbx_status status)
{
    return gather->directory.length > 0 &&
           (status == SBX_ENOENT || status == SBX_ENOTDIR || status == SBX_EACCES || status == SBX_ELOOP ||
            status == SBX_ENAMETOOLONG);
}

enum sbx_status sbx_gather_path(struct sbx_gather *gather, struct sbx_span top)
{
    struct sbx_bytes *path = &gather->path;
    bool root = top.length == 1;
    size_t taken = root ? 1 : top.length + 1; /* with the slash */
    gather->room = taken < SBX_PATH_MAX ? SBX_PATH_MAX - taken : 0;
    path->length = 0;
    sbx_bytes_append(path, top);
    if (gather->directory.length > 0) {
        sbx_bytes_append_text(path, root ? "" : "/");
        sbx_bytes_append(path, sbx_bytes_span(&gather->directory));
    }
    enum sbx_status status = gather->directory.status == SBX_OK ? path->status : gather->directory.status;
    bool too_long = status == SBX_EFBIG || (status == SBX_OK && path->length > SBX_PATH_MAX);
    return too_long ? SBX_ENAMETOOLONG : status;
}

void sbx_gather_take(struct sbx_gather *gather, struct sbx_list *list)
{
    *list = gather->list;
    list->names = sbx_bytes_take(&gather->names).data;
    char *at = list->names;
    for (size_t i = 0; i < list->count; i++) {
        list->entries[i].name.data = at;
        at += list->entries[i].name.length;
    }
    gather->list = (struct sbx_list){0};
    gather->capacity = 0;
}

void sbx_gather_take_names(struct sbx_gather *gather, struct sbx_list *list)
{
    sbx_gather_take(gather, list);
    size_t all = list->count;
    list->count = 0;
    while (list->count < all && sbx_result_is_name(list->entries[list->count].name)) {
        list->count++;
    }
    list->below = all - list->count;
}
