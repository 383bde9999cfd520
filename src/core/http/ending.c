/* ending.c: a reply is as good as its type and its end say; what is missing of either is a failure.
 *
 * Thread: one at a time.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/ending.h"

#include <stdio.h>
#include <string.h>

#include "core/http/request.h"

/* Whether the reply is of the type asked for. */
static bool has_accepted_type(const struct sbx_request *request, const char *type)
{
    size_t length = strlen(request->accept);
    return type != NULL && strncasecmp(type, request->accept, length) == 0 &&
           strchr("; \t", type[length]) != NULL; /* the end, or parameters */
}

/* What is wrong with a reply that came; NULL: nothing. A problem has a shape of its own, or none at all; but one
 * that was cut within its header is no problem of the server's. */
static const char *find_fault(const struct sbx_request *request, const struct sbx_ending *ending)
{
    static const char cut[] = "the reply may have been cut, for it does not say how long it is:";
    if (request->accept == NULL) {
        return NULL;
    }
    if (request->http_status >= 300) {
        return request->reply.length > 0 || ending->has_an_end ? NULL : cut;
    }
    if (!has_accepted_type(request, ending->type)) {
        return "the reply is no";
    }
    return ending->has_an_end ? NULL : cut;
}

void sbx_ending_take(struct sbx_request *request, const struct sbx_ending *ending)
{
    const char *fault = find_fault(request, ending);
    request->outcome = ending->outcome;
    request->lost = ending->lost && request->http_status == 0;
    if (request->reply_length > 0) {
        request->outcome = SBX_EFBIG;
    } else if (request->reply.status != SBX_OK) {
        request->outcome = request->reply.status;
        bool too_large = request->outcome == SBX_EFBIG;
        (void)snprintf(request->error, sizeof(request->error), "%s than %zu bytes",
                       too_large ? "the reply is larger" : "no memory for a reply of no more",
                       request->reply_max);
    } else if (request->outcome == SBX_OK && fault != NULL) {
        request->outcome = request->change ? SBX_EIO : SBX_EPROTO;
        (void)snprintf(request->error, sizeof(request->error), "%s %s%s", fault, request->accept,
                       request->change ? "; the operation may have completed" : "");
    } else if (request->outcome == SBX_EIO && request->change) {
        (void)snprintf(request->error, sizeof(request->error),
                       "the connection was lost; the operation may have completed");
    } else if (request->outcome != SBX_OK && request->error[0] == '\0') {
        (void)snprintf(request->error, sizeof(request->error), "%s", ending->words);
    }
    sbx_reach_note(sbx_endpoint_reach(request->endpoint), request);
}
