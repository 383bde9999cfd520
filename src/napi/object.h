/* object.h: what file systems and toolkits have in common as objects of JavaScript: a client, operations
 * in flight, an end. Each function of the object holds one count of it, so a method that was taken off
 * its object goes on working, and the object lives as long as anything can call it.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_OBJECT_H
#define SBX_NAPI_OBJECT_H

#include <node_api.h>
#include <stdbool.h>

#include "core/sandbox.h"
#include "napi/ahead.h"
#include "napi/cache.h"
#include "napi/client.h"
#include "napi/env.h"
#include "napi/fresh.h"
#include "napi/known.h"
#include "napi/later.h"
#include "napi/lazy.h"
#include "napi/options.h"

struct sbx_object {
    struct sbx_env *env;   /* owned: one count */
    size_t owners;         /* functions, and operations in flight */
    napi_ref client;       /* owned */
    struct sbx_lazy *lazy; /* owned: one count; NULL: the client is there from the beginning */
    /* Owned: one count; of the client's sandbox, but for that of `lazy`. */
    struct sbx_shared_reach *reach;
    struct sbx_client_seen seen; /* of the client */
    struct sbx_link link;        /* in the environment's list */
    uint64_t number;             /* from 1 on: endpoints name it by that */
    enum sbx_transport transport;
    char *proxy; /* owned: the option; NULL: not given */
    size_t proxy_length;
    napi_ref signal;             /* owned: of each call that has none of its own; NULL: none */
    struct sbx_fs *fs;           /* owned; NULL: it is a toolkit */
    struct sbx_toolkit *toolkit; /* owned; NULL: it is a file system */
    struct sbx_cache cache;      /* of a file system */
    struct sbx_ahead ahead;      /* of a file system */
    struct sbx_known known;      /* of a file system */
    struct sbx_fresh fresh;      /* of a file system */
    struct sbx_later later;
    struct sbx_owner owner; /* of a file system */
    size_t in_flight;
    bool closed;
    bool left;            /* its last op was sent, where it has one */
    napi_deferred closer; /* owned: of close(), while it waits; NULL: none waits */
    napi_ref closing;     /* owned: the promise of close(); NULL: it was not called */
};

/* What a function of an object is called with. */
struct sbx_binding {
    struct sbx_object *object; /* borrowed: the function holds a count of it */
    const void *row;           /* static: which of its functions it is */
};

/* How one kind of object is made. Each returns false, or NULL, where it threw. */
struct sbx_factory {
    bool (*read)(napi_env env, napi_value options, struct sbx_options *read);
    bool (*create)(napi_env env, struct sbx_object *object, const struct sbx_options *options);
    napi_value (*fill)(napi_env env, struct sbx_object *object);
};

/* Makes one from a callback's argument, the options; the callback's data is the environment. */
napi_value sbx_object_make(napi_env env, napi_callback_info info, const struct sbx_factory *factory);

/* One owner less. */
void sbx_object_unref(struct sbx_object *object);

/* A function that is called with a struct sbx_binding as its data; NULL: thrown. */
napi_value sbx_object_function(struct sbx_object *object, const char *name, napi_callback callback,
                               const void *row);

/* The client of the object of that number; NULL: there is no such object any more. */
napi_value sbx_object_client(struct sbx_env *env, uint64_t number);

/* Adds close() and [Symbol.asyncDispose]() to `target`; false: thrown. */
bool sbx_object_add_close(struct sbx_object *object, napi_value target);

/* Throws EBADF where the object is closed; else gives the endpoint of its client as it is now, counted; NULL: there is
 * no client yet, and what is started waits for it. false: thrown. */
bool sbx_object_endpoint(struct sbx_object *object, const char *syscall, struct sbx_endpoint **endpoint);

/* The same for what has waited for the client, and may do so although the object was closed meanwhile. */
bool sbx_object_endpoint_of_waiting(struct sbx_object *object, const char *syscall,
                                    struct sbx_endpoint **endpoint);

/* What it says now, where there is a client, counted; NULL: there is none that can be asked. Nothing is thrown. */
struct sbx_endpoint *sbx_object_endpoint_now(struct sbx_object *object, const char *syscall);

/* One operation more is in flight; it counts as an owner. */
void sbx_object_started(struct sbx_object *object);

/* One less. May settle the promise of close(). */
void sbx_object_ended(struct sbx_object *object);

#endif
