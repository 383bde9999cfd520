/* problem.c: foreign errors to status.
 *
 * The server names only "not found" in a way of its own; every other errno of its kernel ends its text as
 * "(os error N)". The number is what counts: the words are musl's and vary. What the server finds out by
 * itself has no number and is known by how its text begins. Nothing is looked for in between: there stands
 * the name of a file, which can be anything.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/problem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/http/request.h"
#include "core/json.h"
#include "core/utf8.h"

/* How the server's own words begin, with the status that Linux would have given. */
static const struct {
    const char *words;
    enum sbx_status status;
} known_words[] = {
    {"invalid request: path not found", SBX_ENOENT},
    {"invalid request: path is not a directory", SBX_ENOTDIR},
    {"invalid request: path is not a file", SBX_EISDIR},
    {"invalid request: destination already exists", SBX_EEXIST},
    {"endpoint not found", SBX_ENOSYS},
    {"stream error: file name contained an unexpected NUL byte", SBX_EINVAL},
    {"stream error: failed to spawn process: nul byte found", SBX_EINVAL},
};

static const struct {
    long http_status;
    enum sbx_status status;
} known_statuses[] = {
    {400, SBX_EINVAL}, {401, SBX_EACCES},    {403, SBX_EACCES},    {404, SBX_EIO},   {405, SBX_ENOSYS},
    {407, SBX_EACCES}, {408, SBX_ETIMEDOUT}, {409, SBX_EBUSY},     {413, SBX_EFBIG}, {414, SBX_ENAMETOOLONG},
    {429, SBX_EAGAIN}, {501, SBX_ENOSYS},    {504, SBX_ETIMEDOUT},
};

static enum sbx_status from_http_status(long http_status)
{
    for (size_t i = 0; i < sizeof(known_statuses) / sizeof(known_statuses[0]); i++) {
        if (known_statuses[i].http_status == http_status) {
            return known_statuses[i].status;
        }
    }
    return http_status >= 500 ? SBX_EIO : SBX_EPROTO;
}

/* The N of "(os error N)" at the end of `text`; 0 where it does not end so. */
static long find_os_error(const char *text)
{
    static const char marker[] = "(os error ";
    const char *found = NULL;
    for (const char *next = strstr(text, marker); next != NULL; next = strstr(next + 1, marker)) {
        found = next + sizeof(marker) - 1;
    }
    char *end = NULL;
    long number = found == NULL || *found < '0' || *found > '9' ? 0 : strtol(found, &end, 10);
    return number > 0 && strcmp(end, ")") == 0 ? number : 0;
}

static enum sbx_status from_words(const char *text)
{
    for (size_t i = 0; i < sizeof(known_words) / sizeof(known_words[0]); i++) {
        if (strncmp(text, known_words[i].words, strlen(known_words[i].words)) == 0) {
            return known_words[i].status;
        }
    }
    return SBX_OK;
}

/* Copies `text` without the secrets of `endpoint`, as much as fits, as UTF-8 without control characters. */
static void set_detail(struct sbx_problem *problem, const struct sbx_endpoint *endpoint, struct sbx_span text)
{
    char *copy = text.length == 0 ? NULL : strndup(text.data, text.length);
    problem->detail[0] = '\0';
    if (copy == NULL) {
        return; /* no words; or no memory, and then rather none than a secret */
    }
    sbx_endpoint_redact(endpoint, copy); /* before it is cut: half a secret is one too */
    (void)snprintf(problem->detail, sizeof(problem->detail), "%s", copy);
    sbx_utf8_tidy(problem->detail, strlen(problem->detail));
    free(copy);
}

/* The problem document's `details.message`, its `detail`, or its `title`, borrowed from `root`. */
static const char *find_words(const json_t *root)
{
    const char *message = json_string_value(json_object_get(json_object_get(root, "details"), "message"));
    const char *detail = json_string_value(json_object_get(root, "detail"));
    if (detail != NULL) {
        return detail;
    }
    return message != NULL ? message : json_string_value(json_object_get(root, "title"));
}

static bool is_of_a_process(const json_t *root)
{
    const json_t *resource = json_object_get(json_object_get(root, "details"), "resource");
    return json_string_value(resource) != NULL && strcmp(json_string_value(resource), "process") == 0;
}

