/* companion_find.c: one program of the sandbox's shell looks in each place and lets the companion greet, and serve what
 * goes with the search: so the first question to a sandbox that has it is one request, and three to one that has not. Where it is
 * in none, the shell says what kind of machine that is and which places there are; the companion is put into the
 * first, and the shell asked again; where it does not run from there, into the next.
 *
 * One that is there and does not greet (its file was damaged) is replaced: the shell then starts none but what was just
 * put there.
 *
 * A place is a directory of the server's user alone. Another user's is never run from: the shell looks at its
 * owner, and it is made with mode 0700. The file is written under another name and renamed by its own first run,
 * so that nobody runs half a program.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion/companion_find.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/base64.h"
#include "core/companion/errand.h"
#include "core/companion/tar.h"
#include "core/http/problem.h"
#include "core/http/request.h"
#include "core/json.h"
#include "core/program.h"
#include "wire/base64.h"

#define EXIT_NOT_THERE 66
#define LINES_MAX 16
#define TAR_MAX SBX_MIB

/* $1: the name of the file just put there, "" for none; $2: the names that it may have; the rest: what it is
 * started with. */
static const char script[] = "new=$1; names=$2; shift 2; user=$(id -u)\n"
                             "places=\"${HOME:+$HOME/.cache/agentos-sandbox}\n$PWD/.agentos-sandbox\n"
                             "/tmp/.agentos-sandbox-$user\n/var/tmp/.agentos-sandbox-$user\"; IFS='\n'\n"
                             "for place in $places; do\n"
                             "  [ -O \"$place\" ] && [ ! -L \"$place\" ] || continue\n"
                             "  for name in $new $names; do\n"
                             "    [ -f \"$place/$name\" ] || continue\n"
                             "    \"$place/$name\" \"$@\"; end=$?\n"
                             "    [ $end -ge 126 ] || exit $end\n"
                             "  done\n"
                             "done\n"
                             "uname -s; uname -m; echo \"$places\"; exit 66\n";

struct find {
    struct sbx_companion *companion; /* owned: one count */
    struct sbx_endpoint *endpoint;   /* owned: one count */
    struct sbx_engine *engine;       /* borrowed */
    sbx_companion_found found;
    void *owner;                 /* borrowed */
    struct sbx_request *request; /* owned */
    struct sbx_bytes body;       /* owned: of the request */
    struct sbx_bytes frames;     /* owned: what goes with it */
    struct sbx_span replies;     /* borrowed: to those */
    size_t place;                /* the next one to put it into */
    char new_name[64];           /* of the file just put there; "" before */
    bool anew;                   /* what was there before does not greet */
};

static void end(struct find *find, enum sbx_status status, const char *words)
{
    sbx_companion_found found = find->found;
    void *owner = find->owner;
    struct sbx_span replies = find->replies;
    sbx_request_destroy(find->request);
    sbx_bytes_clear(&find->body);
    sbx_bytes_clear(&find->frames);
    sbx_endpoint_unref(find->endpoint);
    sbx_companion_unref(find->companion);
    free(find);
    found(owner, status, words, replies);
}

static void end_off(struct find *find, const char *reason)
{
    sbx_companion_is_off(find->companion, find->endpoint, reason);
    end(find, SBX_OK, NULL);
}

static void end_unknown(struct find *find, enum sbx_status status, const char *reason)
{
    sbx_companion_is_unknown(find->companion, reason);
    end(find, status, reason);
}

static void end_without_memory(struct find *find)
{
    end_unknown(find, SBX_ENOMEM, "not enough memory");
}

/* Sends find->body to `route`; false: it could not be made, and the search has no memory to go on. */
static bool send_request(struct find *find, struct sbx_request *request, const char *type,
                         void (*done)(struct sbx_request *request))
{
    if (find->body.status != SBX_OK || request == NULL) {
        sbx_request_destroy(request);
        return false;
    }
    sbx_request_destroy(find->request);
    find->request = request;
    request->budget = SBX_BUDGET_FRAMES;
    request->change = true;
    request->timeout_ms = SBX_FIND_TIMEOUT_MS;
    request->accept = "application/json";
    request->body_type = type;
    request->body = sbx_bytes_span(&find->body);
    request->owner = find;
    request->done = done;
    sbx_engine_send(find->engine, request);
    return true;
}

static bool ask_greeting(struct find *find);

/* What was found did not greet. Whether it is replaced, which is tried once: not what the user has put there. */
static bool search_anew(struct find *find)
{
    if (find->anew || find->new_name[0] != '\0' || sbx_companion_path(find->companion).length > 0) {
        return false;
    }
    find->anew = true;
    if (!ask_greeting(find)) {
        end_without_memory(find);
    }
    return true;
}

/* Reads the greeting in `text`, the output of a companion that ended well, and the replies behind it. Both borrow from
 * `bytes`. */
