/* ops.h: every file-system operation, one row each. Both ends, the tests and the methods that JavaScript
 * sees are made from it.
 *
 * X(code, NAME, name, arguments, reply, kind)
 *   code       never reused: it names the operation on the wire
 *   name       the operation's word in logs and docs; unless PRIVATE its method and the word in its errors
 *   arguments  the slots of struct sbx_args that it uses, in the order of the JavaScript arguments
 *   reply      the shape of its result (result.h)
 *   kind       READ may be asked again after a loss (END too: what was ended is ended); CHANGE is never done twice and answers EROFS on a
 *              read-only file system; PRIVATE has no method made from the row: one of another name, result
 *              or word for its errors stands in napi/fs_methods.c, or none; ALONE may take long, so whoever
 *              asks gives it a batch of its own; STAGES makes parts that its reply alone names, so once sent it is
 *              waited for, wanted or not
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_WIRE_OPS_H
#define SBX_WIRE_OPS_H

#include <stdbool.h>
#include <stdint.h>

/* clang-format off */
#define SBX_OPS(X)                                                                                                       \
    X( 1, LSTAT,       lstat,       ARGS1(PATH),                          STAT,    SBX_READ)                             \
    X( 2, STAT,        stat,        ARGS1(PATH),                          STAT,    SBX_READ)                             \
    X( 3, READDIR,     readdir,     ARGS1(PATH),                          LIST,    SBX_READ | SBX_PRIVATE)               \
    X( 4, READLINK,    readlink,    ARGS1(PATH),                          TEXT,    SBX_READ)                             \
    X( 5, REALPATH,    realpath,    ARGS1(PATH),                          TEXT,    SBX_READ)                             \
    X( 6, ACCESS,      access,      ARGS1(PATH),                          NOTHING, SBX_READ | SBX_PRIVATE)               \
    X( 7, OPEN_CREATE, open_create, ARGS2(PATH, FLAGS),                   CREATED, SBX_CHANGE | SBX_PRIVATE)             \
    X( 8, MKDIR,       mkdir,       ARGS1(PATH),                          NOTHING, SBX_CHANGE | SBX_PRIVATE)             \
    X( 9, MKDIR_P,     mkdir_p,     ARGS1(PATH),                          NOTHING, SBX_CHANGE | SBX_PRIVATE)             \
    X(10, RMDIR,       rmdir,       ARGS1(PATH),                          NOTHING, SBX_CHANGE | SBX_PRIVATE)             \
    X(11, UNLINK,      unlink,      ARGS1(PATH),                          NOTHING, SBX_CHANGE | SBX_PRIVATE)             \
    X(12, RENAME,      rename,      ARGS2(PATH, NEW_PATH),                NOTHING, SBX_CHANGE)                           \
    X(13, LINK,        link,        ARGS2(PATH, NEW_PATH),                NOTHING, SBX_CHANGE)                           \
    X(14, SYMLINK,     symlink,     ARGS2(TARGET, PATH),                  NOTHING, SBX_CHANGE)                           \
    X(15, CHMOD,       chmod,       ARGS2(PATH, MODE),                    NOTHING, SBX_CHANGE)                           \
    X(16, CHOWN,       chown,       ARGS4(PATH, UID, GID, FLAGS),         NOTHING, SBX_CHANGE | SBX_PRIVATE)             \
    X(17, UTIMES,      utimes,      ARGS4(PATH, ATIME, MTIME, FLAGS),     NOTHING, SBX_CHANGE | SBX_PRIVATE)             \
    X(18, TRUNCATE,    truncate,    ARGS2(PATH, LENGTH),                  NOTHING, SBX_CHANGE)                           \
    X(19, FSYNC,       fsync,       ARGS1(PATH),                          NOTHING, SBX_READ)                             \
    X(20, PREAD,       pread,       ARGS3(PATH, OFFSET, LENGTH),          BYTES,   SBX_READ | SBX_PRIVATE)               \
    X(21, PWRITE,      pwrite,      ARGS3(PATH, OFFSET, DATA),            NOTHING, SBX_CHANGE | SBX_PRIVATE)             \
    X(22, READ,        read,        ARGS1(PATH),                          BYTES,   SBX_READ | SBX_PRIVATE)               \
    X(23, WRITE,       write,       ARGS2(PATH, DATA),                    NOTHING, SBX_CHANGE | SBX_PRIVATE)             \
    X(24, COPY,        copy,        ARGS2(PATH, NEW_PATH),                NOTHING, SBX_CHANGE | SBX_PRIVATE | SBX_ALONE) \
    X(25, RM,          rm,          ARGS2(PATH, FLAGS),                   NOTHING, SBX_CHANGE | SBX_PRIVATE | SBX_ALONE) \
    X(26, WALK,        walk,        ARGS1(PATH),                          TREE,    SBX_READ | SBX_PRIVATE | SBX_ALONE)   \
    X(27, STATFS,      statfs,      ARGS1(PATH),                          STATFS,  SBX_READ)                             \
    X(28, COMMIT,      commit,      ARGS3(PATH, TARGET, LENGTH),          NOTHING, SBX_CHANGE | SBX_PRIVATE | SBX_ALONE) \
    X(29, UNSTAGE,     unstage,     ARGS1(TARGET),                        NOTHING, SBX_CHANGE | SBX_PRIVATE | SBX_ALONE) \
    X(30, NAMES,       names,       ARGS2(PATH, FLAGS),                   NAMES,   SBX_READ | SBX_PRIVATE)               \
    X(31, STAGE,       stage,       ARGS3(PATH, LENGTH, FLAGS),           TEXT,    SBX_CHANGE | SBX_PRIVATE | SBX_STAGES) \
    X(32, PLACE,       place,       ARGS4(PATH, TARGET, OFFSET, LENGTH),  NOTHING, SBX_CHANGE | SBX_PRIVATE | SBX_ALONE) \
    X(33, WAIT,        wait,        ARGS3(TARGET, LENGTH, FLAGS),         SUPERVISED, SBX_READ | SBX_PRIVATE | SBX_ALONE) \
    X(34, END,         end,         ARGS2(TARGET, MODE),                  NOTHING, SBX_READ | SBX_PRIVATE | SBX_ALONE) \
    X(35, SAME,        same,        ARGS3(PATH, LENGTH, HASH),            NOTHING, SBX_READ | SBX_PRIVATE)               \
    X(36, PATCH,       patch,       ARGS5(PATH, LENGTH, HASH, OFFSET, DATA), NOTHING, SBX_CHANGE | SBX_PRIVATE) \
    X(37, EXTRACT,     extract,     ARGS4(PATH, TARGET, OFFSET, LENGTH),  BYTES,   SBX_READ | SBX_PRIVATE | SBX_ALONE | SBX_STAGES)