static enum sbx_status from_document(long http_status, const json_t *root, const char *words)
{
    long os_error = http_status >= 500 ? find_os_error(words) : 0;
    if (os_error > 0) {
        return sbx_status_from_errno(os_error);
    }
    if (http_status == 404 && is_of_a_process(root)) {
        return SBX_ESRCH;
    }
    bool about_credentials = http_status == 401 || http_status == 403;
    enum sbx_status spoken = about_credentials ? SBX_OK : from_words(words);
    return spoken != SBX_OK ? spoken : from_http_status(http_status);
}

/* Answers that come from whoever stands before the sandbox, where they are none of the server's problem documents: it
 * is gone, or not reached. That is no word on a file. */
static const struct gateway {
    long http_status;
    enum sbx_status status;
    const char *words;
} known_gateways[] = {
    {404, SBX_EHOSTUNREACH, "no Sandbox Agent answers here: the sandbox is gone, or its URL is another's"},
    {410, SBX_EHOSTUNREACH, "no Sandbox Agent answers here: the sandbox is gone"},
    {502, SBX_EIO, "a gateway answers, and does not reach the sandbox"},
    {503, SBX_EIO, "a gateway answers, and does not reach the sandbox"},
    {504, SBX_ETIMEDOUT, "a gateway answers, and does not reach the sandbox"},
    {530, SBX_EHOSTUNREACH, "a gateway answers, and knows no such sandbox"},
};

/* What a gateway means by it; NULL: nothing, or the reply is the server's own (`words`). */
static const struct gateway *find_gateway(long http_status, const char *words)
{
    for (size_t i = 0; words == NULL && i < sizeof(known_gateways) / sizeof(known_gateways[0]); i++) {
        if (known_gateways[i].http_status == http_status) {
            return &known_gateways[i];
        }
    }
    return NULL;
}

/* The problem says what it means before what the reply itself says. */
static void read_gateway(const struct gateway *gateway, const struct sbx_request *request,
                         struct sbx_problem *problem)
{
    char said[SBX_DETAIL_MAX];
    set_detail(problem, request->endpoint, sbx_bytes_span(&request->reply));
    (void)snprintf(said, sizeof(said), "%s", problem->detail);
    (void)snprintf(problem->detail, sizeof(problem->detail), "%s (HTTP status %ld)%s%.900s", gateway->words,
                   request->http_status, said[0] == '\0' ? "" : ": ", said);
    sbx_utf8_tidy(problem->detail, strlen(problem->detail));
    problem->status = gateway->status;
}

bool sbx_problem_is_of_gateway(const struct sbx_request *request)
{
    json_t *root = NULL;
    if (request->outcome != SBX_OK || find_gateway(request->http_status, NULL) == NULL) {
        return false;
    }
    (void)!sbx_json_parse(&root, sbx_bytes_span(&request->reply), 0); /* no JSON, or no memory */
    bool is = find_gateway(request->http_status, find_words(root)) != NULL;
    json_decref(root);
    return is;
}

bool sbx_problem_is_of_edge(const struct sbx_request *request)
{
    static const char own[] = "urn:sandbox-agent:";
    json_t *root = NULL;
    if (request->outcome != SBX_OK || (request->http_status != 401 && request->http_status != 403)) {
        return false;
    }
    (void)!sbx_json_parse(&root, sbx_bytes_span(&request->reply), 0); /* no JSON, or no memory */
    const char *type = json_string_value(json_object_get(root, "type"));
    bool is = type == NULL || strncmp(type, own, sizeof(own) - 1) != 0;
    json_decref(root);
    return is;
}

/* What a reply that is no success says. */
static void read_reply(const struct sbx_request *request, struct sbx_problem *problem)
{
    struct sbx_span body = sbx_bytes_span(&request->reply);
    json_t *root = NULL;
    (void)!sbx_json_parse(&root, body, 0); /* no JSON, or no memory: the body itself is the words */
    const char *words = find_words(root);
    const struct gateway *gateway = find_gateway(request->http_status, words);
    if (gateway != NULL) {
        read_gateway(gateway, request, problem);
        json_decref(root);
        return;
    }
    problem->status = from_http_status(request->http_status);
    if (words != NULL) {
        problem->status = from_document(request->http_status, root, words);
        body = (struct sbx_span){words, strlen(words)};
    }
    set_detail(problem, request->endpoint, body);
    if (problem->detail[0] == '\0') {
        (void)snprintf(problem->detail, sizeof(problem->detail), "HTTP status %ld", request->http_status);
    }
    json_decref(root);
}