static enum sbx_status read_greeting(const char *text, struct sbx_bytes *bytes, struct sbx_greeting *greeting,
                                     struct sbx_span *replies)
{
    struct sbx_frame reply = {0};
    enum sbx_status status = sbx_base64_decode(bytes, (struct sbx_span){text, strlen(text)});
    struct sbx_reader reader = sbx_buf_reader(sbx_bytes_span(bytes));
    if (status == SBX_OK) {
        status = sbx_frame_next(&reader, &reply);
    }
    if (status == SBX_OK) {
        status = reply.code == 0 ? sbx_greeting_decode(reply.payload, greeting) : SBX_EPROTO;
        *replies = (struct sbx_span){reader.data + reader.at, sbx_buf_left(&reader)};
    }
    return status;
}

static void take_greeting(struct find *find, const char *text)
{
    struct sbx_bytes bytes;
    struct sbx_greeting greeting;
    struct sbx_span replies;
    struct sbx_span own = sbx_companion_path(find->companion);
    sbx_bytes_init(&bytes, SBX_REPLIES_MAX);
    if (read_greeting(text, &bytes, &greeting, &replies) == SBX_OK) {
        find->replies = replies;
        greeting.program = own.length > 0 ? own : greeting.program;
        end(find, sbx_companion_is_up(find->companion, find->endpoint, &greeting), NULL);
    } else if (!search_anew(find)) {
        end_off(find, "the companion there is of another version");
    }
    sbx_bytes_clear(&bytes);
}

/* Cuts `text` into lines, in place. */
static size_t cut_lines(char *text, char **lines)
{
    size_t count = 0;
    char *next = text;
    while (next != NULL && *next != '\0' && count < LINES_MAX) {
        lines[count++] = strsep(&next, "\n");
    }
    return count;
}

static const struct sbx_program *program_for(const char *machine)
{
    const struct sbx_program *program = sbx_programs;
    while (program->machine != NULL && strcmp(program->machine, machine) != 0) {
        program++;
    }
    return program->machine == NULL ? NULL : program;
}

static void on_put(struct sbx_request *request)
{
    struct find *find = request->owner;
    struct sbx_problem problem;
    sbx_problem_of(request, &problem);
    if (request->outcome != SBX_OK) {
        end_unknown(find, problem.status, problem.detail);
        return;
    }
    /* A place that did not take it has none; the shell then says so, and the next one is tried. */
    if (!ask_greeting(find)) {
        end_without_memory(find);
    }
}

/* A new name for a new file, which no other client gives. */
static bool set_new_name(struct find *find, const struct sbx_program *program)
{
    uint64_t random = 0;
    if (getentropy(&random, sizeof(random)) != 0) {
        return false;
    }
    (void)snprintf(find->new_name, sizeof(find->new_name), "companion-%s.new-%016llx", program->hash,
                   (unsigned long long)random);
    return true;
}

/* Puts `program` into the directory `place`, an absolute path. */
static bool put(struct find *find, const struct sbx_program *program, const char *place)
{
    struct sbx_request *request = NULL;
    const char *name = strrchr(place, '/') + 1;
    struct sbx_span parent = {place, name - place > 1 ? (size_t)(name - place) - 1 : 1};
    struct sbx_span content = {(const char *)program->data, program->length};
    sbx_bytes_clear(&find->body);
    sbx_bytes_init(&find->body, TAR_MAX);
    if (!set_new_name(find, program) ||
        sbx_tar_append(&find->body, (struct sbx_span){name, strlen(name)},
                       (struct sbx_span){find->new_name, strlen(find->new_name)}, content) != SBX_OK ||
        sbx_request_create(&request, find->endpoint, SBX_POST, "/v1/fs/upload-batch") != SBX_OK) {
        return false;
    }
    sbx_request_query(request, "path", parent);
    return send_request(find, request, "application/x-tar", on_put);
}

/* It is in no place: `text` says what machine this is, and which places there are. */
static void take_places(struct find *find, char *text)
{
    char *lines[LINES_MAX];
    char reason[128];
    size_t count = cut_lines(text, lines);
    if (count < 3 || strcmp(lines[0], "Linux") != 0) {
        end_off(find, "the sandbox is no Linux");
        return;
    }
    const struct sbx_program *program = program_for(lines[1]);
    if (program == NULL) {
        (void)snprintf(reason, sizeof(reason), "there is no companion for Linux on %.32s", lines[1]);
        end_off(find, reason);
        return;
    }
    while (find->place < count - 2 && strchr(lines[2 + find->place], '/') != lines[2 + find->place]) {
        find->place++; /* no path */
    }
    if (find->place >= count - 2) {
        end_off(find, "nothing can be put into a private directory of the sandbox and executed there");
    } else if (!put(find, program, lines[2 + find->place++])) {
        end_without_memory(find);
    }
}

