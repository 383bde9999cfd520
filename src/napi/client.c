/* client.c: from what a client says to the endpoint that its requests go to: the same one as long as it says the same.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/client.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "napi/env.h"
#include "napi/error.h"
#include "napi/network.h"
#include "napi/try.h"
#include "napi/value.h"

/* The SDK's base URL of a client that was given only a `fetch`. */
static const char placeholder[] = "http://sandbox-agent";

struct fields {
    char *texts[2 + 2 * 64]; /* owned: the URL, the token, and names and values of headers */
    size_t text_count;
    struct sbx_header headers[64];
    struct sbx_endpoint_options options;
};

static bool keep_text(napi_env env, napi_value value, const char *what, struct fields *fields,
                      struct sbx_span *span)
{
    size_t length = 0;
    char *text = sbx_value_text(env, value, what, &length, NULL);
    if (text == NULL) {
        return false;
    }
    fields->texts[fields->text_count++] = text;
    *span = (struct sbx_span){text, length};
    return true;
}

static void free_texts(struct fields *fields)
{
    while (fields->text_count > 0) {
        free(fields->texts[--fields->text_count]);
    }
}

static bool read_url(napi_env env, napi_value said, struct fields *fields)
{
    napi_value url = sbx_value_property(env, said, "baseUrl");
    return url != NULL &&
           keep_text(env, url, "\"client.baseUrl\" property", fields, &fields->options.base_url);
}

static bool is_nothing(napi_env env, napi_value value)
{
    return sbx_value_is(env, value, napi_undefined) || sbx_value_is(env, value, napi_null);
}

static bool read_token(napi_env env, napi_value said, struct fields *fields)
{
    napi_value token = sbx_value_property(env, said, "token");
    if (token == NULL) {
        return false;
    }
    return is_nothing(env, token) ||
           keep_text(env, token, "\"client.token\" property", fields, &fields->options.token);
}

static bool read_pair(napi_env env, napi_value pair, struct fields *fields)
{
    napi_value name;
    napi_value value;
    struct sbx_header *header = &fields->headers[fields->options.header_count];
    SBX_TRY(napi_get_element(env, pair, 0, &name));
    SBX_TRY(napi_get_element(env, pair, 1, &value));
    if (!keep_text(env, name, "name of a header of the client", fields, &header->name) ||
        !keep_text(env, value, "value of a header of the client", fields, &header->value)) {
        return false;
    }
    fields->options.header_count++;
    return true;
fail:
    (void)sbx_try_throw(env);
    return false;
}

static bool read_headers(napi_env env, napi_value said, struct fields *fields)
{
    napi_value pairs = sbx_value_property(env, said, "headers");
    uint32_t count = 0;
    if (pairs == NULL || napi_get_array_length(env, pairs, &count) != napi_ok) {
        return false;
    }
    if (count > sizeof(fields->headers) / sizeof(fields->headers[0])) {
        sbx_error_throw_value(env, "The client has more than 64 default headers");
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        napi_value pair;
        if (napi_get_element(env, pairs, i, &pair) != napi_ok || !read_pair(env, pair, fields)) {
            return false;
        }
    }
    return true;
}

/* Whether a property is true; anything else is false. Returns false where it threw. */
static bool read_flag(napi_env env, napi_value object, const char *name, bool *is)
{
    napi_value value = sbx_value_property(env, object, name);
    *is = false;
    return value != NULL &&
           (!sbx_value_is(env, value, napi_boolean) || napi_get_value_bool(env, value, is) == napi_ok);
}

bool sbx_client_is_disposed(napi_env env, napi_value client)
{
    bool disposed = false;
    return read_flag(env, client, "disposed", &disposed) && disposed;
}

static bool check_usable(napi_env env, napi_value client, const char *syscall)
{
    if (sbx_client_is_disposed(env, client)) {
        sbx_error_throw(env, &(struct sbx_failure){.status = SBX_EBADF,
                                                   .syscall = syscall,
                                                   .advice = "the client is disposed; make a new one"});
        return false;
    }
    return true;
}

