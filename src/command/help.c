/* help.c: see help.h. The tool server describes each tool by its description, its flags and its examples'
 * input; the examples are shown as command lines that can be pasted into a shell.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "help.h"

#include "host.h"
#include "json.h"

#define LINE_WIDTH 80 /* columns */
#define INDENT "      "

static const char common_flags[] =
    "  --json <object>\n      The input as a JSON object, beside or instead of other flags.\n"
    "  --plain\n      Prints what the program wrote, not JSON, and ends with its exit code\n"
    "      (run-command); prints what the process wrote (get-process-logs).\n"
    "  --wait\n      Waits for the end, however long it takes (run-command). For vm.spawn:\n"
    "      a shell of this VM ends at 30 s.\n"
    "  --help\n      This text.\n";

static void put_percent_encoded(struct buffer *out, struct span text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bool is_letter = (c | 32) >= 'a' && (c | 32) <= 'z';
        if (is_letter || c == '-' || (c >= '0' && c <= '9')) {
            buffer_put_char(out, (char)c);
        } else {
            buffer_put_char(out, '%');
            buffer_put_char(out, digits[c >> 4]);
            buffer_put_char(out, digits[c & 15]);
        }
    }
}

static struct span describe_path(struct program *program)
{
    struct buffer path;
    buffer_init(&path, &program->memory);
    buffer_put_text(&path, "/describe/");
    put_percent_encoded(&path, program->toolkit);
    if (program->tool.length > 0) {
        buffer_put_char(&path, '/');
        put_percent_encoded(&path, program->tool);
    }
    return buffer_span(&path);
}

struct span help_flags(struct program *program)
{
    struct span answer = {0};
    const char *why_not = program_try(program, describe_path(program), (struct span){0}, &answer);
    struct span result = json_member(answer, "result");
    return why_not == NULL ? json_member(result, "flags") : (struct span){0};
}

static size_t columns(struct span text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++) {
        count += ((unsigned char)text.data[i] & 0xc0) != 0x80;
    }
    return count;
}

/* Appends the text of a string value word by word, in lines of LINE_WIDTH, each after the indent. */
static void put_wrapped(struct program *program, struct buffer *out, struct span string, const char *indent)
{
    struct buffer decoded;
    buffer_init(&decoded, &program->memory);
    json_put_decoded(&decoded, string);
    struct span rest = buffer_span(&decoded);
    size_t column = 0;
    while (rest.length > 0) {
        size_t length = 0;
        while (length < rest.length && rest.data[length] != ' ' && rest.data[length] != '\n') {
            length++;
        }
        struct span word = text_before(rest, length);
        bool fits = column > 0 && column + 1 + columns(word) <= LINE_WIDTH;
        if (!fits) {
            buffer_put_text(out, column > 0 ? "\n" : "");
            column = text_span(indent).length;
        }
        buffer_put_text(out, fits ? " " : indent);
        buffer_put(out, word);
        column += columns(word) + fits;
        rest = text_after(rest, length + (length < rest.length));
    }
    buffer_put_char(out, '\n');
}

static void put_tools(struct program *program, struct buffer *out, struct span result)
{
    struct json_items tools = json_items(json_member(result, "tools"));
    put_wrapped(program, out, json_member(result, "description"), "");
    buffer_put_text(out, "\nusage: ");
    buffer_put(out, program->name);
    buffer_put_text(out, " <tool> [flags]\n\ntools:\n");
    while (json_next(&tools)) {
        buffer_put_text(out, "  ");
        buffer_put(out, tools.name);
        buffer_put_char(out, '\n');
        put_wrapped(program, out, json_member(tools.value, "description"), INDENT);
    }
    buffer_put_text(out,
                    "\nA call prints one line of JSON and ends with 0, 1 where the tool failed, 2 where\n"
                    "the call was wrong, 75 where run-command's program goes on. For every tool:\n");
    buffer_put_text(out, common_flags);
    buffer_put_text(out, "\nA tool's flags and examples: ");
    buffer_put(out, program->name);
    buffer_put_text(out, " <tool> --help\n");
}

/* --name <type>, and what it is; --json, which every tool has, is among the common flags. */
static void put_flag(struct program *program, struct buffer *out, struct span flag)
{
    struct span name = json_member(flag, "flag");
    struct span type = json_member(flag, "type");
    bool repeats = text_is(type, "\"string[]\"");
    if (text_is(name, "\"--json\"")) {
        return;
    }
    buffer_put_text(out, "  ");
    json_put_decoded(out, name);
    if (!text_is(type, "\"boolean\"")) {
        buffer_put_text(out, " <");
        json_put_decoded(out, type);
        out->length -= repeats ? 2 : 0; /* the brackets */
        buffer_put_char(out, '>');
    }
    buffer_put_text(out, repeats ? " ... (once for each)\n" : "\n");
    put_wrapped(program, out, json_member(flag, "description"), INDENT);
}

