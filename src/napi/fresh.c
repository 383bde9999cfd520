/* fresh.c: one path, its attributes, and until when they count.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/fresh.h"

#define FRESH_MS 20
#define O_CREAT_LINUX 0100U
#define O_EXCL_LINUX 0200U
#define O_TRUNC_LINUX 01000U

void sbx_fresh_init(struct sbx_fresh *fresh)
{
    *fresh = (struct sbx_fresh){0};
    sbx_bytes_init(&fresh->path, 2 * SBX_PATH_MAX);
}

void sbx_fresh_forget(struct sbx_fresh *fresh)
{
    fresh->version++;
    sbx_bytes_clear(&fresh->path);
}

void sbx_fresh_change_begins(struct sbx_fresh *fresh)
{
    fresh->changes++;
    sbx_fresh_forget(fresh);
}

void sbx_fresh_change_ends(struct sbx_fresh *fresh)
{
    fresh->changes--;
    sbx_fresh_forget(fresh);
}

void sbx_fresh_remember(struct sbx_fresh *fresh, uint64_t version, struct sbx_span path,
                        const struct sbx_stat *stat)
{
    if (fresh->changes > 0 || version != fresh->version) {
        return;
    }
    fresh->path.length = 0;
    sbx_bytes_append(&fresh->path, path); /* no memory: nothing is known */
    fresh->absent = stat == NULL;
    fresh->stat = stat == NULL ? (struct sbx_stat){0} : *stat;
    fresh->until_ms = sbx_now_ms() + FRESH_MS;
}

static bool is_known(const struct sbx_fresh *fresh, struct sbx_span path)
{
    return fresh->path.length > 0 && sbx_span_equal(sbx_bytes_span(&fresh->path), path) &&
           sbx_now_ms() < fresh->until_ms;
}

bool sbx_fresh_needs_nothing(const struct sbx_fresh *fresh, struct sbx_span path, uint32_t flags)
{
    bool is_file = sbx_stat_is(&fresh->stat, SBX_S_IFREG); /* not where it is absent */
    bool is_to_be_emptied = (flags & O_TRUNC_LINUX) != 0 && fresh->stat.size > 0;
    return is_known(fresh, path) && is_file && (flags & O_EXCL_LINUX) == 0 && !is_to_be_emptied;
}

enum sbx_status sbx_fresh_foresee(const struct sbx_fresh *fresh, struct sbx_span path, uint32_t flags,
                                  bool *created)
{
    bool creates = (flags & O_CREAT_LINUX) != 0;
    bool known = is_known(fresh, path);
    *created = known && fresh->absent && creates;
    if (!known || *created) {
        return SBX_OK;
    }
    if (fresh->absent) {
        return SBX_ENOENT;
    }
    bool is_directory = sbx_stat_is(&fresh->stat, SBX_S_IFDIR);
    if (creates && (flags & O_EXCL_LINUX) != 0) {
        return SBX_EEXIST;
    }
    return is_directory ? SBX_EISDIR : SBX_OK;
}
