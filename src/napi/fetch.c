/* fetch.c: an exchange becomes a call of lib/fetch.js, which has the promises and the streams; what it tells of the
 * reply goes into the exchange.
 *
 * An exchange and its call know each other by a struct sbx_fetch, which outlives both: the exchange may be over long
 * before the `fetch` of the client is, and then what still comes finds no exchange.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/fetch.h"

#include <stdlib.h>
#include <string.h>

#include "core/sandbox.h"
#include "napi/object.h"
#include "napi/try.h"
#include "napi/value.h"

struct sbx_fetch {
    struct sbx_env *env;           /* borrowed: it outlives every exchange */
    struct sbx_exchange *exchange; /* borrowed; NULL: it is over */
    napi_ref give_up;              /* owned: a function; NULL: there is nothing to give up */
    size_t owners;                 /* the exchange, and each function that tells of the reply */
};

static void unref(struct sbx_fetch *fetch)
{
    if (--fetch->owners == 0) {
        free(fetch);
    }
}

static void release(napi_env env, void *data, void *hint)
{
    (void)env;
    (void)hint;
    unref(data);
}

/* ---- What comes back ------------------------------------------------------------------------------------ */

/* The exchange that a call is about, and its arguments; NULL: it is over. */
static struct sbx_exchange *read_call(napi_env env, napi_callback_info info, size_t count, napi_value *argv)
{
    struct sbx_fetch *fetch = NULL;
    size_t argc = count;
    return napi_get_cb_info(env, info, &argc, argv, NULL, (void **)&fetch) == napi_ok ? fetch->exchange
                                                                                      : NULL;
}

/* No slice runs for a piece, and it is after one that progress is told. */
static void tell_progress(struct sbx_env *env)
{
    struct sbx_queue none;
    sbx_queue_init(&none);
    if (!env->closing) {
        env->settle(env, &none);
    }
}

static napi_value answer(napi_env env, bool more)
{
    napi_value value;
    return napi_get_boolean(env, more, &value) == napi_ok ? value : sbx_try_throw(env);
}

/* begin(status, type, length, redirect, retryAfter): whether more is wanted. */
static napi_value begin(napi_env env, napi_callback_info info)
{
    napi_value argv[5];
    int64_t http_status = 0;
    char type[128];
    struct sbx_reply_head head = {.type = type};
    struct sbx_exchange *exchange = read_call(env, info, 5, argv);
    if (exchange == NULL) {
        return answer(env, false);
    }
    SBX_TRY(napi_get_value_int64(env, argv[0], &http_status));
    SBX_TRY(napi_get_value_string_utf8(env, argv[1], type, sizeof(type), NULL));
    SBX_TRY(napi_get_value_int64(env, argv[2], &head.length));
    SBX_TRY(napi_get_value_int64(env, argv[4], &head.retry_after));
    char *redirect = sbx_value_text(env, argv[3], "redirect", &head.redirect.length, NULL);
    if (redirect == NULL) {
        return NULL;
    }
    head.http_status = (long)http_status;
    head.redirect.data = redirect;
    bool more = sbx_exchange_begin(exchange, &head);
    free(redirect);
    return answer(env, more);
fail:
    return sbx_try_throw(env);
}

/* give(bytes): whether more is wanted. */
static napi_value give(napi_env env, napi_callback_info info)
{
    napi_value argv[1];
    struct sbx_span piece;
    struct sbx_exchange *exchange = read_call(env, info, 1, argv);
    if (exchange == NULL) {
        return answer(env, false);
    }
    if (!sbx_value_bytes(env, argv[0], &piece)) {
        sbx_exchange_fail(exchange, "", (char[]){"a piece of the reply is no bytes"});
        return answer(env, false);
    }
    struct sbx_fetch *fetch = exchange->performer;
    bool more = sbx_exchange_append(exchange, piece);
    tell_progress(fetch->env); /* runs JavaScript, and may end the exchange */
    return answer(env, more && fetch->exchange != NULL);
}

