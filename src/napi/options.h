/* options.h: the options of the two factories: one row per option, read strictly, an unknown one named.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_OPTIONS_H
#define SBX_NAPI_OPTIONS_H

#include <node_api.h>

#include "core/sandbox.h"
#include "napi/client.h"

/* The owner that every stat shows, instead of the true one. */
struct sbx_owner {
    bool given;
    uint32_t uid;
    uint32_t gid;
};

struct sbx_options {
    napi_value client;
    napi_value signal; /* NULL: not given */
    char *base_path;   /* owned; NULL: not given */
    size_t base_path_length;
    char *cwd; /* owned; NULL: not given */
    size_t cwd_length;
    char *env; /* owned: as JSON; NULL: not given */
    size_t env_length;
    char *proxy; /* owned; NULL: not given */
    size_t proxy_length;
    uint64_t timeout_ms;
    uint64_t max_full_read;
    bool read_only;
    bool no_companion;
    enum sbx_transport transport;
    char *companion_path; /* owned; NULL: not given */
    size_t companion_path_length;
    struct sbx_owner owner;
    uint64_t cache_ttl_ms; /* 0: none */
    uint64_t cache_bytes;
};

/* Reads the options of `caller` ("createSandboxFs") from its argument. false: thrown. */
bool sbx_options_read_fs(napi_env env, napi_value options, struct sbx_options *read);
bool sbx_options_read_toolkit(napi_env env, napi_value options, struct sbx_options *read);

/* Frees what it owns. */
void sbx_options_clear(struct sbx_options *read);

#endif
