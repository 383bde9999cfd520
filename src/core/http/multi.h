/* multi.h: curl's multi handle over our poller: transfers in, ended transfers out, and when it wants to be
 * called. Nothing else calls curl_multi_*.
 *
 * Thread: one at a time.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_HTTP_MULTI_H
#define SBX_CORE_HTTP_MULTI_H

#include <curl/curl.h>
#include <stdint.h>

#include "core/http/poller.h"

struct sbx_multi;

/* Borrows the poller, which gets every socket of the transfers, and `sessions`: of TLS, which they share with others; NULL:
 * they do not. */
enum sbx_status sbx_multi_create(struct sbx_multi **multi, struct sbx_poller *poller,
                                 CURLSH *sessions) SBX_CHECKED;

/* What TLS sessions are kept in, by one thread at a time; the caller's (curl_share_cleanup). NULL: there is no memory. */
CURLSH *sbx_multi_create_sessions(void);

/* Closes the kept connections. After the last transfer has been removed. NULL is allowed. */
void sbx_multi_destroy(struct sbx_multi *multi);

/* Borrows `easy` until it is removed. */
enum sbx_status sbx_multi_add(struct sbx_multi *multi, CURL *easy) SBX_CHECKED;
void sbx_multi_remove(struct sbx_multi *multi, CURL *easy);

/* Lets what has come be acknowledged at once, where more is to come: the server lets a piece wait for the acknowledgement of
 * the one before it (Nagle), which the kernel keeps back for 40 ms where it is not told each time. */
void sbx_multi_acknowledge(curl_socket_t fd);

/* Serves a socket that became ready. */
void sbx_multi_serve(struct sbx_multi *multi, struct sbx_poll_event event);

/* Serves what is due by now. */
void sbx_multi_serve_due(struct sbx_multi *multi);

/* When it is due without a socket, on the clock of sbx_now_ms; 0: never. */
uint64_t sbx_multi_due_ms(const struct sbx_multi *multi);

/* A transfer that has ended, and how; NULL: there is none. It is still to be removed. */
CURL *sbx_multi_next_ended(struct sbx_multi *multi, CURLcode *code);

#endif
