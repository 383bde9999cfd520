/* host.h: what the VM gives the command. WASI for arguments, environment, output and the end; host_net, a
 * module of agentOS's own, for sockets. Errors are WASI's numbers, 0 is success. A handle, a length or a
 * number of bytes comes back through the last pointer.
 *
 * A native build of the command (for its tests) implements the same functions.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_HOST_H
#define COMMAND_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "text.h"

#ifdef __wasm__
#define HOST_IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#else
#define HOST_IMPORT(module, name)
#endif
#define HOST_WASI(name) HOST_IMPORT("wasi_snapshot_preview1", name)
#define HOST_NET(name) HOST_IMPORT("host_net", name)

HOST_WASI("args_sizes_get") uint32_t host_args_sizes(size_t *count, size_t *length);
HOST_WASI("args_get") uint32_t host_args(char **args, char *characters);
HOST_WASI("environ_sizes_get") uint32_t host_environ_sizes(size_t *count, size_t *length);
HOST_WASI("environ_get") uint32_t host_environ(char **variables, char *characters);
HOST_WASI("fd_write")
uint32_t host_write(uint32_t fd, const struct span *parts, size_t count, size_t *written);
HOST_WASI("proc_exit") _Noreturn void host_exit(uint32_t code);

#define HOST_STDOUT 1U
#define HOST_STDERR 2U

/* Linux's numbers, which host_net speaks. */
#define HOST_AF_INET 2U
#define HOST_SOCK_STREAM 1U
#define HOST_POLLIN 1

struct host_pollfd {
    uint32_t fd;
    int16_t events;
    int16_t revents;
};

HOST_NET("net_socket") uint32_t host_socket(uint32_t domain, uint32_t type, uint32_t protocol, uint32_t *fd);
HOST_NET("net_connect") uint32_t host_connect(uint32_t fd, const char *address, size_t length);
HOST_NET("net_send")
uint32_t host_send(uint32_t fd, const char *data, size_t length, uint32_t flags, size_t *sent);
HOST_NET("net_recv")
uint32_t host_receive(uint32_t fd, char *data, size_t length, uint32_t flags, size_t *received);
HOST_NET("net_poll")
uint32_t host_poll(struct host_pollfd *fds, size_t count, int32_t timeout_ms, uint32_t *ready);

/* The first byte after the program's own data, and making everything up to `end` usable. */
#ifdef __wasm__
extern char __heap_base;

static inline char *host_memory_start(void)
{
    return &__heap_base;
}

static inline int host_memory_reach(const char *end)
{
    size_t pages = ((size_t)end + 65535) >> 16;
    size_t present = __builtin_wasm_memory_size(0);
    return pages <= present || __builtin_wasm_memory_grow(0, pages - present) != (size_t)-1;
}
#else
char *host_memory_start(void);
int host_memory_reach(const char *end);
#endif

#endif