/* end(). */
static napi_value end(napi_env env, napi_callback_info info)
{
    struct sbx_exchange *exchange = read_call(env, info, 0, NULL);
    if (exchange != NULL) {
        sbx_exchange_finish(exchange);
    }
    return NULL;
}

/* fail(code, words). */
static napi_value fail_exchange(napi_env env, napi_callback_info info)
{
    napi_value argv[2];
    char code[64];
    struct sbx_exchange *exchange = read_call(env, info, 2, argv);
    if (exchange == NULL) {
        return NULL;
    }
    SBX_TRY(napi_get_value_string_utf8(env, argv[0], code, sizeof(code), NULL));
    char *words = sbx_value_text(env, argv[1], "words of a failure", &(size_t){0}, NULL);
    if (words != NULL) {
        sbx_exchange_fail(exchange, code, words);
    }
    free(words);
    return NULL;
fail:
    return sbx_try_throw(env);
}

/* ---- What is asked -------------------------------------------------------------------------------------- */

static napi_status set_text(napi_env env, napi_value object, const char *name, const char *text)
{
    napi_value value;
    napi_status status = napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
    return status == napi_ok ? napi_set_named_property(env, object, name, value) : status;
}

/* { begin, give, end, fail }, each of which holds a count of `fetch`. */
static napi_status set_reply(napi_env env, struct sbx_fetch *fetch, napi_value *reply)
{
    static const struct {
        const char *name;
        napi_callback function;
    } rows[] = {{"begin", begin}, {"give", give}, {"end", end}, {"fail", fail_exchange}};
    napi_status status = napi_create_object(env, reply);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && status == napi_ok; i++) {
        napi_value function;
        status =
            napi_create_function(env, rows[i].name, NAPI_AUTO_LENGTH, rows[i].function, fetch, &function);
        status = status == napi_ok ? napi_add_finalizer(env, function, fetch, release, NULL, NULL) : status;
        fetch->owners += status == napi_ok ? 1 : 0;
        status = status == napi_ok ? napi_set_named_property(env, *reply, rows[i].name, function) : status;
    }
    return status;
}

static napi_status make_header(napi_env env, const struct sbx_header *header, napi_value *pair)
{
    const struct sbx_span texts[] = {header->name, header->value};
    napi_status status = napi_create_array_with_length(env, 2, pair);
    for (uint32_t i = 0; i < 2 && status == napi_ok; i++) {
        napi_value text;
        status = napi_create_string_utf8(env, texts[i].data, texts[i].length, &text);
        status = status == napi_ok ? napi_set_element(env, *pair, i, text) : status;
    }
    return status;
}

static napi_status set_headers(napi_env env, napi_value asked, const struct sbx_exchange *exchange)
{
    napi_value headers;
    struct sbx_header header;
    napi_status status = napi_create_array(env, &headers);
    for (uint32_t i = 0; status == napi_ok && sbx_exchange_header(exchange, i, &header); i++) {
        napi_value pair;
        status = make_header(env, &header, &pair);
        status = status == napi_ok ? napi_set_element(env, headers, i, pair) : status;
    }
    return status == napi_ok ? napi_set_named_property(env, asked, "headers", headers) : status;
}

/* A copy: the body is the op's, and may be gone before `fetch` has read it. */
static napi_status set_body(napi_env env, napi_value asked, struct sbx_span body)
{
    void *memory = NULL;
    napi_value buffer;
    napi_value bytes;
    if (body.length == 0) {
        return napi_ok;
    }
    napi_status status = napi_create_arraybuffer(env, body.length, &memory, &buffer);
    if (status == napi_ok) {
        memcpy(memory, body.data, body.length);
        status = napi_create_typedarray(env, napi_uint8_array, body.length, buffer, 0, &bytes);
    }
    return status == napi_ok ? napi_set_named_property(env, asked, "body", bytes) : status;
}

