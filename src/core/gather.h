/* gather.h: a listing that comes in pages, or a tree that comes directory by directory, put together.
 *
 * The names lie one behind the other in the order of the entries, and are given their places at the end: until then
 * the block that holds them may move.
 *
 * Thread: any, one at a time.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_GATHER_H
#define SBX_CORE_GATHER_H

#include "core/bytes.h"
#include "wire/wire.h"

struct sbx_gather {
    struct sbx_list list;   /* owned; its names are not set */
    size_t capacity;        /* entries that are allocated */
    struct sbx_bytes names; /* owned */
    struct sbx_bytes
        directory; /* owned: the one that is listed now, from where the tree begins; "": that itself */
    struct sbx_bytes path; /* owned: the same as a whole path (sbx_gather_path) */
    size_t room;           /* bytes that `directory` may have, so that its path is one */
    size_t next;           /* the entry to look at for another directory */
    size_t next_name;      /* where its name is in `names` */
    size_t next_listed;    /* the first of list.listed that is not before it */
};

void sbx_gather_init(struct sbx_gather *gather);
void sbx_gather_clear(struct sbx_gather *gather);

/* Adds a page of the directory that is listed now. `tree`: its names are paths below it. */
enum sbx_status sbx_gather_page(struct sbx_gather *gather, struct sbx_listing *page, bool tree) SBX_CHECKED;

/* Adds a whole listing of that directory. */
enum sbx_status sbx_gather_list(struct sbx_gather *gather, const struct sbx_list *list) SBX_CHECKED;

/* Goes on to the next directory among the entries whose own are not here yet; false: there is none. One whose path would
 * be too long below the top last given to sbx_gather_path cannot be asked for: it is as one without entries. */
bool sbx_gather_next_directory(struct sbx_gather *gather);

/* Whether a failure with `status` loses the directory that is listed now and no more: one below that has gone, that may
 * not be read or has too long a path is as one without entries. */
bool sbx_gather_is_lost_below(const struct sbx_gather *gather, enum sbx_status status);

/* gather->path becomes the path of the directory that is listed now, `top` being that of the whole tree. SBX_ENOMEM,
 * SBX_ENAMETOOLONG. */
enum sbx_status sbx_gather_path(struct sbx_gather *gather, struct sbx_span top) SBX_CHECKED;

/* Moves all of it out; the caller owns it. */
void sbx_gather_take(struct sbx_gather *gather, struct sbx_list *list);

/* The same for names: of those that came with what stands below, that is list->below. */
void sbx_gather_take_names(struct sbx_gather *gather, struct sbx_list *list);

#endif
