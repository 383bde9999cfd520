/* main.c: agentos-sandbox, the command of the sandbox's toolkit inside an agentOS VM.
 *
 *     agentos-sandbox run-command --command "npm install" --cwd /app
 *
 * (a toolkit of another name has a command of that name, agentos-<name>, which is this same program)
 * asks the VM's tool server, on the host's loopback, to run the tool with these flags, and prints what it
 * answers. It knows no tool by its flags: those are the toolkit's, on the host, and may grow without it.
 * Exit code: 0 where the tool succeeded (whatever the program in the sandbox ended with), 1 where it failed,
 * 2 where the call was wrong, 75 where the program in the sandbox goes on; with --plain the program's own.
 *
 * A freestanding WebAssembly program: no libc, no allocator, no state outside the stack but the memory that
 * one call takes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flags.h"
#include "help.h"
#include "host.h"
#include "json.h"
#include "program.h"
#include "show.h"

#define PREFIX "agentos-"
#define PREFIX_LENGTH (sizeof(PREFIX) - 1)

#ifdef __wasm__
__attribute__((export_name("_start")))
#endif
_Noreturn void
command_start(void);

typedef uint32_t (*sizes_function)(size_t *count, size_t *length);
typedef uint32_t (*read_function)(char **strings, char *characters);

/* A list of strings as WASI gives them: arguments or environment. NULL where memory or the host fails. */
static struct span *read_strings(struct memory *memory, sizes_function sizes, read_function read,
                                 size_t *count)
{
    size_t length;
    if (sizes(count, &length) != 0 || *count > SIZE_MAX / sizeof(struct span)) {
        return NULL;
    }
    struct span *spans = memory_take(memory, *count * sizeof(struct span));
    char **strings = memory_take(memory, *count * sizeof(char *));
    char *characters = memory_take(memory, length);
    if (spans == NULL || strings == NULL || characters == NULL || read(strings, characters) != 0) {
        return NULL;
    }
    for (size_t i = 0; i < *count; i++) {
        spans[i] = text_span(strings[i]);
    }
    return spans;
}

static struct span find_variable(const struct span *variables, size_t count, const char *assignment)
{
    for (size_t i = 0; i < count; i++) {
        if (text_starts(variables[i], assignment)) {
            return text_after(variables[i], text_span(assignment).length);
        }
    }
    return (struct span){0};
}

/* /bin/agentos-build is agentos-build, the command of the toolkit `build`. */
static void take_name(struct program *program, struct span word)
{
    for (size_t i = word.length; i > 0; i--) {
        if (word.data[i - 1] == '/') {
            word = text_after(word, i);
            break;
        }
    }
    bool named = text_starts(word, PREFIX) && word.length > PREFIX_LENGTH && text_is_utf8(word);
    program->name = named ? word : text_span(PREFIX "sandbox");
    program->toolkit = text_after(program->name, PREFIX_LENGTH);
}

static bool start(struct program *program, struct span **words, size_t *word_count)
{
    size_t count;
    memory_init(&program->memory);
    take_name(program, (struct span){0});
    *words = read_strings(&program->memory, host_args_sizes, host_args, word_count);
    struct span *variables = read_strings(&program->memory, host_environ_sizes, host_environ, &count);
    if (*words == NULL || variables == NULL) {
        return false;
    }
    take_name(program, *word_count > 0 ? (*words)[0] : (struct span){0});
    program->port = find_variable(variables, count, "AGENTOS_TOOLS_PORT=");
    return true;
}

/* {"toolkit":…,"tool":…,"argv":[…]} */
static struct span call_body(struct program *program)
{
    struct buffer body;
    buffer_init(&body, &program->memory);
    buffer_put_text(&body, "{\"toolkit\":");
    json_put_string(&body, program->toolkit);
    buffer_put_text(&body, ",\"tool\":");
    json_put_string(&body, program->tool);
    buffer_put_text(&body, ",\"argv\":[");
    for (size_t i = 0; i < program->flag_count; i++) {
        buffer_put_text(&body, i > 0 ? "," : "");
        json_put_string(&body, program->flags[i]);
    }
    buffer_put_text(&body, "]}");
    return body.failed ? (struct span){0} : buffer_span(&body);
}

static int ask(struct program *program, struct span *answer)
{
    struct span body = call_body(program);
    if (body.length == 0) {
        return program_fail(program, EXIT_FAILED, "the arguments are too large");
    }
    return program_ask(program, text_span("/call"), body, answer);
}

/* The flags of a call that waits on: the id, kept out of the memory that an answer takes. */
struct again {
    char id[64];
    struct span flags[2];
};

/* The next call is that. False: the id is too long. */
static bool ask_by_id(struct program *program, struct span id, struct again *again)
{
    struct buffer decoded;
    buffer_init(&decoded, &program->memory);
    json_put_decoded(&decoded, id);
    struct span text = buffer_span(&decoded);
    if (decoded.failed || text.length > sizeof(again->id)) {
        return false;
    }
    for (size_t i = 0; i < text.length; i++) {
        again->id[i] = text.data[i];
    }
    again->flags[0] = text_span("--id");
    again->flags[1] = (struct span){again->id, text.length};
    program->flags = again->flags;
    program->flag_count = 2;
    return true;
}

/* Once; with --wait again and again, by the id of the answer, in the same memory, until the program has ended. */
static int call(struct program *program)
{
    struct again again;
    struct span answer = {0};
    struct memory before = program->memory;
    int exit = ask(program, &answer);
    struct span running = exit == EXIT_DONE ? show_id_of_running(program, answer) : (struct span){0};
    if (running.length > 0 && program->wait) {
        show_running(program, running);
    }
    while (running.length > 0 && program->wait && ask_by_id(program, running, &again)) {
        program->memory = before;
        exit = ask(program, &answer);
        running = exit == EXIT_DONE ? show_id_of_running(program, answer) : (struct span){0};
    }
    return exit == EXIT_DONE ? show_answer(program, answer) : exit;
}

static int run(struct program *program)
{
    struct span *words;
    size_t count;
    if (!start(program, &words, &count)) {
        return program_fail(program, EXIT_FAILED, "cannot read its arguments");
    }
    size_t own_name = count > 0;
    int exit = flags_read(program, words + own_name, count - own_name);
    if (exit != EXIT_DONE) {
        return exit;
    }
    if (program->help || program->tool.length == 0) {
        exit = help_show(program);
        bool asked = program->help || exit != EXIT_DONE;
        return asked ? exit : EXIT_USAGE;
    }
    return call(program);
}

_Noreturn void command_start(void)
{
    struct program program = {0};
    host_exit((uint32_t)run(&program));
}
