/* greet.c: what the companion says of itself and of the sandbox.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sched.h>
#include <sys/sysinfo.h>

#include "companion/install.h"
#include "companion/server.h"

#if defined(__x86_64__)
#define ARCHITECTURE SBX_ARCHITECTURE_X64
#elif defined(__aarch64__)
#define ARCHITECTURE SBX_ARCHITECTURE_ARM64
#else
#define ARCHITECTURE SBX_ARCHITECTURE_OTHER
#endif

static uint32_t cores(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    return sched_getaffinity(0, sizeof(set), &set) == 0 ? (uint32_t)CPU_COUNT(&set) : 1;
}

/* What is free and what buffers hold; what the cache of files holds besides is not counted. */
static uint64_t free_memory(void)
{
    struct sysinfo info;
    if (sysinfo(&info) != 0) {
        return 0;
    }
    return ((uint64_t)info.freeram + (uint64_t)info.bufferram) * info.mem_unit;
}

void server_greeting(struct sbx_greeting *greeting)
{
    static char path[SBX_PATH_MAX + 1];
    *greeting = (struct sbx_greeting){
        .version = SBX_WIRE_VERSION,
        .architecture = ARCHITECTURE,
        .cores = cores(),
        .free_memory = free_memory(),
        .program = install_path(path, sizeof(path)),
        .directory = SBX_SPAN(""),
    };
    sbx_greeting_set_codes(greeting);
}
