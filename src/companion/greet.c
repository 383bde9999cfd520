/* greet.c: what the companion says of itself and of the sandbox.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "companion/install.h"
#include "companion/memory.h"
#include "companion/private.h"
#include "companion/server.h"
#include "companion/sweep.h"

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

/* A greeting is a use of the program, which keeps it; those that were not used for long go, and parts that nobody
 * commits any more. */
static void keep_house(struct server *server, struct sbx_span program, struct sbx_span directory)
{
    int fd = -1;
    const char *slash = strrchr(program.data, '/');
    const char *name = slash == NULL ? "" : slash + 1;
    if (private_is(name, PRIVATE_PROGRAM)) {
        (void)utimensat(AT_FDCWD, program.data, NULL, 0);
    }
    if (directory.length > 0 && private_open(directory.data, &fd) == SBX_OK) {
        sweep_all(server, fd, name, time(NULL));
        (void)close(fd);
    }
}

void server_greeting(struct server *server, struct sbx_greeting *greeting)
{
    *greeting = (struct sbx_greeting){
        .version = SBX_WIRE_VERSION,
        .architecture = ARCHITECTURE,
        .cores = cores(),
        .free_memory = memory_free(""),
        .program = install_path(),
        .directory = private_directory(),
    };
    keep_house(server, greeting->program, greeting->directory);
    sbx_greeting_set_codes(greeting);
}
