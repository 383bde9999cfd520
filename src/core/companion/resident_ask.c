/* resident_ask.c: see resident_ask.h.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion/resident_ask.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/http/engine.h"
#include "core/json.h"
#include "wire/resident.h"

#define PROCESSES "/v1/processes"
#define JSON_TYPE "application/json"
#define CONTENT_TYPE "application/octet-stream"
#define STALLED_MS 20000 /* the stream has a sign of life every 15 s */
#define ANSWER_MS 30000  /* a server that is stopped for a while answers when it goes on */
#define BOX_MS 1500      /* nothing of it is done by then: it goes another way, before anything is doubted */
#define REPLY_MAX (32 * SBX_MIB) /* bytes: the whole log of a process, as JSON */

static struct sbx_request *make(struct sbx_endpoint *endpoint, enum sbx_method method, const char *id,
                                const char *rest)
{
    struct sbx_request *request = NULL;
    if (sbx_request_create(&request, endpoint, method, PROCESSES) != SBX_OK) {
        return NULL;
    }
    if (id != NULL) {
        sbx_request_segment(request, (struct sbx_span){id, strlen(id)}, rest);
    }
    request->budget = SBX_BUDGET_FRAMES;
    request->timeout_ms = ANSWER_MS;
    request->reply_max = REPLY_MAX;
    request->accept = JSON_TYPE;
    return request;
}

void sbx_resident_cancel(struct sbx_request **place)
{
    if (*place != NULL) {
        sbx_engine_cancel(*place);
        sbx_request_destroy(*place);
        *place = NULL;
    }
}

struct sbx_request *sbx_resident_ask_list(struct sbx_endpoint *endpoint)
{
    return make(endpoint, SBX_GET, NULL, NULL);
}

enum sbx_status sbx_resident_write_start(struct sbx_bytes *body, struct sbx_span program)
{
    json_t *root =
        json_pack("{s:s%, s:[s, s]}", "command", program.data, program.length, "args", "serve", "--batches");
    char *text = root == NULL ? NULL : json_dumps(root, JSON_COMPACT);
    json_decref(root);
    sbx_bytes_append_text(body, text == NULL ? "" : text);
    enum sbx_status status = text == NULL ? SBX_ENOMEM : body->status;
    free(text);
    return status;
}

struct sbx_request *sbx_resident_ask_start(struct sbx_endpoint *endpoint, struct sbx_span body)
{
    struct sbx_request *request = make(endpoint, SBX_POST, NULL, NULL);
    if (request != NULL) {
        request->change = true;
        request->body_type = JSON_TYPE;
        request->body = body;
    }
    return request;
}

bool sbx_resident_is_well(const struct sbx_request *request)
{
    return request->outcome == SBX_OK && request->http_status < 300;
}

json_t *sbx_resident_read(const struct sbx_request *request)
{
    json_t *root = NULL;
    return sbx_resident_is_well(request) &&
                   sbx_json_parse(&root, sbx_bytes_span(&request->reply), JSON_ALLOW_NUL) == SBX_OK
               ? root
               : NULL;
}

struct sbx_resident_process sbx_resident_read_start(const struct sbx_request *request)
{
    json_t *root = sbx_resident_read(request);
    const char *id = json_string_value(json_object_get(root, "id"));
    struct sbx_resident_process process = {
        .id = id == NULL || id[0] == '\0' ? NULL : strdup(id),
        .created_ms = json_integer_value(json_object_get(root, "createdAtMs")),
    };
    json_decref(root);
    return process;
}

struct sbx_request *sbx_resident_ask_input(struct sbx_endpoint *endpoint, const char *id,
                                           struct sbx_span body)
{
    struct sbx_request *request = make(endpoint, SBX_POST, id, "/input");
    if (request != NULL) {
        request->change = true; /* how often it was sent is counted here, and not by curl */
        request->body_type = JSON_TYPE;
        request->body = body;
    }
    return request;
}

/* About the content of a file. */
static struct sbx_request *make_for_content(struct sbx_endpoint *endpoint, enum sbx_method method,
                                            struct sbx_span path)
{
    struct sbx_request *request = NULL;
    if (sbx_request_create(&request, endpoint, method, "/v1/fs/file") != SBX_OK) {
        return NULL;
    }
    sbx_request_query(request, "path", path);
    request->budget = SBX_BUDGET_FRAMES;
    request->timeout_ms = ANSWER_MS;
    return request;
}

struct sbx_request *sbx_resident_ask_file(struct sbx_endpoint *endpoint, struct sbx_span path, size_t length)
{
    struct sbx_request *request = make_for_content(endpoint, SBX_GET, path);
    if (request != NULL) {
        request->reply_max = length;
        request->accept = CONTENT_TYPE;
    }
    return request;
}