static void take_end(struct find *find, const json_t *root)
{
    const char *output = json_string_value(json_object_get(root, "stdout"));
    const json_t *code = json_object_get(root, "exitCode");
    char reason[128];
    if (output == NULL || !json_is_integer(code)) {
        end_off(find, "the server's answer to /v1/processes/run is of another shape");
    } else if (json_integer_value(code) == 0) {
        take_greeting(find, output);
    } else if (json_integer_value(code) == EXIT_NOT_THERE) {
        char *copy = strdup(output);
        if (copy == NULL) {
            end_without_memory(find);
            return;
        }
        take_places(find, copy);
        free(copy);
    } else if (!search_anew(find)) {
        (void)snprintf(reason, sizeof(reason), "the companion ended with %d", (int)json_integer_value(code));
        end_off(find, reason);
    }
}

static void on_greeting(struct sbx_request *request)
{
    struct find *find = request->owner;
    struct sbx_problem problem;
    json_t *root = NULL;
    sbx_problem_of(request, &problem);
    bool refused = request->http_status == 404 || request->http_status == 405 ||
                   sbx_problem_is_of_start(request->http_status, &problem);
    if (request->outcome == SBX_OK && problem.status != SBX_OK && refused) {
        end_off(find, problem.detail); /* no such endpoint, or nothing there that can be started */
    } else if (problem.status != SBX_OK) {
        end_unknown(find, request->outcome, problem.detail); /* a refusal, or of a proxy: it may pass */
    } else if (sbx_json_parse(&root, sbx_bytes_span(&request->reply), 0) != SBX_OK) {
        end_off(find, "the server's answer to /v1/processes/run is no JSON");
    } else {
        take_end(find, root);
        json_decref(root);
    }
}

/* Where the companion may be in a place: a line for each program that this client has. */
static void append_names(const struct find *find, struct sbx_bytes *names)
{
    for (const struct sbx_program *program = sbx_programs; program->machine != NULL && !find->anew;
         program++) {
        sbx_bytes_append_text(names, "companion-");
        sbx_bytes_append_text(names, program->hash);
        sbx_bytes_append_text(names, "\n");
    }
}

/* The piece that asks for the greeting. */
static enum sbx_status write_piece(char *text, size_t size)
{
    char frame[SBX_FRAME_HEADER + 2];
    struct sbx_writer writer = sbx_buf_writer(frame, sizeof(frame));
    size_t start = sbx_frame_begin(&writer, 0, SBX_FRAME_GREET);
    enum sbx_status status = sbx_frame_end(&writer, start);
    if (status == SBX_OK && SBX_BASE64_LENGTH(writer.length) < size) {
        sbx_base64_encode(text, sbx_buf_written(&writer));
        text[SBX_BASE64_LENGTH(writer.length)] = '\0';
    }
    return status;
}

static json_t *make_body(struct find *find, const char *piece)
{
    struct sbx_span path = sbx_companion_path(find->companion);
    struct sbx_bytes names;
    if (path.length > 0) {
        return json_pack("{s:s%, s:[s, s]}", "command", path.data, path.length, "args", "run", piece);
    }
    sbx_bytes_init(&names, SBX_KIB);
    append_names(find, &names);
    json_t *body = json_pack("{s:s, s:[s, s, s, s, s, s, s]}", "command", "sh", "args", "-c", script, "sh",
                             find->new_name, sbx_bytes_text(&names), "run", piece);
    sbx_bytes_clear(&names);
    return body;
}

static bool ask_greeting(struct find *find)
{
    char piece[64] = "";
    struct sbx_request *request = NULL;
    json_t *body = write_piece(piece, sizeof(piece)) == SBX_OK ? make_body(find, piece) : NULL;
    char *text = body != NULL && sbx_errand_add(&find->frames, body) ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    sbx_bytes_clear(&find->body);
    sbx_bytes_init(&find->body, SBX_BODY_MAX);
    sbx_bytes_append_text(&find->body, text == NULL ? "" : text);
    bool made =
        text != NULL && sbx_request_create(&request, find->endpoint, SBX_POST, "/v1/processes/run") == SBX_OK;
    free(text);
    return made && send_request(find, request, "application/json", on_greeting);
}

enum sbx_status sbx_companion_find(struct sbx_companion *companion, struct sbx_endpoint *endpoint,
                                   struct sbx_engine *engine, const struct sbx_queue *waiting,
                                   sbx_companion_found found, void *owner)
{
    struct find *find = calloc(1, sizeof(*find));
    if (find == NULL) {
        return SBX_ENOMEM;
    }
    find->companion = sbx_companion_ref(companion);
    find->endpoint = sbx_endpoint_ref(endpoint);
    find->engine = engine;
    find->found = found;
    find->owner = owner;
    sbx_bytes_init(&find->body, SBX_BODY_MAX);
    sbx_bytes_init(&find->frames, SBX_BODY_MAX);
    sbx_errand_put(&find->frames, waiting);
    if (find->frames.status != SBX_OK || !ask_greeting(find)) {
        sbx_bytes_clear(&find->frames);
        sbx_companion_unref(find->companion);
        sbx_endpoint_unref(find->endpoint);
        sbx_bytes_clear(&find->body);
        free(find);
        return SBX_ENOMEM;
    }
    return SBX_OK;
}
