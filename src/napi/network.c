/* network.c: the proxies are told once, as Node reads them once; whether certificates are looked at is asked for each
 * operation over https, because Node asks for each connection.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/network.h"

#include <stdlib.h>
#include <strings.h>

#include "core/http/proxies.h"
#include "napi/env.h"
#include "napi/error.h"
#include "napi/try.h"
#include "napi/value.h"

struct sbx_network {
    napi_ref verifies; /* owned: a function */
    struct sbx_proxies proxies;
    char *texts[3]; /* owned: of the above */
};

void sbx_network_destroy(struct sbx_network *network)
{
    for (size_t i = 0; network != NULL && i < sizeof(network->texts) / sizeof(network->texts[0]); i++) {
        free(network->texts[i]);
    }
    free(network); /* the reference went with the environment */
}

static bool read_all(napi_env env, napi_value told, struct sbx_network *network)
{
    static const char *const names[] = {"http", "https", "none"};
    struct sbx_span *spans[] = {&network->proxies.http, &network->proxies.https, &network->proxies.none};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        napi_value value = sbx_value_property(env, told, names[i]);
        size_t length = 0;
        network->texts[i] = value == NULL ? NULL : sbx_value_text(env, value, names[i], &length, NULL);
        if (network->texts[i] == NULL) {
            return false;
        }
        *spans[i] = (struct sbx_span){network->texts[i], length};
    }
    napi_value verifies = sbx_value_property(env, told, "verifies");
    SBX_TRY(verifies == NULL ? napi_pending_exception : napi_ok);
    SBX_TRY(napi_create_reference(env, verifies, 1, &network->verifies));
    return true;
fail:
    (void)sbx_try_throw(env);
    return false;
}

napi_value sbx_network_set(napi_env env, napi_callback_info info)
{
    struct sbx_env *data = NULL;
    napi_value told;
    size_t argc = 1;
    SBX_TRY(napi_get_cb_info(env, info, &argc, &told, NULL, (void **)&data));
    if (data->network != NULL) {
        return NULL;
    }
    struct sbx_network *network = calloc(1, sizeof(*network));
    if (network == NULL) {
        sbx_error_throw(env, &(struct sbx_failure){.status = SBX_ENOMEM});
    } else if (read_all(env, told, network)) {
        data->network = network;
    } else {
        sbx_network_destroy(network);
    }
    return NULL;
fail:
    return sbx_try_throw(env);
}

static bool ask_verifies(napi_env env, const struct sbx_network *network, bool *verifies)
{
    napi_value function;
    napi_value receiver;
    napi_value answer;
    SBX_TRY(napi_get_reference_value(env, network->verifies, &function));
    SBX_TRY(napi_get_undefined(env, &receiver));
    SBX_TRY(napi_call_function(env, receiver, function, 0, NULL, &answer));
    SBX_TRY(napi_get_value_bool(env, answer, verifies));
    return true;
fail:
    (void)sbx_try_throw(env);
    return false;
}

static bool is_https(struct sbx_span url)
{
    return url.length >= 6 && strncasecmp(url.data, "https:", 6) == 0;
}

bool sbx_network_choose(napi_env env, struct sbx_span proxy, struct sbx_endpoint_options *options)
{
    struct sbx_env *data = NULL;
    bool verifies = true;
    SBX_TRY(napi_get_instance_data(env, (void **)&data));
    options->proxy = proxy;
    if (data->network == NULL) {
        return true;
    }
    if (proxy.length == 0) {
        options->proxy = sbx_proxies_choose(&data->network->proxies, options->base_url);
    }
    if ((is_https(options->base_url) || is_https(options->proxy)) &&
        !ask_verifies(env, data->network, &verifies)) {
        return false;
    }
    options->unverified = !verifies;
    return true;
fail:
    (void)sbx_try_throw(env);
    return false;
}