void sbx_problem_of(const struct sbx_request *request, struct sbx_problem *problem)
{
    problem->status = request->outcome;
    problem->detail[0] = '\0';
    if (request->outcome != SBX_OK) {
        struct sbx_span words = {request->error, strlen(request->error)};
        set_detail(problem, request->endpoint, words);
    } else if (request->http_status < 200 || request->http_status >= 300) {
        read_reply(request, problem);
    }
}

static enum sbx_status from_connect(long os_error)
{
    if (os_error == ENETUNREACH) {
        return SBX_EHOSTUNREACH;
    }
    return os_error == ETIMEDOUT || os_error == EHOSTUNREACH || os_error == EACCES || os_error == EMFILE
               ? sbx_status_from_errno(os_error)
               : SBX_ECONNREFUSED;
}

enum sbx_status sbx_problem_from_curl(CURLcode code, long os_error, bool change)
{
    switch (code) {
    case CURLE_OK:
        return SBX_OK;
    case CURLE_COULDNT_CONNECT:
        return from_connect(os_error);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return SBX_EHOSTUNREACH;
    case CURLE_OPERATION_TIMEDOUT:
        return SBX_ETIMEDOUT;
    case CURLE_OUT_OF_MEMORY:
        return SBX_ENOMEM;
    case CURLE_URL_MALFORMAT:
        return SBX_EINVAL;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
        return SBX_EPROTO;
    case CURLE_UNSUPPORTED_PROTOCOL: /* also what curl says of a reply that is no HTTP */
    case CURLE_WEIRD_SERVER_REPLY:
        return change ? SBX_EIO : SBX_EPROTO;
    default:
        return SBX_EIO;
    }
}

/* Codes of Node's errors, of undici's and of OpenSSL's. `never_sent`: there was no connection yet. */
static const struct {
    const char *code;
    enum sbx_status status;
    bool never_sent;
} known_codes[] = {
    {"ECONNREFUSED", SBX_ECONNREFUSED, true},
    {"ENOTFOUND", SBX_EHOSTUNREACH, true},
    {"EAI_AGAIN", SBX_EHOSTUNREACH, true},
    {"EHOSTUNREACH", SBX_EHOSTUNREACH, true},
    {"ENETUNREACH", SBX_EHOSTUNREACH, true},
    {"EMFILE", SBX_EMFILE, true},
    {"UND_ERR_CONNECT_TIMEOUT", SBX_ETIMEDOUT, true},
    {"ERR_INVALID_URL", SBX_EINVAL, true},
    {"CERT_HAS_EXPIRED", SBX_EPROTO, true},
    {"DEPTH_ZERO_SELF_SIGNED_CERT", SBX_EPROTO, true},
    {"SELF_SIGNED_CERT_IN_CHAIN", SBX_EPROTO, true},
    {"UNABLE_TO_VERIFY_LEAF_SIGNATURE", SBX_EPROTO, true},
    {"UNABLE_TO_GET_ISSUER_CERT_LOCALLY", SBX_EPROTO, true},
    {"ERR_TLS_CERT_ALTNAME_INVALID", SBX_EPROTO, true},
    {"ETIMEDOUT", SBX_ETIMEDOUT, false},
    {"UND_ERR_HEADERS_TIMEOUT", SBX_ETIMEDOUT, false},
    {"UND_ERR_BODY_TIMEOUT", SBX_ETIMEDOUT, false},
};

enum sbx_status sbx_problem_from_fetch(const char *code, bool change, bool *sent)
{
    *sent = true;
    for (size_t i = 0; i < sizeof(known_codes) / sizeof(known_codes[0]); i++) {
        if (strcmp(code, known_codes[i].code) == 0) {
            *sent = !known_codes[i].never_sent;
            return change && *sent ? SBX_EIO : known_codes[i].status;
        }
    }
    bool no_http = strncmp(code, "HPE_", 4) == 0; /* what undici says of a reply that is no HTTP */
    return no_http && !change ? SBX_EPROTO : SBX_EIO;
}

bool sbx_problem_is_loss(CURLcode code)
{
    return code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR;
}

bool sbx_problem_is_loss_of_fetch(const char *code)
{
    return strcmp(code, "ECONNRESET") == 0 || strcmp(code, "EPIPE") == 0 ||
           strcmp(code, "UND_ERR_SOCKET") == 0;
}

bool sbx_problem_is_of_start(long http_status, const struct sbx_problem *problem)
{
    return http_status >= 500 && strstr(problem->detail, "spawn") != NULL;
}