static napi_status make_asked(napi_env env, const struct sbx_exchange *exchange, napi_value client,
                              napi_value *asked)
{
    napi_status status = napi_create_object(env, asked);
    status = status == napi_ok ? napi_set_named_property(env, *asked, "client", client) : status;
    status = status == napi_ok ? set_text(env, *asked, "method", sbx_exchange_method(exchange)) : status;
    status = status == napi_ok ? set_text(env, *asked, "url", sbx_exchange_url(exchange)) : status;
    status = status == napi_ok ? set_headers(env, *asked, exchange) : status;
    return status == napi_ok ? set_body(env, *asked, sbx_exchange_body(exchange)) : status;
}

/* ---- Performing ----------------------------------------------------------------------------------------- */

static bool call(struct sbx_env *data, struct sbx_fetch *fetch, napi_value client)
{
    napi_env env = data->env;
    napi_value function;
    napi_value resource;
    napi_value argv[2];
    napi_value give_up;
    SBX_TRY(napi_get_reference_value(env, data->perform_fetch, &function));
    SBX_TRY(make_asked(env, fetch->exchange, client, &argv[0]));
    SBX_TRY(set_reply(env, fetch, &argv[1]));
    SBX_TRY(napi_create_object(env, &resource));
    SBX_TRY(napi_make_callback(env, data->context, resource, function, 2, argv, &give_up));
    SBX_TRY(napi_create_reference(env, give_up, 1, &fetch->give_up));
    return true;
fail:
    sbx_try_raise(env);
    return false;
}

static void perform(struct sbx_env *env, struct sbx_exchange *exchange)
{
    napi_value client = sbx_object_client(env, sbx_exchange_fetcher(exchange));
    struct sbx_fetch *fetch = calloc(1, sizeof(*fetch));
    if (fetch == NULL || client == NULL || env->perform_fetch == NULL) {
        free(fetch);
        sbx_exchange_fail(exchange, "", (char[]){"the client's fetch could not be called"});
        return;
    }
    fetch->owners = 1;
    fetch->env = env;
    fetch->exchange = exchange;
    exchange->performer = fetch;
    if (!call(env, fetch, client)) {
        sbx_exchange_fail(exchange, "", (char[]){"the client's fetch could not be called"});
    }
}

/* The function that stops it is called even where its fetch has ended: then it does nothing. */
static void give_up(struct sbx_env *env, struct sbx_exchange *exchange)
{
    struct sbx_fetch *fetch = exchange->performer;
    napi_value function;
    napi_value resource;
    sbx_exchange_destroy(exchange);
    if (fetch == NULL) {
        return;
    }
    fetch->exchange = NULL;
    if (fetch->give_up != NULL && !env->closing &&
        napi_get_reference_value(env->env, fetch->give_up, &function) == napi_ok &&
        napi_create_object(env->env, &resource) == napi_ok) {
        (void)napi_make_callback(env->env, env->context, resource, function, 0, NULL, NULL);
        sbx_try_raise(env->env);
    }
    if (fetch->give_up != NULL) {
        (void)napi_delete_reference(env->env, fetch->give_up); /* fails only where the environment is gone */
    }
    unref(fetch);
}

void sbx_fetch_take(struct sbx_env *env, struct sbx_queue *taken)
{
    struct sbx_link *link;
    while ((link = sbx_queue_pop(taken)) != NULL) {
        napi_handle_scope scope = NULL;
        struct sbx_exchange *exchange = sbx_exchange_of(link);
        bool open = napi_open_handle_scope(env->env, &scope) == napi_ok;
        if (sbx_exchange_is_over(exchange)) {
            give_up(env, exchange);
        } else {
            perform(env, exchange);
        }
        if (open) {
            (void)napi_close_handle_scope(env->env, scope);
        }
    }
}
