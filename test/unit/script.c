/* script.c: one exchange after the other.
 *
 * Thread: the engine asks for one thing at a time, so the connection's thread and the test's never meet.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "script.h"

#include <jansson.h>
#include <stdio.h>

#include "world.h"

static bool same_json(const char *expected, struct sbx_span body)
{
    json_t *one = json_loads(expected, JSON_ALLOW_NUL, NULL);
    json_t *other = json_loadb(body.data, body.length, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
    bool same = one != NULL && json_equal(one, other);
    json_decref(one);
    json_decref(other);
    return same;
}

static bool same_body(const char *expected, struct sbx_span body)
{
    if (expected != NULL && expected[0] == '{') {
        return same_json(expected, body);
    }
    return sbx_span_equal(span_of(expected == NULL ? "" : expected), body);
}

/* The types that the Sandbox Agent gives its answers. */
static const char *type_of(const struct exchange *exchange)
{
    if (exchange->status[0] != '2') {
        return PROBLEM;
    }
    return strncmp(exchange->asks, "GET /v1/fs/file", 15) == 0 ? OCTETS : JSON;
}

bool script_answer(struct server *server, const struct asked *asked, int fd)
{
    struct script *script = ((struct world *)server_user(server))->user;
    const struct exchange *exchange = &script->exchanges[script->next];
    const char *asks = exchange->asks == NULL ? "nothing" : exchange->asks;
    char line[1000];
    (void)snprintf(line, sizeof(line), "%s %.900s", asked->method, asked->target);
    if (exchange->asks == NULL || strcmp(line, asks) != 0 || !same_body(exchange->sends, asked->body)) {
        (void)snprintf(script->wrong, sizeof(script->wrong),
                       "asked was %.150s \"%.*s\" instead of %.150s \"%s\"", line,
                       (int)(asked->body.length < 50 ? asked->body.length : 50), asked->body.data, asks,
                       exchange->sends == NULL ? "" : exchange->sends);
        return server_reply(fd, "599 Out Of Turn", "text/plain", "out of turn");
    }
    script->next++;
    if (exchange->status == NULL) {
        return server_wait(server);
    }
    struct sbx_span reply = {exchange->replies, exchange->length};
    reply.length = reply.length == 0 ? strlen(exchange->replies) : reply.length;
    return server_reply_bytes(fd, exchange->status, type_of(exchange), reply);
}

void script_begin(struct script *script, const struct exchange *exchanges)
{
    *script = (struct script){0};
    memcpy(script->exchanges, exchanges, EXCHANGES_MAX * sizeof(exchanges[0]));
}

void script_check(const struct script *script, const char *name)
{
    if (script->wrong[0] != '\0') {
        fail_msg("%s: %s", name, script->wrong);
    }
    if (script->exchanges[script->next].asks != NULL) {
        fail_msg("%s: %s was never asked", name, script->exchanges[script->next].asks);
    }
}
