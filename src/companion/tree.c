/* tree.c: descendants by /proc, where each process names its parent.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/tree.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "companion/page.h"

#define PROCESSES_MAX 32768 /* that are looked at; Linux has no more by default */
#define STAT_SIZE 256       /* bytes of /proc/PID/stat up to the parent, and more */

struct process {
    pid_t pid;
    pid_t parent;
    bool below; /* it descends from this process */
};

/* Never touched pages of it cost nothing. */
static struct process processes[PROCESSES_MAX];

/* "PID (name) STATE PARENT …", where the name may have any character; 0: it is gone. */
static pid_t parent_of(int proc, const char *pid)
{
    char path[32];
    char stat[STAT_SIZE];
    (void)snprintf(path, sizeof(path), "%.16s/stat", pid);
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, stat, sizeof(stat) - 1);
    if (fd >= 0) {
        (void)close(fd);
    }
    if (length <= 0) {
        return 0;
    }
    stat[length] = '\0';
    const char *behind_name = strrchr(stat, ')');
    return behind_name == NULL || strlen(behind_name) < 4 ? 0 : (pid_t)strtol(behind_name + 4, NULL, 10);
}

static size_t list_processes(void)
{
    size_t count = 0;
    DIR *proc = page_open_directory(AT_FDCWD, "/proc", 0);
    const struct dirent *found = proc == NULL ? NULL : readdir(proc);
    for (; found != NULL && count < PROCESSES_MAX; found = readdir(proc)) {
        pid_t pid = (pid_t)strtol(found->d_name, NULL, 10);
        pid_t parent = pid > 0 ? parent_of(dirfd(proc), found->d_name) : 0;
        if (parent > 0) {
            processes[count++] = (struct process){.pid = pid, .parent = parent};
        }
    }
    if (proc != NULL) {
        (void)closedir(proc);
    }
    return count;
}

/* /proc lists them by their number, so that one can be looked for by halves. */
static bool is_below(pid_t pid, size_t count)
{
    size_t first = 0;
    for (size_t end = count; first < end;) {
        size_t half = first + (end - first) / 2;
        if (processes[half].pid < pid) {
            first = half + 1;
        } else {
            end = half;
        }
    }
    return first < count && processes[first].pid == pid && processes[first].below;
}

/* Marks those whose parent is this process or marked, until there are no more of them. */
static void mark(size_t count)
{
    pid_t self = getpid();
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < count; i++) {
            struct process *process = &processes[i];
            if (!process->below && (process->parent == self || is_below(process->parent, count))) {
                process->below = true;
                more = true;
            }
        }
    }
}

size_t tree_signal(int signal)
{
    size_t signalled = 0;
    size_t count = list_processes();
    mark(count);
    for (size_t i = 0; i < count; i++) {
        if (processes[i].below) {
            (void)kill(processes[i].pid, signal);
            signalled++;
        }
    }
    return signalled;
}
