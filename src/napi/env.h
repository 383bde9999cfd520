/* env.h: what each environment (the main thread, each worker) has for itself.
 *
 * Thread: main (the environment's own) everywhere in this room, except slice.c's slice.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_ENV_H
#define SBX_NAPI_ENV_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/queue.h"

struct sbx_driver;
struct sbx_engine;
struct sbx_network;
struct sbx_op;
struct sbx_roots;

struct sbx_env {
    napi_env env;
    size_t owners;                        /* the addon itself, and each object made in this environment */
    struct sbx_queue all;                 /* the objects themselves; borrowed */
    uint64_t numbered;                    /* the number of the last one that was made */
    size_t objects;                       /* made and not closed: while there are any, there is a driver */
    struct sbx_driver *driver;            /* owned: the engine of this environment; NULL: none needed yet */
    size_t drivers;                       /* the above, and those that are still closing */
    struct sbx_engine *sync_engine;       /* owned: of synchronous methods; NULL: none needed yet */
    napi_async_cleanup_hook_handle clean; /* owned; NULL once removed */
    napi_ref read_roots;                  /* owned: setRoots, the certificates that Node trusts; NULL: none */
    struct sbx_roots *roots;              /* owned: what it gave; NULL: not needed yet */
    struct sbx_network *network;          /* owned: what the loader told of it; NULL: nothing */
    napi_ref before_listening;            /* owned: setBeforeListening, for each signal; NULL: none */
    napi_ref perform_fetch;               /* owned: setFetch, lib/fetch.js; NULL: none */
    /* What its driver does with exchanges: of fetch.h. */
    void (*perform)(struct sbx_env *env, struct sbx_queue *taken);
    /* What its driver does with ops that are over: of job.h. */
    void (*settle)(struct sbx_env *env, struct sbx_queue *done);
    void (*drop)(struct sbx_op *op);
    napi_async_context context; /* owned: promises are settled in it */
    struct sbx_queue watched;   /* jobs whose progress is told */
    uint64_t changes;           /* that have begun, and that have ended: cache.h */
    bool closing;               /* the environment ends: no JavaScript may run any more */
};

/* One owner less; the last one frees it. */
void sbx_env_unref(struct sbx_env *env);

/* The environment's driver ended: what waits for that goes on. */
void sbx_env_driver_closed(struct sbx_env *env);

/* Removes the clean-up hook, where it is still there: the environment may end. */
void sbx_env_unhook(struct sbx_env *env);

#endif
