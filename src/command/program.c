/* program.c: see program.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include "host.h"
#include "http.h"
#include "json.h"

/* The VM hands a whole write to the reader that waits for it, and loses what that reader did not ask for. No
 * reader asks for less than this, but a shell's `read`, which asks for one byte. */
#define WRITE_MAX ((size_t)4096) /* bytes */

void program_write(uint32_t fd, struct span bytes)
{
    while (bytes.length > 0) {
        struct span piece = text_before(bytes, bytes.length < WRITE_MAX ? bytes.length : WRITE_MAX);
        size_t written = 0;
        if (host_write(fd, &piece, 1, &written) != 0 || written == 0 || written > piece.length) {
            return;
        }
        bytes = text_after(bytes, written);
    }
}

int program_fail(struct program *program, int exit, const char *message)
{
    struct buffer line;
    buffer_init(&line, &program->memory);
    buffer_put(&line, program->name);
    if (program->tool.length > 0) {
        buffer_put_char(&line, ' ');
        buffer_put(&line, program->tool);
    }
    buffer_put_text(&line, ": ");
    buffer_put_text(&line, message);
    buffer_put_char(&line, '\n');
    program_write(HOST_STDERR, buffer_span(&line));
    return exit;
}

static const char *explain(enum http_status status)
{
    switch (status) {
    case HTTP_NO_SERVER:
        return "the tool server of this VM cannot be reached";
    case HTTP_CUT:
        return "the tool server closed the connection before it answered; the tool may have run";
    case HTTP_TOO_LARGE:
        return "the answer is larger than 64 MiB; the tool has run";
    default:
        return "what answered is not the tool server of this VM";
    }
}

static const char *notice(struct program *program)
{
    struct buffer line;
    buffer_init(&line, &program->memory);
    buffer_put(&line, program->name);
    buffer_put_text(&line,
                    ": still running after 28 s. A shell of this VM ends at 30 s; the program goes on. "
                    "For long work: create-process, then get-process-logs.\n");
    buffer_put_char(&line, '\0');
    return line.failed ? "" : line.data;
}

/* Cuts what follows the answer, and puts a newline there. */
static struct span end_line(struct buffer *body, struct span answer)
{
    body->length = (size_t)(answer.data - body->data) + answer.length;
    buffer_put_char(body, '\n');
    return json_value(buffer_span(body));
}

const char *program_try(struct program *program, struct span path, struct span body, struct span *answer)
{
    if (program->port.length == 0) {
        return "AGENTOS_TOOLS_PORT is not set: this VM has no tool server";
    }
    bool posts = body.length > 0;
    struct http_request request = {
        .port = program->port, .path = path, .body = body, .notice = posts ? notice(program) : ""};
    struct http_reply reply;
    http_reply_init(&reply, &program->memory);
    enum http_status status = http_exchange(&program->memory, &request, &reply);
    if (status != HTTP_OK) {
        return explain(status);
    }
    *answer = json_value(buffer_span(&reply.body));
    if (!json_is_object(*answer)) {
        return explain(HTTP_NO_HTTP);
    }
    *answer = end_line(&reply.body, *answer);
    return reply.body.failed ? explain(HTTP_TOO_LARGE) : NULL;
}

int program_ask(struct program *program, struct span path, struct span body, struct span *answer)
{
    const char *why_not = program_try(program, path, body, answer);
    return why_not == NULL ? EXIT_DONE : program_fail(program, EXIT_FAILED, why_not);
}

bool program_succeeded(struct span answer)
{
    return text_is(json_member(answer, "ok"), "true");
}

static bool is_usage(struct span error, struct span message)
{
    return text_is(error, "\"VALIDATION_ERROR\"") || text_is(error, "\"TOOL_NOT_FOUND\"") ||
           (text_is(error, "\"EXECUTION_ERROR\"") && text_starts(message, "usage: "));
}

int program_refused(struct program *program, struct span answer)
{
    struct span error = json_member(answer, "error");
    struct buffer message;
    buffer_init(&message, &program->memory);
    json_put_decoded(&message, json_member(answer, "message"));
    int exit = is_usage(error, buffer_span(&message)) ? EXIT_USAGE : EXIT_FAILED;
    if (message.length == 0) {
        buffer_put(&message, error);
    }
    buffer_put_char(&message, '\0');
    return program_fail(program, exit, message.failed ? "the tool failed" : message.data);
}
