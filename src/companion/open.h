/* open.h: opening a file so that nothing can hang and nothing but the wanted type is touched.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_OPEN_H
#define COMPANION_OPEN_H

#include <sys/stat.h>

#include "wire/wire.h"

/* Opens with `flags` (O_NONBLOCK, O_CLOEXEC and O_NOCTTY are added), mode 0666, and gives the attributes.
 * On anything but SBX_OK there is no descriptor. Whatever the type: a FIFO may be open then. */
enum sbx_status open_any(const char *path, int flags, int *fd, struct stat *stat) SBX_CHECKED;

/* The same for a regular file alone: SBX_EISDIR, and SBX_EINVAL or SBX_ENXIO for what is neither. */
enum sbx_status open_file(const char *path, int flags, int *fd, struct stat *stat) SBX_CHECKED;

/* Makes the directories above the last name of the path that are not there. */
enum sbx_status open_make_parents(const char *path) SBX_CHECKED;

/* Makes the directory and those above it. SBX_EEXIST: it is there and no directory. */
enum sbx_status open_make_directories(const char *path) SBX_CHECKED;

/* Closes; the status of a write that only shows now, where `status` was SBX_OK. */
enum sbx_status open_close(int fd, enum sbx_status status);

#endif
