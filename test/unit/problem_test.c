/* problem_test.c: what the server, a gateway or curl says becomes the status that Linux would have given.
 *
 * Each folder of test/cases/problem is a test: `status` is the HTTP status and `body` the bytes of an answer,
 * `expected` the status of the operation and, on the second line, its words; where there is a `token`, it is
 * the client's. To add a case, add a folder.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/problem.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>

#include "core/http/request.h"
#include "core/utf8.h"
#include "support.h"
#include "takeover.h"

#define CASES "test/cases/problem"
#define CASES_MAX 500

/* ---- The folders ------------------------------------------------------------------------------------ */

enum part { STATUS, BODY, EXPECTED, TOKEN, PARTS };

/* The files of the case under test, each ended by NUL; a length of 0 where there is none. */
static struct {
    char bytes[100001];
    size_t length;
} parts[PARTS];

static bool read_part(const char *name, enum part part)
{
    static const char *const names[PARTS] = {"status", "body", "expected", "token"};
    char path[512];
    (void)snprintf(path, sizeof(path), CASES "/%s/%s", name, names[part]);
    parts[part].length = 0;
    FILE *file = fopen(path, "rb");
    if (file != NULL) {
        parts[part].length = fread(parts[part].bytes, 1, sizeof(parts[part].bytes) - 1, file);
        (void)fclose(file);
    }
    parts[part].bytes[parts[part].length] = '\0';
    return file != NULL;
}

/* A part that is lines, without the newline at its end. */
static bool read_lines(const char *name, enum part part)
{
    bool there = read_part(name, part);
    size_t length = parts[part].length;
    if (length > 0 && parts[part].bytes[length - 1] == '\n') {
        parts[part].bytes[--parts[part].length] = '\0';
    }
    return there;
}

static struct sbx_request *request_of(struct sbx_span token)
{
    struct sbx_endpoint *endpoint;
    struct sbx_request *request;
    struct sbx_endpoint_options options = {.base_url = SBX_SPAN("http://127.0.0.1"), .token = token};
    assert_status(sbx_endpoint_create(&endpoint, &options), SBX_OK);
    assert_status(sbx_request_create(&request, endpoint, SBX_GET, "/"), SBX_OK);
    sbx_endpoint_unref(endpoint);
    return request;
}

/* What a reply of that status and body amounts to, to a client without a token. */
static void problem_of_reply(long http_status, struct sbx_span body, struct sbx_problem *problem)
{
    struct sbx_request *request = request_of((struct sbx_span){0});
    request->http_status = http_status;
    sbx_bytes_append(&request->reply, body);
    sbx_problem_of(request, problem);
    sbx_request_destroy(request);
}

static void test_folder(void **state)
{
    const char *name = *state;
    assert_true(read_lines(name, STATUS));
    assert_true(read_part(name, BODY));
    assert_true(read_lines(name, EXPECTED));
    (void)read_lines(name, TOKEN);
    char *words = strchr(parts[EXPECTED].bytes, '\n');
    assert_non_null(words);
    *words++ = '\0';
    struct sbx_problem problem;
    struct sbx_request *request = request_of((struct sbx_span){parts[TOKEN].bytes, parts[TOKEN].length});
    request->http_status = strtol(parts[STATUS].bytes, NULL, 10);
    sbx_bytes_append(&request->reply, (struct sbx_span){parts[BODY].bytes, parts[BODY].length});
    sbx_problem_of(request, &problem);
    sbx_request_destroy(request);
    assert_string_equal(sbx_status_name(problem.status), parts[EXPECTED].bytes);
    assert_string_equal(problem.detail, words);
    assert_true(sbx_utf8_valid(span_of(problem.detail)));
}

/* ---- What no folder can say --------------------------------------------------------------------------- */

static void test_every_os_error(void **state)
{
    (void)state;
    for (long number = 1; number < 200; number++) {
        char body[256];
        struct sbx_problem problem;
        (void)snprintf(body, sizeof(body),
                       "{\"status\":502,\"detail\":\"stream error: words (os error %ld)\"}", number);
        problem_of_reply(502, span_of(body), &problem);
        assert_status(problem.status, sbx_status_from_errno(number));
    }
}

