/* kernel.h: newer system calls, each with what to do where a kernel, or a filter before it, refuses them.
 * Built with COMPANION_OLD_KERNEL they are always refused, so that the tests see the other way.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_KERNEL_H
#define COMPANION_KERNEL_H

#include <dirent.h>
#include <sys/types.h>

#include "wire/wire.h"

/* The attributes of `path` below the directory `fd` (or AT_FDCWD); `flags` as fstatat has them. */
enum sbx_status kernel_stat(int fd, const char *path, int flags, struct sbx_stat *stat) SBX_CHECKED;

/* A descriptor that stands for the process, readable when it has ended; -1: there is none to be had. */
int kernel_process(pid_t pid);

/* Sends the signal to the process: by that descriptor, where there is one, so that it cannot reach another that has its
 * number by now. */
enum sbx_status kernel_signal(int process, pid_t pid, int signal) SBX_CHECKED;

/* Whether the directory tells the type of its entry (d_type): not every file system's does. */
bool kernel_tells_type(const struct dirent *entry);

/* Reserves the space of the first `length` bytes of a file, whose size and content stay. SBX_ENOTSUP: its file
 * system cannot. */
enum sbx_status kernel_reserve(int fd, off_t length) SBX_CHECKED;

/* Copies what is left of `from` to `to`, both from their offsets on. */
enum sbx_status kernel_copy(int from, int to) SBX_CHECKED;

#endif