/* The certificates that Node trusts, read once in each environment; NULL: thrown. */
static struct sbx_roots *get_roots(napi_env env)
{
    struct sbx_env *data = NULL;
    napi_value function;
    napi_value receiver;
    napi_value pem;
    size_t length = 0;
    SBX_TRY(napi_get_instance_data(env, (void **)&data));
    if (data->roots != NULL) {
        return data->roots;
    }
    if (data->read_roots == NULL) {
        sbx_error_throw_value(env, "https needs the certificates that setRoots tells");
        return NULL;
    }
    SBX_TRY(napi_get_reference_value(env, data->read_roots, &function));
    SBX_TRY(napi_get_undefined(env, &receiver));
    SBX_TRY(napi_call_function(env, receiver, function, 0, NULL, &pem));
    char *text = sbx_value_text(env, pem, "list of trusted certificates", &length, NULL);
    enum sbx_status status =
        text == NULL ? SBX_EINVAL : sbx_roots_create(&data->roots, (struct sbx_span){text, length});
    free(text);
    if (status == SBX_ENOMEM) {
        sbx_error_throw(env, &(struct sbx_failure){.status = status});
    }
    return data->roots;
fail:
    (void)sbx_try_throw(env);
    return NULL;
}

static bool is_https(struct sbx_span url)
{
    return url.length >= 6 && strncasecmp(url.data, "https:", 6) == 0;
}

static bool is_placeholder(struct sbx_span url)
{
    return sbx_span_equal(url, (struct sbx_span){placeholder, sizeof(placeholder) - 1});
}

/* Chooses how requests leave. false: thrown. */
static bool choose_transport(napi_env env, napi_value said, const struct sbx_client_use *use,
                             struct fields *fields)
{
    bool no_url = is_placeholder(fields->options.base_url);
    if (use->transport == SBX_TRANSPORT_NATIVE && no_url) {
        sbx_error_throw(env, &(struct sbx_failure){.status = SBX_ENOTSUP,
                                                   .syscall = use->syscall,
                                                   .advice = "the client has no URL, only a fetch function"});
        return false;
    }
    napi_value fetcher = sbx_value_property(env, said, "fetcher");
    bool own = false;
    if (fetcher == NULL || !read_flag(env, said, "ownFetch", &own)) {
        return false;
    }
    bool wanted =
        use->transport == SBX_TRANSPORT_FETCH || (use->transport == SBX_TRANSPORT_AUTO && (no_url || own));
    if (wanted && !sbx_value_is(env, fetcher, napi_function)) {
        sbx_error_throw_type(env, "\"client.fetcher\" property", "of type function", fetcher);
        return false;
    }
    fields->options.fetcher = wanted ? use->number : 0;
    return true;
}

static enum sbx_status keep_reach(struct fields *fields, const struct sbx_client_use *use)
{
    enum sbx_status status = use->kept == NULL ? SBX_OK : sbx_reach_keep(use->kept, fields->options.base_url);
    fields->options.reach = use->kept == NULL ? use->reach : *use->kept;
    return status;
}

static struct sbx_endpoint *create(napi_env env, struct fields *fields, const struct sbx_client_use *use)
{
    struct sbx_endpoint *endpoint = NULL;
    bool native = fields->options.fetcher == 0;
    enum sbx_status status = keep_reach(fields, use);
    if (native && !sbx_network_choose(env, use->proxy, &fields->options)) {
        return NULL;
    }
    if (native && (is_https(fields->options.base_url) || is_https(fields->options.proxy))) {
        fields->options.roots = get_roots(env);
        if (fields->options.roots == NULL) {
            return NULL;
        }
    }
    if (status == SBX_OK) {
        status = sbx_endpoint_create(&endpoint, &fields->options);
    }
    if (status == SBX_EINVAL) {
        sbx_error_throw_value(env,
                              "The client's base URL must be an http or https URL without query, fragment "
                              "and user, and its token and headers must hold no line break");
    } else if (status != SBX_OK) {
        sbx_error_throw(env, &(struct sbx_failure){.status = status, .syscall = use->syscall});
    }
    return endpoint;
}

