/* repeat.c: as fetch does it, with two differences. To another origin nothing is sent: the token is for this one alone.
 * And what changes something is repeated only where the answer says that it was not done: 307 and 308.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/repeat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/http/engine.h"
#include "core/http/request.h"

#define REDIRECTS_MAX 20  /* as fetch */
#define RETRY_AFTER_MAX 5 /* seconds; what takes longer is for whoever asked */
#define ORIGIN_MAX 300

void sbx_repeat_note(struct sbx_request *request)
{
    char *url = NULL;
    curl_off_t seconds = 0;
    struct curl_header *header = NULL;
    struct sbx_repeat *repeat = &request->repeat;
    sbx_repeat_clear(request);
    (void)curl_easy_getinfo(request->easy, CURLINFO_REDIRECT_URL, &url);
    (void)curl_easy_getinfo(request->easy, CURLINFO_RETRY_AFTER, &seconds);
    bool retry = curl_easy_header(request->easy, "Retry-After", 0, CURLH_HEADER, -1, &header) == CURLHE_OK;
    repeat->redirect = url == NULL ? NULL : strdup(url);
    repeat->retry_after = retry ? seconds : -1;
}

void sbx_repeat_clear(struct sbx_request *request)
{
    free(request->repeat.redirect);
    request->repeat.redirect = NULL;
    request->repeat.retry_after = -1;
}

/* "https://host:443", as `origin`; "" for what is no URL. Whether a name or a password is in it. */
static bool write_origin(const char *url, char *origin, size_t size)
{
    char *parts[] = {NULL, NULL, NULL, NULL, NULL};
    static const CURLUPart which[] = {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT, CURLUPART_USER,
                                      CURLUPART_PASSWORD};
    CURLU *parsed = curl_url();
    origin[0] = '\0';
    if (parsed != NULL && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK) {
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
            (void)curl_url_get(parsed, which[i], &parts[i], CURLU_DEFAULT_PORT);
        }
    }
    if (parts[0] != NULL && parts[1] != NULL && parts[2] != NULL) {
        (void)snprintf(origin, size, "%s://%s:%s", parts[0], parts[1], parts[2]);
    }
    bool user = parts[3] != NULL || parts[4] != NULL;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        curl_free(parts[i]);
    }
    curl_url_cleanup(parsed);
    return user;
}

static bool is_repeated_elsewhere(const struct sbx_request *request)
{
    return request->http_status == 307 || request->http_status == 308 ||
           (request->method == SBX_GET && request->http_status >= 301 && request->http_status <= 303);
}

/* The answer becomes words of ours. */
static void refuse_redirect(struct sbx_request *request, const char *origin)
{
    char words[ORIGIN_MAX + 100];
    bool too_many = request->repeat.redirects == REDIRECTS_MAX;
    (void)snprintf(words, sizeof(words), "a redirect to %s (HTTP status %ld), which is not followed%s",
                   origin[0] == '\0' ? "no URL" : origin, request->http_status,
                   too_many ? ": there were twenty before it" : "");
    sbx_bytes_clear(&request->reply);
    sbx_bytes_init(&request->reply, SBX_PROBLEM_MAX);
    sbx_bytes_append_text(&request->reply, words);
    request->outcome = SBX_OK; /* and an HTTP status that is none of success */
    request->error[0] = '\0';
}

/* Whether the redirect is followed: the request has its URL then. */
static bool follow(struct sbx_request *request)
{
    char from[ORIGIN_MAX];
    char to[ORIGIN_MAX];
    struct sbx_repeat *repeat = &request->repeat;
    const char *url = sbx_bytes_text(&request->url);
    (void)write_origin(url == NULL ? "" : url, from, sizeof(from));
    bool user = write_origin(repeat->redirect, to, sizeof(to));
    bool same = !user && from[0] != '\0' && strcasecmp(from, to) == 0;
    if (!same || !is_repeated_elsewhere(request) || repeat->redirects == REDIRECTS_MAX) {
        refuse_redirect(request, to);
        return false;
    }
    size_t max = request->url.max;
    sbx_bytes_clear(&request->url);
    sbx_bytes_init(&request->url, max);
    sbx_bytes_append_text(&request->url, repeat->redirect);
    repeat->redirects++;
    return true;
}

/* Once more, with what is left of its time. */
static void send_again(struct sbx_request *request)
{
    uint64_t now_ms = sbx_now_ms();
    uint64_t end_ms = request->repeat.end_ms;
    request->limit_ms = request->limit_ms > request->timeout_ms ? request->limit_ms : request->timeout_ms;
    if (!request->until_stalled) {
        request->timeout_ms = end_ms > now_ms ? (int)(end_ms - now_ms) : 1;
    }
    sbx_repeat_clear(request);
    sbx_bytes_clear(&request->reply);
    sbx_bytes_init(&request->reply, SBX_PROBLEM_MAX);
    request->outcome = SBX_OK;
    request->http_status = 0;
    request->reply_length = 0;
    request->body_sent = 0;
    request->error[0] = '\0';
    sbx_engine_send(request->engine, request);
}

static void on_pause(struct sbx_deadline *deadline, enum sbx_status why)
{
    struct sbx_repeat *repeat = SBX_CONTAINER(deadline, struct sbx_repeat, pause);
    struct sbx_request *request = SBX_CONTAINER(repeat, struct sbx_request, repeat);
    if (why == SBX_ETIMEDOUT) {
        send_again(request);
    } else {
        sbx_request_abandon(request, why, "closed");
        request->done(request);
    }
}

/* Whether it waits now, to be sent again after `ms`. */
static bool pause_for(struct sbx_request *request, uint64_t ms)
{
    struct sbx_deadline *pause = &request->repeat.pause;
    pause->at_ms = sbx_now_ms() + ms;
    pause->due = on_pause;
    return pause->at_ms < request->repeat.end_ms && sbx_engine_arm(request->engine, pause) == SBX_OK;
}

static bool wants_retry(const struct sbx_request *request)
{
    const struct sbx_repeat *repeat = &request->repeat;
    return !request->change && !repeat->retried &&
           (request->http_status == 429 || request->http_status == 503) && repeat->retry_after >= 0 &&
           repeat->retry_after <= RETRY_AFTER_MAX;
}

bool sbx_repeat_begin(struct sbx_request *request)
{
    struct sbx_repeat *repeat = &request->repeat;
    if (request->outcome == SBX_ECANCELED) {
        return false;
    }
    if (repeat->redirect != NULL) {
        if (!follow(request)) {
            return false;
        }
        send_again(request);
        return true;
    }
    if (request->outcome == SBX_OK && wants_retry(request) &&
        pause_for(request, (uint64_t)repeat->retry_after * 1000)) {
        repeat->retried = true;
        return true;
    }
    return false;
}

void sbx_repeat_stop(struct sbx_request *request)
{
    sbx_engine_disarm(request->engine, &request->repeat.pause);
}
