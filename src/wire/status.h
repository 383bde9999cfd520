/* status.h: every way an operation can end, one row each.
 *
 * The numbers are Linux's on every host: macOS and Windows number some of them differently, and a status
 * travels from the system call in the sandbox to `err.code` in JavaScript without being translated on the
 * way. What is no errno in the sandbox (a lost connection, a deadline) uses the errno that names it best.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_WIRE_STATUS_H
#define SBX_WIRE_STATUS_H

#define SBX_CHECKED __attribute__((warn_unused_result))

/* X(NAME, Linux number, text as Node and strerror say it) */
#define SBX_STATUSES(X)                                                                                      \
    X(EPERM, 1, "operation not permitted")                                                                   \
    X(ENOENT, 2, "no such file or directory")                                                                \
    X(ESRCH, 3, "no such process")                                                                           \
    X(EINTR, 4, "interrupted system call")                                                                   \
    X(EIO, 5, "i/o error")                                                                                   \
    X(ENXIO, 6, "no such device or address")                                                                 \
    X(E2BIG, 7, "argument list too long")                                                                    \
    X(ENOEXEC, 8, "exec format error")                                                                       \
    X(EBADF, 9, "bad file descriptor")                                                                       \
    X(EAGAIN, 11, "resource temporarily unavailable")                                                        \
    X(ENOMEM, 12, "not enough memory")                                                                       \
    X(EACCES, 13, "permission denied")                                                                       \
    X(EBUSY, 16, "resource busy or locked")                                                                  \
    X(EEXIST, 17, "file already exists")                                                                     \
    X(EXDEV, 18, "cross-device link not permitted")                                                          \
    X(ENODEV, 19, "no such device")                                                                          \
    X(ENOTDIR, 20, "not a directory")                                                                        \
    X(EISDIR, 21, "illegal operation on a directory")                                                        \
    X(EINVAL, 22, "invalid argument")                                                                        \
    X(ENFILE, 23, "file table overflow")                                                                     \
    X(EMFILE, 24, "too many open files")                                                                     \
    X(ETXTBSY, 26, "text file is busy")                                                                      \
    X(EFBIG, 27, "file too large")                                                                           \
    X(ENOSPC, 28, "no space left on device")                                                                 \
    X(ESPIPE, 29, "invalid seek")                                                                            \
    X(EROFS, 30, "read-only file system")                                                                    \
    X(EMLINK, 31, "too many links")                                                                          \
    X(EPIPE, 32, "broken pipe")                                                                              \
    X(ENAMETOOLONG, 36, "name too long")                                                                     \
    X(ENOSYS, 38, "function not implemented")                                                                \
    X(ENOTEMPTY, 39, "directory not empty")                                                                  \
    X(ELOOP, 40, "too many symbolic links encountered")                                                      \
    X(EPROTO, 71, "protocol error")                                                                          \
    X(EOVERFLOW, 75, "value too large for defined data type")                                                \
    X(ENOTSUP, 95, "operation not supported")                                                                \
    X(ENOBUFS, 105, "no buffer space available")                                                             \
    X(ETIMEDOUT, 110, "connection timed out")                                                                \
    X(ECONNREFUSED, 111, "connection refused")                                                               \
    X(EHOSTUNREACH, 113, "host is unreachable")                                                              \
    X(ESTALE, 116, "stale file handle")                                                                      \
    X(EDQUOT, 122, "disk quota exceeded")                                                                    \
    X(ECANCELED, 125, "operation canceled")

enum sbx_status {
    SBX_OK = 0,
#define SBX_STATUS_ENUM(name, number, text) SBX_##name = number,
    SBX_STATUSES(SBX_STATUS_ENUM)
#undef SBX_STATUS_ENUM
};

/* "ENOENT"; a number outside the list is "EIO", as sbx_status_from_errno makes it. Static. */
const char *sbx_status_name(enum sbx_status status);

/* "no such file or directory". Static. */
const char *sbx_status_text(enum sbx_status status);

/* A Linux errno, as the sandbox's kernel said it; what the list does not hold is SBX_EIO. */
enum sbx_status sbx_status_from_errno(long number);

#endif