/* What the client says, by lib/client.js; NULL: thrown. */
static napi_value ask_client(napi_env env, napi_value client, const struct sbx_client_seen *seen)
{
    struct sbx_env *data = NULL;
    napi_value function;
    napi_value receiver;
    napi_value argv[2] = {client};
    napi_value said;
    SBX_TRY(napi_get_instance_data(env, (void **)&data));
    SBX_TRY(napi_get_undefined(env, &receiver));
    argv[1] = receiver;
    if (seen->said != NULL) {
        SBX_TRY(napi_get_reference_value(env, seen->said, &argv[1]));
    }
    SBX_TRY(napi_get_reference_value(env, data->read_client, &function));
    SBX_TRY(napi_call_function(env, receiver, function, 2, argv, &said));
    return said;
fail:
    return sbx_try_throw(env);
}

/* Getters of the client have run: what was seen may be of now. */
static bool is_seen(napi_env env, napi_value said, const struct sbx_client_use *use)
{
    const struct sbx_client_seen *seen = use->seen;
    const struct sbx_reach *reach = use->kept == NULL ? use->reach : *use->kept;
    napi_value before;
    bool same = false;
    return seen->said != NULL && napi_get_reference_value(env, seen->said, &before) == napi_ok &&
           napi_strict_equals(env, before, said, &same) == napi_ok && same &&
           sbx_endpoint_reach(seen->endpoint) == reach;
}

void sbx_client_forget(napi_env env, struct sbx_client_seen *seen)
{
    if (seen->said != NULL) {
        (void)napi_delete_reference(env, seen->said); /* fails only where the environment is gone */
    }
    sbx_endpoint_unref(seen->endpoint);
    *seen = (struct sbx_client_seen){0};
}

/* Not where https is spoken: whether certificates are looked at is asked anew for each operation. */
static void note(napi_env env, napi_value said, struct sbx_client_seen *seen, struct sbx_endpoint *endpoint)
{
    sbx_client_forget(env, seen);
    if (sbx_endpoint_roots(endpoint) == NULL && napi_create_reference(env, said, 1, &seen->said) == napi_ok) {
        seen->endpoint = sbx_endpoint_ref(endpoint);
    }
}

static struct sbx_endpoint *read_endpoint(napi_env env, napi_value said, const struct sbx_client_use *use)
{
    struct fields fields = {0};
    struct sbx_endpoint *endpoint = NULL;
    fields.options.headers = fields.headers;
    if (check_usable(env, said, use->syscall) && read_url(env, said, &fields) &&
        choose_transport(env, said, use, &fields) && read_token(env, said, &fields) &&
        read_headers(env, said, &fields)) {
        endpoint = create(env, &fields, use);
    }
    free_texts(&fields);
    return endpoint;
}

bool sbx_client_check(napi_env env, napi_value client, const struct sbx_client_use *use)
{
    static const char expected[] = "a client of the sandbox-agent package (SandboxAgent.start or .connect)";
    bool object = sbx_value_is(env, client, napi_object);
    napi_value url = object ? sbx_value_property(env, client, "baseUrl") : NULL;
    if (object && url == NULL) {
        return false;
    }
    if (!object || !sbx_value_is(env, url, napi_string)) {
        sbx_error_throw_type(env, "\"options.client\" property", expected, client);
        return false;
    }
    napi_value said = ask_client(env, client, &(struct sbx_client_seen){0});
    struct sbx_endpoint *endpoint = said == NULL ? NULL : read_endpoint(env, said, use);
    bool usable = endpoint != NULL;
    sbx_endpoint_unref(endpoint);
    return usable;
}

struct sbx_endpoint *sbx_client_endpoint(napi_env env, napi_value client, const struct sbx_client_use *use)
{
    napi_value said = ask_client(env, client, use->seen);
    if (said == NULL) {
        return NULL;
    }
    if (is_seen(env, said, use)) {
        return sbx_endpoint_ref(use->seen->endpoint);
    }
    struct sbx_endpoint *endpoint = read_endpoint(env, said, use);
    if (endpoint != NULL) {
        note(env, said, use->seen, endpoint);
    }
    return endpoint;
}
