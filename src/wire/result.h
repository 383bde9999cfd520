/* result.h: what an operation comes back with. `status` first; where it is SBX_OK, the member that the
 * row's reply names holds the answer. What is read from a reply is a struct sbx_answer, which owns nothing.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_WIRE_RESULT_H
#define SBX_WIRE_RESULT_H

#include <stdint.h>

#include "wire/buf.h"
#include "wire/ops.h"
#include "wire/span.h"
#include "wire/stat.h"
#include "wire/status.h"
#include "wire/supervised.h"

/* One entry of a directory, its attributes those of lstat. */
struct sbx_entry {
    struct sbx_span name; /* borrowed from the list */
    struct sbx_stat stat;
};

struct sbx_list {
    struct sbx_entry *entries; /* owned by whoever owns the result */
    size_t count;
    char *names;   /* owned; the bytes of all names */
    uint64_t next; /* the offset to ask the next page with; 0 where this is the last */
    /* Of a tree alone: indexes of the directories among the entries whose own entries are all here too,
     * increasing. Names are paths from the directory that was asked for. */
    uint32_t *listed; /* owned by whoever owns the result */
    size_t listed_count;
    /* Of names alone: behind the `count` entries there are so many more, of directories below, as those of a tree. */
    size_t below;
    /* Each entry has the attributes of lstat, but for those that may not be looked at, whose nlink is 0. */
    bool attributes;
};

struct sbx_buffer {
    char *data;    /* owned by whoever owns the result; malloc'ed */
    size_t length; /* bytes */
};

/* What statfs(2) says of a file system. */
struct sbx_statfs {
    uint64_t type;
    uint64_t bsize; /* bytes of a block */
    uint64_t blocks;
    uint64_t bfree;
    uint64_t bavail;
    uint64_t files;
    uint64_t ffree;
};

/* What tells a file from another that has its name later. A number of an inode is given again as soon as the file is
 * gone, hence the time of its birth. */
struct sbx_file {
    uint64_t dev;
    uint64_t ino;    /* 0: which file it is, is not known */
    int64_t born_ns; /* 0: its file system keeps none */
};

struct sbx_result {
    enum sbx_status status;
    union {
        struct sbx_stat stat;
        struct {
            struct sbx_buffer bytes; /* of BYTES and TEXT */
            uint64_t total;          /* of BYTES: the size of the file as it was seen */
            struct sbx_file
                file; /* of BYTES: whose content it is; of READ known only where its attributes tell its size */
        };
        struct sbx_list list; /* of LIST, TREE and NAMES */
        struct sbx_statfs statfs;
        bool created;
        struct sbx_supervised supervised;
    };
};

/* Bytes of the longest entry of a list: Linux's NAME_MAX is 255. */
#define SBX_ENTRY_WIRE_MAX (SBX_STAT_WIRE_MAX + 2 + 255)
#define SBX_STATFS_WIRE ((size_t)56)
#define SBX_LISTED_WIRE ((size_t)4) /* of one index of a tree */
#define SBX_BRIEF_WIRE ((size_t)9)  /* of the ino and the type, in a list of names */

/* The type in a list of names is what directories have (d_type): that of st_mode above the permissions. */
#define SBX_TYPE_SHIFT 12

/* A list, a tree or names as they stand in a reply, checked as a whole: entries are read off it one by one. */
struct sbx_listing {
    size_t count;             /* entries that sbx_result_next_entry gives */
    size_t name_bytes;        /* of their names together */
    uint64_t next;            /* as in struct sbx_list */
    struct sbx_reader reader; /* borrows the reply; the entries to come */
    struct sbx_reader listed; /* likewise; the indexes to come, of a tree */
    size_t index;             /* on the wire, of the entry to come */
    bool
        brief; /* names without attributes: of an entry's attributes there are the ino and the type of mode alone */
};

/* A result as it stands in a reply: everything is borrowed from the reply's bytes. */
struct sbx_answer {
    union {
        struct sbx_stat stat;
        struct {
            struct sbx_span bytes; /* of BYTES and TEXT */
            uint64_t total;        /* as in struct sbx_result */
            struct sbx_file file;  /* likewise */
        };
        struct sbx_listing list; /* of LIST, TREE and NAMES */
        struct sbx_statfs statfs;
        bool created;
        struct sbx_supervised supervised;
    };
};

/* Bytes that the reply of the shape may take beside a content, and has to have room for: of entries one, the longest. */
size_t sbx_result_least(enum sbx_reply shape);

/* Puts the member that the row's reply names. SBX_ENOBUFS: it does not fit. */
enum sbx_status sbx_result_encode(const struct sbx_op_row *row, const struct sbx_result *result,
                                  struct sbx_writer *writer) SBX_CHECKED;

/* Reads the payload of a reply whose status is SBX_OK. SBX_EPROTO: it is none of that row. */
enum sbx_status sbx_result_decode(const struct sbx_op_row *row, struct sbx_span payload,
                                  struct sbx_answer *answer) SBX_CHECKED;

/* Whether both are known, and not the same. */
bool sbx_file_differs(const struct sbx_file *file, const struct sbx_file *other);

/* Whether a directory can have an entry of that name: not empty, `.` or `..`, no slash, no NUL. */
bool sbx_result_is_name(struct sbx_span name);

/* The next entry of a list or of names, its name borrowed from the reply; false at the end. Names that no directory holds (empty,
 * `.`, `..`, with a slash or a NUL) are left out: replies are foreign bytes. */
bool sbx_result_next_entry(struct sbx_listing *list, struct sbx_entry *entry);

/* The same for a tree, whose names are paths: components with one slash between. `listed`: it is a directory
 * whose own entries are all in this reply. Left out is a path with a component that no directory holds, and
 * one of more than SBX_PATH_MAX bytes. */
bool sbx_result_next_tree_entry(struct sbx_listing *list, struct sbx_entry *entry, bool *listed);

#endif