/* A failure is a failure, whatever the body claims. */
static void test_never_ok(void **state)
{
    (void)state;
    for (long http_status = 300; http_status < 600; http_status++) {
        struct sbx_problem problem;
        problem_of_reply(http_status, (struct sbx_span){0}, &problem);
        assert_int_not_equal(problem.status, SBX_OK);
        assert_true(problem.detail[0] != '\0');
        problem_of_reply(http_status, SBX_SPAN("{\"detail\":\"ok (os error 0)\"}"), &problem);
        assert_int_not_equal(problem.status, SBX_OK);
    }
}

static void test_success_is_no_problem(void **state)
{
    (void)state;
    struct sbx_request *request = request_of((struct sbx_span){0});
    for (long http_status = 200; http_status < 300; http_status++) {
        struct sbx_problem problem;
        request->http_status = http_status;
        sbx_problem_of(request, &problem);
        assert_status(problem.status, SBX_OK);
        assert_string_equal(problem.detail, "");
    }
    sbx_request_destroy(request);
}

static void test_outcome_comes_first(void **state)
{
    (void)state;
    struct sbx_problem problem;
    struct sbx_request *request = request_of(SBX_SPAN("sekret"));
    request->http_status = 200; /* the reply began well, and was lost */
    request->outcome = SBX_EIO;
    (void)snprintf(request->error, sizeof(request->error), "lost; sent was sekret \xff");
    sbx_problem_of(request, &problem);
    assert_status(problem.status, SBX_EIO);
    assert_string_equal(problem.detail, "lost; sent was ****** ?");
    sbx_request_destroy(request);
}

static void test_words_are_utf8_wherever_they_are_cut(void **state)
{
    (void)state;
    char body[2000];
    for (size_t shift = 0; shift < 4; shift++) {
        struct sbx_problem problem;
        memset(body, 'x', shift);
        for (size_t i = shift; i + 4 <= sizeof(body); i += 4) {
            memcpy(body + i, "\xf0\x9f\x98\x80", 4);
        }
        for (long http_status = 500; http_status <= 502; http_status += 2) { /* of a server, of a gateway */
            problem_of_reply(http_status, (struct sbx_span){body, sizeof(body) - 4}, &problem);
            assert_true(sbx_utf8_valid(span_of(problem.detail)));
            assert_in_range(strlen(problem.detail), 900, SBX_DETAIL_MAX - 1);
        }
    }
}

static void test_curl_codes(void **state)
{
    (void)state;
    static const struct {
        CURLcode code;
        long os_error;
        bool change;
        enum sbx_status status;
    } ends[] = {
        {CURLE_OK, 0, false, SBX_OK},
        {CURLE_OK, 0, true, SBX_OK},
        {CURLE_COULDNT_CONNECT, ECONNREFUSED, false, SBX_ECONNREFUSED},
        {CURLE_COULDNT_CONNECT, ECONNREFUSED, true, SBX_ECONNREFUSED}, /* nothing was sent */
        {CURLE_COULDNT_CONNECT, ETIMEDOUT, false, SBX_ETIMEDOUT},
        {CURLE_COULDNT_CONNECT, EHOSTUNREACH, false, SBX_EHOSTUNREACH},
        {CURLE_COULDNT_CONNECT, EMFILE, false, SBX_EMFILE},
        {CURLE_COULDNT_RESOLVE_HOST, 0, false, SBX_EHOSTUNREACH},
        {CURLE_OPERATION_TIMEDOUT, 0, false, SBX_ETIMEDOUT},
        {CURLE_OUT_OF_MEMORY, 0, false, SBX_ENOMEM},
        {CURLE_URL_MALFORMAT, 0, false, SBX_EINVAL},
        {CURLE_UNSUPPORTED_PROTOCOL, 0, false, SBX_EPROTO}, /* what came was no HTTP */
        {CURLE_UNSUPPORTED_PROTOCOL, 0, true, SBX_EIO},
        {CURLE_WEIRD_SERVER_REPLY, 0, false, SBX_EPROTO},
        {CURLE_WEIRD_SERVER_REPLY, 0, true, SBX_EIO},
        {CURLE_PEER_FAILED_VERIFICATION, 0, true, SBX_EPROTO},
        {CURLE_GOT_NOTHING, 0, false, SBX_EIO},
        {CURLE_GOT_NOTHING, 0, true, SBX_EIO},
        {CURLE_SEND_ERROR, EPIPE, true, SBX_EIO},
        {CURLE_RECV_ERROR, ECONNRESET, true, SBX_EIO},
        {CURLE_RECV_ERROR, ECONNREFUSED, true, SBX_EIO}, /* connected, so it may have been sent */
        {CURLE_SEND_FAIL_REWIND, 0, true, SBX_EIO},
        {CURLE_PARTIAL_FILE, 0, false, SBX_EIO},
    };
    for (size_t i = 0; i < COUNT(ends); i++) {
        assert_status(sbx_problem_from_curl(ends[i].code, ends[i].os_error, ends[i].change), ends[i].status);
    }
    for (int code = 1; code < CURL_LAST; code++) {
        assert_int_not_equal(sbx_problem_from_curl((CURLcode)code, 0, false), SBX_OK);
    }
}

