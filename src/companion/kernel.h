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

/* Which file a descriptor is of. */
enum sbx_status kernel_file(int fd, struct sbx_file *file) SBX_CHECKED;

/* Whether the directory tells the type of its entry (d_type): not every file system's does. */
bool kernel_tells_type(const struct dirent *entry);

/* Reserves the space of so many bytes of a file from `start` on; its size and content stay. SBX_ENOTSUP: its file system
 * cannot. */
enum sbx_status kernel_reserve(int fd, off_t start, off_t length) SBX_CHECKED;

/* A file without a name that holds `bytes`, in memory; the caller's. -1: there is none to be had. */
int kernel_file_of(struct sbx_span bytes);

/* A number that nobody else has, most likely: whoever must know tries another one. */
uint64_t kernel_random(void);

/* Makes them a hole; the size stays. */
enum sbx_status kernel_punch(int fd, off_t start, off_t length) SBX_CHECKED;

/* Copies `length` bytes, or as many as are left, of `from` to `to`, both from their offsets on. */
enum sbx_status kernel_copy(int from, int to, uint64_t length) SBX_CHECKED;

#endif
