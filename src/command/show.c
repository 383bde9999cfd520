/* show.c: see show.h.
 *
 * The line of JSON is what core's own shim prints, byte for byte; where the tool failed one readable line on
 * stderr comes with it. With --plain stdout holds what the program wrote and nothing else.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "show.h"

#include "host.h"
#include "json.h"

static bool is_true(struct span object, const char *name)
{
    return text_is(json_member(object, name), "true");
}

static int out_of_memory(struct program *program)
{
    return program_fail(program, EXIT_FAILED, "the output is too large for this VM's memory");
}

static unsigned sextet_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned value = 0;
    while (value < 64 && digits[value] != c) {
        value++;
    }
    return value;
}

/* The bytes of a string value in base64, up to its padding. */
static void put_base64(struct buffer *bytes, struct span string)
{
    unsigned bits = 0;
    int count = 0;
    for (size_t i = 1; i + 1 < string.length && sextet_of(string.data[i]) < 64; i++) {
        bits = bits << 6 | sextet_of(string.data[i]);
        count += 6;
        if (count >= 8) {
            count -= 8;
            buffer_put_char(bytes, (char)(bits >> count & 0xff));
        }
    }
}

/* The bytes of member `name` of `object`, which says how they are encoded. */
static void put_bytes(struct buffer *bytes, struct span object, const char *name)
{
    struct span string = json_member(object, name);
    if (text_is(json_member(object, "encoding"), "\"base64\"")) {
        put_base64(bytes, string);
    } else {
        json_put_decoded(bytes, string);
    }
}

/* Writes a stream of the program's; false where memory does not suffice. */
static bool write_stream(struct program *program, uint32_t fd, struct span result, const char *name)
{
    struct buffer bytes;
    buffer_init(&bytes, &program->memory);
    put_bytes(&bytes, result, name);
    program_write(fd, buffer_span(&bytes));
    return !bytes.failed;
}

static int plain_exit_code(struct program *program, struct span result)
{
    if (is_true(result, "timedOut")) {
        return program_fail(program, EXIT_TIMED_OUT, "stopped: its time limit is over");
    }
    struct span code = json_member(result, "exitCode");
    int32_t number = text_number(code);
    if (number < 0 && !text_starts(code, "-")) {
        return program_fail(program, EXIT_FAILED, "the program was ended by a signal");
    }
    bool fits = number >= 0 && number <= 255;
    return fits ? (int)number : EXIT_FAILED;
}

struct span show_id_of_running(struct program *program, struct span answer)
{
    struct span result = json_member(answer, "result");
    struct span id = json_member(result, "id");
    bool runs = text_is(program->tool, "run-command") && program_succeeded(answer) &&
                text_is(json_member(result, "status"), "\"running\"");
    return runs && json_is_string(id) ? id : (struct span){0};
}

void show_running(struct program *program, struct span id)
{
    struct buffer line;
    buffer_init(&line, &program->memory);
    buffer_put_text(&line, "the program goes on as ");
    json_put_decoded(&line, id);
    buffer_put_text(&line, program->wait
                               ? "; waiting for its end. A shell of this VM ends at 30 s; then read on with: "
                               : "; read on with: ");
    buffer_put(&line, program->name);
    buffer_put_text(&line, " run-command --id ");
    json_put_decoded(&line, id);
    buffer_put_text(&line, program->plain ? " --plain" : "");
    buffer_put_char(&line, '\0');
    program_fail(program, EXIT_GOES_ON, line.failed ? "the program goes on" : line.data);
}

static int goes_on(struct program *program, struct span id)
{
    show_running(program, id);
    return EXIT_GOES_ON;
}

static int show_run(struct program *program, struct span result, struct span running)
{
    if (!write_stream(program, HOST_STDOUT, result, "stdout") ||
        !write_stream(program, HOST_STDERR, result, "stderr")) {
        return out_of_memory(program);
    }
    if (is_true(result, "stdoutTruncated") || is_true(result, "stderrTruncated")) {
        program_fail(program, EXIT_FAILED, "the output was longer; this is its beginning");
    }
    return running.length > 0 ? goes_on(program, running) : plain_exit_code(program, result);
}

static bool is_stderr(struct span entry)
{
    return text_is(json_member(entry, "stream"), "\"stderr\"");
}

/* Neighbours of the same stream are written at once. */
static int show_logs(struct program *program, struct span result)
{
    struct json_items entries = json_items(json_member(result, "logs"));
    struct buffer bytes;
    buffer_init(&bytes, &program->memory);
    uint32_t fd = HOST_STDOUT;
    while (json_next(&entries)) {
        uint32_t entry_fd = is_stderr(entries.value) ? HOST_STDERR : HOST_STDOUT;
        if (entry_fd != fd) {
            program_write(fd, buffer_span(&bytes));
            bytes.length = 0;
            fd = entry_fd;
        }
        put_bytes(&bytes, entries.value, "data");
    }
    program_write(fd, buffer_span(&bytes));
    if (json_member(result, "droppedEntries").length > 0) {
        program_fail(program, EXIT_DONE, "there was more before it, which the sandbox no longer has");
    }
    return bytes.failed ? out_of_memory(program) : EXIT_DONE;
}

int show_answer(struct program *program, struct span answer)
{
    bool succeeded = program_succeeded(answer);
    struct span result = json_member(answer, "result");
    struct span running = show_id_of_running(program, answer);
    if (succeeded && program->plain && text_is(program->tool, "run-command")) {
        return show_run(program, result, running);
    }
    if (succeeded && program->plain && text_is(program->tool, "get-process-logs")) {
        return show_logs(program, result);
    }
    if (succeeded || !program->plain) {
        program_write(HOST_STDOUT, text_before(answer, answer.length + 1)); /* with its newline */
    }
    if (running.length > 0) {
        return goes_on(program, running);
    }
    return succeeded ? EXIT_DONE : program_refused(program, answer);
}
