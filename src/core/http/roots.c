/* roots.c: an X509_STORE that each connection's SSL_CTX is given. curl's own way, a blob of PEM, parses all
 * of it anew for every connection: four milliseconds for the 140 roots of the web.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/roots.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdatomic.h>
#include <stdlib.h>

struct sbx_roots {
    atomic_size_t owners;
    X509_STORE *store; /* owned: one count */
};

/* Adds what can be read; PEM_read_bio_X509 says nothing at the end, and at what is no certificate. */
static void add_all(X509_STORE *store, BIO *text)
{
    while (!BIO_eof(text)) {
        X509 *certificate = PEM_read_bio_X509(text, NULL, NULL, NULL);
        if (certificate != NULL) {
            (void)X509_STORE_add_cert(store,
                                      certificate); /* counts it; one that is there already is no fault */
            X509_free(certificate);
        }
    }
    ERR_clear_error();
}

enum sbx_status sbx_roots_create(struct sbx_roots **roots, struct sbx_span pem)
{
    enum sbx_status status = SBX_ENOMEM;
    BIO *text = NULL;
    struct sbx_roots *made = calloc(1, sizeof(*made));
    if (made == NULL || pem.length > INT_MAX) {
        goto done;
    }
    atomic_init(&made->owners, 1);
    made->store = X509_STORE_new();
    text = BIO_new_mem_buf(pem.data, (int)pem.length);
    if (made->store == NULL || text == NULL) {
        goto done;
    }
    /* As curl sets them: an intermediate that is trusted is an end of the chain too. */
    if (X509_STORE_set_flags(made->store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN) != 1) {
        goto done;
    }
    add_all(made->store, text);
    status = SBX_OK;
done:
    BIO_free(text);
    if (status != SBX_OK) {
        sbx_roots_unref(made);
        return status;
    }
    *roots = made;
    return SBX_OK;
}

struct sbx_roots *sbx_roots_ref(struct sbx_roots *roots)
{
    if (roots != NULL) {
        atomic_fetch_add_explicit(&roots->owners, 1, memory_order_relaxed);
    }
    return roots;
}

void sbx_roots_unref(struct sbx_roots *roots)
{
    if (roots == NULL || atomic_fetch_sub_explicit(&roots->owners, 1, memory_order_acq_rel) > 1) {
        return;
    }
    X509_STORE_free(roots->store);
    free(roots);
}

static CURLcode on_context(CURL *easy, void *context, void *user)
{
    struct sbx_roots *roots = user;
    (void)easy;
    SSL_CTX_set1_cert_store(context, roots->store);
    return CURLE_OK;
}

CURLcode sbx_roots_use(struct sbx_roots *roots, CURL *easy)
{
    CURLcode code = curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_context);
    return code == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, roots) : code;
}