struct sbx_request *sbx_resident_ask_box(struct sbx_endpoint *endpoint, struct sbx_span box, uint32_t number,
                                         struct sbx_span frames)
{
    char path[2 * SBX_PATH_MAX];
    (void)snprintf(path, sizeof(path), "%.*s/%" PRIu32, (int)box.length, box.data, number);
    struct sbx_request *request = make_for_content(endpoint, SBX_PUT, (struct sbx_span){path, strlen(path)});
    if (request != NULL) {
        request->timeout_ms = BOX_MS;
        request->accept = JSON_TYPE;
        request->body_type = CONTENT_TYPE;
        request->body = frames;
    }
    return request;
}

enum sbx_status sbx_resident_write_input(struct sbx_bytes *body, uint16_t code, uint32_t number,
                                         uint64_t hash, struct sbx_span rest)
{
    size_t size = SBX_RESIDENT_HEAD + rest.length;
    char *bytes = malloc(size);
    struct sbx_writer writer = sbx_buf_writer(bytes, bytes == NULL ? 0 : size);
    size_t start = sbx_frame_begin(&writer, number, code);
    sbx_buf_put(&writer, hash, sizeof(uint64_t));
    sbx_buf_put_bytes(&writer, rest);
    enum sbx_status status = bytes == NULL ? SBX_ENOMEM : sbx_frame_end(&writer, start);
    if (status == SBX_OK) {
        size_t length = SBX_BASE64_LENGTH(size);
        sbx_bytes_reserve(body, length + 16);
        sbx_bytes_append_text(body, "{\"data\":\"");
        if (body->status == SBX_OK) {
            sbx_base64_encode(body->data + body->length, sbx_buf_written(&writer));
            body->length += length;
        }
        sbx_bytes_append_text(body, "\"}");
        status = body->status;
    }
    free(bytes);
    return status;
}

struct sbx_request *sbx_resident_ask_log(struct sbx_endpoint *endpoint, const char *id, uint64_t since,
                                         bool follow)
{
    char number[32];
    struct sbx_request *request = make(endpoint, SBX_GET, id, "/logs");
    if (request == NULL) {
        return NULL;
    }
    (void)snprintf(number, sizeof(number), "%llu", (unsigned long long)since);
    sbx_request_query(request, "since", (struct sbx_span){number, strlen(number)});
    if (follow) {
        sbx_request_query(request, "follow", SBX_SPAN("true"));
        request->budget = SBX_BUDGET_PROGRAMS; /* those of files can be closed meanwhile */
        request->accept = "text/event-stream";
        request->until_stalled = true;
        request->timeout_ms = STALLED_MS;
    }
    return request;
}

struct sbx_request *sbx_resident_ask_state(struct sbx_endpoint *endpoint, const char *id)
{
    return make(endpoint, SBX_GET, id, "");
}

bool sbx_resident_is_one(const json_t *process)
{
    const json_t *args = json_object_get(process, "args");
    const char *first = json_string_value(json_array_get(args, 0));
    const char *second = json_string_value(json_array_get(args, 1));
    return first != NULL && second != NULL && strcmp(first, "serve") == 0 && strcmp(second, "--batches") == 0;
}

bool sbx_resident_has_ended(const json_t *process)
{
    const char *status = json_string_value(json_object_get(process, "status"));
    return status != NULL && strcmp(status, "exited") == 0;
}

enum sbx_resident_life sbx_resident_read_state(const struct sbx_request *request,
                                               const struct sbx_resident_process *process)
{
    if (request->outcome == SBX_OK && request->http_status == 404) {
        return SBX_RESIDENT_GONE;
    }
    json_t *root = sbx_resident_read(request);
    enum sbx_resident_life life = SBX_RESIDENT_UNSAID;
    if (root != NULL) {
        bool same = sbx_resident_is_one(root) &&
                    json_integer_value(json_object_get(root, "createdAtMs")) == process->created_ms;
        life = !same                          ? SBX_RESIDENT_GONE
               : sbx_resident_has_ended(root) ? SBX_RESIDENT_ENDED
                                              : SBX_RESIDENT_RUNS;
    }
    json_decref(root);
    return life;
}

struct sbx_request *sbx_resident_ask_to_end(struct sbx_endpoint *endpoint, const char *id,
                                            enum sbx_resident_end end)
{
    struct sbx_request *request = make(endpoint, SBX_POST, id, end == SBX_RESIDENT_STOP ? "/stop" : "/kill");
    if (request != NULL) {
        sbx_request_query(request, "waitMs", SBX_SPAN("500"));
    }
    return request;
}

struct sbx_request *sbx_resident_ask_delete(struct sbx_endpoint *endpoint, const char *id)
{
    struct sbx_request *request = make(endpoint, SBX_DELETE, id, "");
    if (request != NULL) {
        request->accept = NULL;
    }
    return request;
}
