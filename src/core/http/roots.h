/* roots.h: the certificates that https trusts, parsed once and shared by every connection.
 *
 * Thread: any: immutable once created, and counted.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_HTTP_ROOTS_H
#define SBX_CORE_HTTP_ROOTS_H

#include <curl/curl.h>

#include "wire/span.h"
#include "wire/status.h"

struct sbx_roots;

/* From PEM text; a certificate in it that cannot be read is left out, as Node does. */
enum sbx_status sbx_roots_create(struct sbx_roots **roots, struct sbx_span pem) SBX_CHECKED;

/* One more owner; returns `roots`. NULL is allowed. */
struct sbx_roots *sbx_roots_ref(struct sbx_roots *roots);

/* One owner less. NULL is allowed. */
void sbx_roots_unref(struct sbx_roots *roots);

/* Lets `easy` trust them, and nothing else; borrowed until the transfer has ended. */
CURLcode sbx_roots_use(struct sbx_roots *roots, CURL *easy) SBX_CHECKED;

#endif