/* In quotes where a shell would not take it for one plain word. */
static void put_shell_word(struct buffer *out, struct span word)
{
    bool plain = word.length > 0;
    for (size_t i = 0; i < word.length; i++) {
        char c = word.data[i];
        bool is_letter = (c | 32) >= 'a' && (c | 32) <= 'z';
        plain = plain && (is_letter || (c >= '-' && c <= '9') || c == '_');
    }
    buffer_put_text(out, plain ? "" : "'");
    for (size_t i = 0; i < word.length; i++) {
        if (word.data[i] == '\'') {
            buffer_put_text(out, "'\\'");
        }
        buffer_put_char(out, word.data[i]);
    }
    buffer_put_text(out, plain ? "" : "'");
}

static bool is_nested(struct span value)
{
    return json_is_object(value) || text_starts(value, "[");
}

/* fieldName becomes field-name, as the tool server reads its flags. */
static void put_flag_name(struct buffer *out, struct span name)
{
    buffer_put_text(out, " --");
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        bool upper = c >= 'A' && c <= 'Z';
        buffer_put_text(out, upper ? "-" : "");
        buffer_put_char(out, upper ? (char)(c | 32) : c);
    }
}

static void put_example_flag(struct program *program, struct buffer *out, struct span name, struct span value)
{
    struct buffer word;
    buffer_init(&word, &program->memory);
    json_put_decoded(&word, value);
    put_flag_name(out, name);
    if (!text_is(value, "true")) {
        buffer_put_char(out, ' ');
        put_shell_word(out, json_is_string(value) ? buffer_span(&word) : value);
    }
}

/* What is no single word goes into one --json object. */
static void put_nested_fields(struct program *program, struct buffer *out, struct span input)
{
    struct buffer object;
    buffer_init(&object, &program->memory);
    struct json_items fields = json_items(input);
    while (json_next(&fields)) {
        if (is_nested(fields.value)) {
            buffer_put_text(&object, object.length == 0 ? "{\"" : ",\"");
            buffer_put(&object, fields.name);
            buffer_put_text(&object, "\":");
            buffer_put(&object, fields.value);
        }
    }
    if (object.length > 0) {
        buffer_put_char(&object, '}');
        buffer_put_text(out, " --json ");
        put_shell_word(out, buffer_span(&object));
    }
}

static void put_example(struct program *program, struct buffer *out, struct span example)
{
    struct span input = json_member(example, "input");
    put_wrapped(program, out, json_member(example, "description"), "  # ");
    buffer_put_text(out, "  ");
    buffer_put(out, program->name);
    buffer_put_char(out, ' ');
    buffer_put(out, program->tool);
    struct json_items fields = json_items(input);
    while (json_next(&fields)) {
        if (!is_nested(fields.value)) {
            put_example_flag(program, out, fields.name, fields.value);
        }
    }
    put_nested_fields(program, out, input);
    buffer_put_char(out, '\n');
}

static void put_tool(struct program *program, struct buffer *out, struct span result)
{
    buffer_put_text(out, "usage: ");
    buffer_put(out, program->name);
    buffer_put_char(out, ' ');
    buffer_put(out, program->tool);
    buffer_put_text(out, " [flags]\n\n");
    put_wrapped(program, out, json_member(result, "description"), "");
    buffer_put_text(out, "\nflags:\n");
    struct json_items flags = json_items(json_member(result, "flags"));
    while (json_next(&flags)) {
        put_flag(program, out, flags.value);
    }
    buffer_put_text(out, common_flags);
    struct json_items examples = json_items(json_member(result, "examples"));
    while (json_next(&examples)) {
        buffer_put_text(out, examples.first ? "\nexamples:\n" : "");
        put_example(program, out, examples.value);
    }
}

int help_show(struct program *program)
{
    struct span answer = {0};
    int exit = program_ask(program, describe_path(program), (struct span){0}, &answer);
    if (exit != EXIT_DONE) {
        return exit;
    }
    if (!program_succeeded(answer)) {
        return program_refused(program, answer);
    }
    struct buffer out;
    buffer_init(&out, &program->memory);
    if (program->tool.length > 0) {
        put_tool(program, &out, json_member(answer, "result"));
    } else {
        put_tools(program, &out, json_member(answer, "result"));
    }
    program_write(HOST_STDOUT, buffer_span(&out));
    return EXIT_DONE;
}
