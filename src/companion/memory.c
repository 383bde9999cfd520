/* memory.c: the machine's free memory, or what its control group leaves: the limit of a container is nowhere in sysinfo.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "companion/content.h"

#define TEXT_MAX 4096 /* bytes of a file of the group's; of memory.stat, which is longer, those that matter */

/* Version 2, then version 1, each as a container sees its own group. */
static const struct {
    const char *limit;
    const char *used;
    const char *stat;
    const char *cache; /* the line of `stat` that says how much of `used` the kernel gives up by itself */
} groups[] = {
    {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.stat",
     "\ninactive_file "},
    {"/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes",
     "/sys/fs/cgroup/memory/memory.stat", "\ntotal_inactive_file "},
};

/* The number behind `key` in a file; UINT64_MAX: there is none, as where "max" stands. */
static uint64_t read_number(const char *root, const char *name, const char *key)
{
    char path[SBX_PATH_MAX];
    char text[TEXT_MAX + 1];
    struct sbx_buffer bytes = {.data = text + 1};
    (void)snprintf(path, sizeof(path), "%s%s", root, name);
    int fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    bool read = fd >= 0 && content_get(fd, &bytes, TEXT_MAX - 1, 0) == SBX_OK;
    if (fd >= 0) {
        (void)close(fd);
    }
    text[0] = '\n';
    text[1 + bytes.length] = '\0';
    const char *found = read ? strstr(text, key) : NULL;
    const char *number = found == NULL ? "" : found + strlen(key);
    return *number >= '0' && *number <= '9' ? strtoull(number, NULL, 10) : UINT64_MAX;
}

static uint64_t free_in_group(const char *root, size_t version)
{
    uint64_t limit = read_number(root, groups[version].limit, "\n");
    if (limit == UINT64_MAX) { /* there is no such group, or it has none */
        return UINT64_MAX;
    }
    uint64_t used = read_number(root, groups[version].used, "\n");
    uint64_t cache = read_number(root, groups[version].stat, groups[version].cache);
    if (used == UINT64_MAX) {
        return UINT64_MAX;
    }
    used -= cache < used ? cache : 0; /* not told: UINT64_MAX */
    return limit > used ? limit - used : 0;
}

static uint64_t free_of_machine(void)
{
    struct sysinfo info;
    return sysinfo(&info) == 0 ? ((uint64_t)info.freeram + (uint64_t)info.bufferram) * info.mem_unit
                               : UINT64_MAX;
}

uint64_t memory_free(const char *root)
{
    uint64_t least = free_of_machine();
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        uint64_t here = free_in_group(root, i);
        least = here < least ? here : least;
    }
    return least == UINT64_MAX ? 0 : least > 0 ? least : 1;
}