/* clang-format on */

/* The flag of chown: a symlink itself. */
enum { SBX_CHOWN_LINK = 1 };

/* The flag of utimes: of times no more is known than milliseconds. One that has those already stays as it is; where then
 * it is the time of access alone that changes, as it does at a read, nobody has to permit it. */
enum { SBX_UTIMES_MS = 1 };

/* The flags of rm: what stands below a directory goes too; a path that names nothing is well. */
enum { SBX_RM_RECURSIVE = 1, SBX_RM_FORCE = 2 };

/* The flags of names. AROUND: where they are few they come with their attributes, and with what stands below the
 * directories among them, as far as that is little (SBX_AROUND_ENTRIES, SBX_AROUND_BYTES): whoever lists one is about to
 * ask for both. FEW: where they are not, SBX_EFBIG is all that comes. */
enum { SBX_NAMES_AROUND = 1, SBX_NAMES_FEW = 2 };

/* The flag of stage: a place follows, not a commit. */
enum { SBX_STAGE_IN_PLACE = 1 };

/* The flags of wait: no longer than until the program is known to run; of one that goes on after that time a snapshot is
 * made (wire/supervised.h). */
enum { SBX_WAIT_START = 1, SBX_WAIT_SNAPSHOT = 2 };

/* How end ends a supervised program, with all that descends from it: told to, and killed where it does not; or killed
 * at once. One that has not started never will: its record says ECANCELED then. Or what it ends: the program's input
 * alone. */
enum { SBX_END_TELL, SBX_END_KILL, SBX_END_INPUT };

/* The slots of struct sbx_args that an operation can use, as the table names them. */
enum sbx_arg {
    SBX_ARG_NONE,
    SBX_ARG_PATH,
    SBX_ARG_NEW_PATH,
    SBX_ARG_TARGET,
    SBX_ARG_OFFSET,
    SBX_ARG_LENGTH,
    SBX_ARG_MODE,
    SBX_ARG_FLAGS,
    SBX_ARG_UID,
    SBX_ARG_GID,
    SBX_ARG_ATIME,
    SBX_ARG_MTIME,
    SBX_ARG_HASH,
    SBX_ARG_DATA,
};

#define SBX_ROW_ARGS 6 /* at most five, and the end */

/* The shape of a reply: which member of struct sbx_result holds it. */
enum sbx_reply {
    SBX_REPLY_NOTHING,
    SBX_REPLY_STAT,
    SBX_REPLY_BYTES,      /* a content */
    SBX_REPLY_TEXT,       /* a path or a link's target, in `bytes` */
    SBX_REPLY_LIST,       /* entries of a directory with their attributes */
    SBX_REPLY_CREATED,    /* whether open_create made the file */
    SBX_REPLY_STATFS,     /* how much a file system holds */
    SBX_REPLY_TREE,       /* entries of a directory and of those below it, in `list` */
    SBX_REPLY_NAMES,      /* entries of a directory with their ino and type alone, in `list`; or a tree */
    SBX_REPLY_SUPERVISED, /* the record of a supervised program */
};

enum {
    SBX_READ = 1,
    SBX_CHANGE = 2,
    SBX_PRIVATE = 4,
    SBX_ALONE = 8,
    SBX_STAGES = 16,
};

enum sbx_op_code {
#define SBX_OP_ENUM(code, NAME, name, args, reply, kind) SBX_OP_##NAME = code,
    SBX_OPS(SBX_OP_ENUM)
#undef SBX_OP_ENUM
#define SBX_OP_COUNT(code, NAME, name, args, reply, kind) +1
    /* Codes run from 1 without a gap, so that a table by code has no hole. */
    SBX_OP_MAX = 0 SBX_OPS(SBX_OP_COUNT),
#undef SBX_OP_COUNT
};

struct sbx_op_row {
    uint8_t code;                    /* enum sbx_op_code */
    uint8_t reply;                   /* enum sbx_reply */
    uint8_t kind;                    /* SBX_READ or SBX_CHANGE, and the rest */
    uint8_t arguments[SBX_ROW_ARGS]; /* enum sbx_arg, ended by SBX_ARG_NONE */
    const char *name;
};

/* The row of `code`; NULL for a code that the table does not hold. Static. */
const struct sbx_op_row *sbx_op_row(unsigned code);

/* Whether a reply of the shape is entries: they come in pages. */
bool sbx_op_lists(enum sbx_reply shape);

#endif
