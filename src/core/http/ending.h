/* ending.h: how a transport ended a request, and what that makes of it.
 *
 * Thread: one at a time.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_HTTP_ENDING_H
#define SBX_CORE_HTTP_ENDING_H

#include <stdbool.h>

#include "wire/status.h"

struct sbx_request;

struct sbx_ending {
    enum sbx_status outcome;
    const char *words; /* where that is a failure */
    const char *type;  /* of the reply; NULL: it says none */
    bool has_an_end;   /* it is known that the reply is whole */
    bool lost;         /* the connection was, once it was there */
};

/* Sets the outcome of `request`. Its HTTP status, and what there is of the reply, are in it already. */
void sbx_ending_take(struct sbx_request *request, const struct sbx_ending *ending);

#endif
