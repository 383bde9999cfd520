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
#include "napi/addon.h"

struct sbx_object {
    struct sbx_env *env;         /* owned: one count */
    size_t owners;               /* functions, and operations in flight */
    napi_ref client;             /* owned */
    struct sbx_fs *fs;           /* owned; NULL: it is a toolkit */
    struct sbx_toolkit *toolkit; /* owned; NULL: it is a file system */
    size_t in_flight;
    bool closed;
    napi_deferred closer; /* owned: of close(), while it waits; NULL: none waits */
    napi_ref closing;     /* owned: the promise of close(); NULL: it was not called */
};

/* An object without functions yet, with one owner: the caller. NULL: thrown. */
struct sbx_object *sbx_object_create(struct sbx_env *env, napi_value client);

/* One owner less. */
void sbx_object_unref(struct sbx_object *object);

/* A function that is called with `data`, which lives as long as `object` does; NULL: thrown. */
napi_value sbx_object_function(struct sbx_object *object, const char *name, napi_callback callback,
                               void *data);

/* Adds close() and [Symbol.asyncDispose]() to `target`; false: thrown. */
bool sbx_object_add_close(struct sbx_object *object, napi_value target);

/* Throws EBADF where the object is closed; else the endpoint of its client as it is now, counted.
 * NULL: thrown. */
struct sbx_endpoint *sbx_object_endpoint(struct sbx_object *object, const char *syscall);

/* One operation more is in flight; it counts as an owner. */
void sbx_object_started(struct sbx_object *object);

/* One less. May settle the promise of close(). */
void sbx_object_ended(struct sbx_object *object);

#endif
