/* lazy.h: a client that is there when it is first needed: the operations that wait for it. lib/lazy.js, whose object
 * stands for the client, starts the sandbox and says how that went.
 *
 *     no client ── an operation waits: its need() is called ──▶ lazyStarted: all that waits is sent
 *                                                          └──▶ lazyFailed: all that waits fails
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_LAZY_H
#define SBX_NAPI_LAZY_H

#include <node_api.h>
#include <stdbool.h>

#include "core/sandbox.h"

struct sbx_client_use;
struct sbx_lazy;
struct sbx_object;

/* Functions of the addon; `target` is an object of lib/lazy.js. */

/* makeLazy(target): it stands for a client from now on. Their data is the environment. */
napi_value sbx_lazy_make(napi_env env, napi_callback_info info);

/* lazyStarted(target, client): throws where that is no client. */
napi_value sbx_lazy_started(napi_env env, napi_callback_info info);

/* lazyFailed(target, error) */
napi_value sbx_lazy_failed(napi_env env, napi_callback_info info);

/* lazyExpire(target): ends what has waited until its deadline; in how many ms the next one has, or -1. */
napi_value sbx_lazy_expire(napi_env env, napi_callback_info info);

/* lazyIdleMs(target): how long nothing has been in flight, in ms; 0: something is. -1: there is no client. */
napi_value sbx_lazy_idle_ms(napi_env env, napi_callback_info info);

/* lazyForget(target): what comes next waits for another client. */
napi_value sbx_lazy_forget(napi_env env, napi_callback_info info);

/* For objects. */

/* Whether `client` is such a target. */
bool sbx_lazy_is(napi_env env, napi_value client);

/* What stands behind it, counted; NULL: it is none. */
struct sbx_lazy *sbx_lazy_of(napi_env env, napi_value client);

/* One owner less; NULL is allowed, as in all that follow. */
void sbx_lazy_unref(struct sbx_lazy *lazy);

/* The endpoint of the client as it is now, counted; NULL: there is no client yet. false: thrown. */
bool sbx_lazy_endpoint(struct sbx_lazy *lazy, const struct sbx_client_use *use,
                       struct sbx_endpoint **endpoint);

/* The client as it is now; NULL: there is none. */
napi_value sbx_lazy_client(const struct sbx_lazy *lazy);

/* Takes an op of a job of `object`, to be sent when the client is there: now, where it is. SBX_OK, or it is still the caller's. */
enum sbx_status sbx_lazy_wait(struct sbx_object *object, struct sbx_op *op) SBX_CHECKED;

/* Looks, once an op is over, whether the sandbox that it went to is gone: what comes next needs another one. */
bool sbx_lazy_is_gone(struct sbx_lazy *lazy, const struct sbx_op *op);

/* Throws EAGAIN for what cannot wait; the sandbox starts. Returns NULL. */
napi_value sbx_lazy_refuse(struct sbx_object *object, const char *syscall, struct sbx_span path);

/* Why what fails just now does: what starting the sandbox was rejected with; NULL: something else. */
napi_value sbx_lazy_cause(const struct sbx_lazy *lazy);

/* An operation of one of its objects begins, or is over. */
void sbx_lazy_use_begins(struct sbx_lazy *lazy);
void sbx_lazy_use_ends(struct sbx_lazy *lazy);

#endif