/* An answer that cannot be read for want of memory is a failure all the same. */
static enum sbx_status parse(void *user)
{
    struct sbx_problem problem;
    sbx_problem_of(user, &problem);
    assert_int_not_equal(problem.status, SBX_OK);
    assert_true(problem.detail[0] != '\0');
    return problem.status == SBX_ENOENT ? SBX_OK : problem.status;
}

static void test_no_memory(void **state)
{
    (void)state;
    struct sbx_request *request = request_of((struct sbx_span){0});
    request->http_status = 400;
    sbx_bytes_append(&request->reply, SBX_SPAN("{\"detail\":\"invalid request: path not found: /x\"}"));
    assert_in_range(allocations_fail_each_loosely(parse, request), 2, 50);
    sbx_request_destroy(request);
}

static void test_losses(void **state)
{
    (void)state;
    assert_true(sbx_problem_is_loss(CURLE_GOT_NOTHING));
    assert_true(sbx_problem_is_loss(CURLE_RECV_ERROR));
    assert_true(sbx_problem_is_loss(CURLE_SEND_ERROR));
    assert_false(sbx_problem_is_loss(CURLE_COULDNT_CONNECT));
    assert_false(sbx_problem_is_loss(CURLE_WEIRD_SERVER_REPLY));
    assert_true(sbx_problem_is_loss_of_fetch("ECONNRESET"));
    assert_true(sbx_problem_is_loss_of_fetch("UND_ERR_SOCKET"));
    assert_false(sbx_problem_is_loss_of_fetch(""));
    assert_false(sbx_problem_is_loss_of_fetch("ECONNREFUSED"));
}

/* ---- All of them -------------------------------------------------------------------------------------- */

static size_t add_folders(struct CMUnitTest *tests, size_t count, struct dirent **entries, int found)
{
    for (int i = 0; i < found; i++) {
        if (entries[i]->d_name[0] != '.') {
            tests[count++] = (struct CMUnitTest){
                .name = entries[i]->d_name, .test_func = test_folder, .initial_state = entries[i]->d_name};
        }
    }
    return count;
}

int main(void)
{
    static struct CMUnitTest tests[CASES_MAX] = {
        cmocka_unit_test(test_every_os_error),
        cmocka_unit_test(test_never_ok),
        cmocka_unit_test(test_success_is_no_problem),
        cmocka_unit_test(test_outcome_comes_first),
        cmocka_unit_test(test_words_are_utf8_wherever_they_are_cut),
        cmocka_unit_test(test_curl_codes),
        cmocka_unit_test(test_losses),
        cmocka_unit_test(test_no_memory),
    };
    struct dirent **entries = NULL;
    int found = scandir(CASES, &entries, NULL, alphasort);
    if (found < 3 || found > CASES_MAX - 10) {
        print_error("%d entries in " CASES " (started in the project's folder?)\n", found);
        return 1;
    }
    int failed = _cmocka_run_group_tests("problem", tests, add_folders(tests, 8, entries, found), NULL, NULL);
    for (int i = 0; i < found; i++) {
        free(entries[i]);
    }
    free(entries);
    return failed;
}
