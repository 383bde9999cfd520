/* multi.c: the socket interface of curl's multi handle: curl says which sockets it waits for and until
 * when, and is told which of them became ready.
 *
 * Thread: one at a time.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/multi.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "core/http/deadlines.h"
#include "core/http/request.h"
#include "wire/limits.h"

struct sbx_multi {
    CURLM *handle;             /* owned */
    struct sbx_poller *poller; /* borrowed */
    CURLSH *sessions;          /* borrowed; NULL: none */
    uint64_t due_ms;           /* 0: never */
    size_t count;              /* of transfers */
};

void sbx_multi_acknowledge(curl_socket_t fd)
{
#ifdef TCP_QUICKACK
    int on = 1;
    if (fd != CURL_SOCKET_BAD) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on)); /* else it is slower */
    }
#else
    (void)fd;
#endif
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user)
{
    struct sbx_multi *multi = user;
    int events = 0;
    struct sbx_request *request = sbx_request_of(easy);
    (void)socket_user;
    if (request != NULL) {
        request->socket = what == CURL_POLL_REMOVE ? CURL_SOCKET_BAD : fd; /* curl says it nowhere else */
    }
    if (request != NULL && request->http_status != 0) { /* its beginning came before this was known */
        sbx_multi_acknowledge(request->socket);
    }
    events |= what == CURL_POLL_IN || what == CURL_POLL_INOUT ? SBX_READABLE : 0;
    events |= what == CURL_POLL_OUT || what == CURL_POLL_INOUT ? SBX_WRITABLE : 0;
    return sbx_poller_set(multi->poller, fd, events) == SBX_OK ? 0 : -1;
}

static int on_timer(CURLM *handle, long timeout_ms, void *user)
{
    struct sbx_multi *multi = user;
    (void)handle;
    multi->due_ms = timeout_ms < 0 ? 0 : sbx_now_ms() + (uint64_t)timeout_ms;
    return 0;
}

static CURLMcode set_up(struct sbx_multi *multi)
{
    CURLMcode code = curl_multi_setopt(multi->handle, CURLMOPT_SOCKETFUNCTION, on_socket);
    code = code == CURLM_OK ? curl_multi_setopt(multi->handle, CURLMOPT_SOCKETDATA, multi) : code;
    code = code == CURLM_OK ? curl_multi_setopt(multi->handle, CURLMOPT_TIMERFUNCTION, on_timer) : code;
    code = code == CURLM_OK ? curl_multi_setopt(multi->handle, CURLMOPT_TIMERDATA, multi) : code;
    return code;
}

/* As many connections are kept as files may use, beside those in use: a number that curl counts together. */
static void limit_connections(struct sbx_multi *multi)
{
    long limit = (long)(SBX_FILE_CONNECTIONS + multi->count);
    (void)curl_multi_setopt(multi->handle, CURLMOPT_MAXCONNECTS, limit); /* a number: it cannot fail */
}

CURLSH *sbx_multi_create_sessions(void)
{
    CURLSH *made = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_share_init() : NULL;
    if (made != NULL && curl_share_setopt(made, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK) {
        (void)curl_share_cleanup(made); /* fails only while it is in use */
        made = NULL;
    }
    return made;
}

enum sbx_status sbx_multi_create(struct sbx_multi **multi, struct sbx_poller *poller, CURLSH *sessions)
{
    struct sbx_multi *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return SBX_ENOMEM;
    }
    made->poller = poller;
    made->sessions = sessions;
    made->handle = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_multi_init() : NULL;
    if (made->handle == NULL || set_up(made) != CURLM_OK) {
        sbx_multi_destroy(made);
        return SBX_ENOMEM;
    }
    *multi = made;
    return SBX_OK;
}

void sbx_multi_destroy(struct sbx_multi *multi)
{
    if (multi == NULL) {
        return;
    }
    (void)curl_multi_cleanup(multi->handle); /* fails only for no handle */
    free(multi);
}

enum sbx_status sbx_multi_add(struct sbx_multi *multi, CURL *easy)
{
    (void)curl_easy_setopt(easy, CURLOPT_SHARE, multi->sessions); /* else each handshake is a whole one */
    if (curl_multi_add_handle(multi->handle, easy) != CURLM_OK) {
        return SBX_ENOMEM;
    }
    multi->count++;
    limit_connections(multi);
    return SBX_OK;
}

void sbx_multi_remove(struct sbx_multi *multi, CURL *easy)
{
    (void)curl_multi_remove_handle(multi->handle, easy); /* fails only for a handle it never had */
    multi->count--;
    limit_connections(multi);
}

void sbx_multi_serve(struct sbx_multi *multi, struct sbx_poll_event event)
{
    int running = 0;
    int mask = 0;
    mask |= (event.events & SBX_READABLE) != 0 ? CURL_CSELECT_IN : 0;
    mask |= (event.events & SBX_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0;
    mask |= (event.events & SBX_FAULTY) != 0 ? CURL_CSELECT_ERR : 0;
    (void)curl_multi_socket_action(multi->handle, event.fd, mask, &running); /* each transfer tells its own */
}

void sbx_multi_serve_due(struct sbx_multi *multi)
{
    int running = 0;
    while (multi->due_ms != 0 && multi->due_ms <= sbx_now_ms()) {
        multi->due_ms = 0;
        (void)curl_multi_socket_action(multi->handle, CURL_SOCKET_TIMEOUT, 0, &running);
    }
}

uint64_t sbx_multi_due_ms(const struct sbx_multi *multi)
{
    return multi->due_ms;
}

CURL *sbx_multi_next_ended(struct sbx_multi *multi, CURLcode *code)
{
    int left = 0;
    CURLMsg *message = curl_multi_info_read(multi->handle, &left);
    if (message == NULL) {
        return NULL;
    }
    *code = message->data.result; /* the end of a transfer is the only message there is */
    return message->easy_handle;
}
