/* problem.h: the one place where foreign ways to fail (a curl code, an HTTP status, a problem document)
 * become a status and the words that go with it.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_HTTP_PROBLEM_H
#define SBX_CORE_HTTP_PROBLEM_H

#include <curl/curl.h>
#include <stdbool.h>

#include "wire/limits.h"
#include "wire/status.h"

struct sbx_request;

struct sbx_problem {
    enum sbx_status status;      /* SBX_OK: the server did what was asked */
    char detail[SBX_DETAIL_MAX]; /* the server's or curl's own words, UTF-8, secrets blotted out; may be "" */
};

/* What a request that came back amounts to. */
void sbx_problem_of(const struct sbx_request *request, struct sbx_problem *problem);

/* Whether the reply is of whoever stands before the sandbox, and did not reach it. */
bool sbx_problem_is_of_gateway(const struct sbx_request *request);

/* Whether 401 or 403 is of whoever stands before the sandbox (its URL has expired), rather than the server's word on the
 * token. */
bool sbx_problem_is_of_edge(const struct sbx_request *request);

/* Whether it is the server's own word that a program could not be started: any other 5xx may be of a proxy. */
bool sbx_problem_is_of_start(long http_status, const struct sbx_problem *problem);

/* A transfer's end. `os_error` is errno of a connect that failed; `change`: the request changes something,
 * so a loss after it may have been sent is SBX_EIO and never "refused". */
enum sbx_status sbx_problem_from_curl(CURLcode code, long os_error, bool change) SBX_CHECKED;

/* The same of a `fetch` of JavaScript; `code` is that of the error of Node's, or of the cause of it; "": it has none.
 * `sent`: the request may have been. */
enum sbx_status sbx_problem_from_fetch(const char *code, bool change, bool *sent) SBX_CHECKED;

/* Whether it ended because its connection did, which had come about; by curl, and by such a code. */
bool sbx_problem_is_loss(CURLcode code);
bool sbx_problem_is_loss_of_fetch(const char *code);

#endif
