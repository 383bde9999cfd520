/* tool_answers.c: the server's answers about processes, as the JSON that a tool returns. Replies are foreign
 * bytes: each member is held against the type that it must have.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/tool_answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/companion/resident_ask.h"
#include "core/create.h"
#include "core/http/problem.h"
#include "core/json.h"
#include "core/supervisor.h"
#include "core/tool_calls.h"
#include "core/tool_run.h"
#include "core/tool_shown.h"
#include "core/utf8.h"

#define SUBJECT_MAX 256 /* bytes, and what is left of a character */

/* A member of an answer; one that the server may leave out (the exit code of a process that runs, or that a
 * signal ended) is null then. */
struct member {
    const char *name;
    json_type type;
    bool optional;
};

static const struct member of_run[] = {
    {"stdout", JSON_STRING, false}, {"stderr", JSON_STRING, false},      {"exitCode", JSON_INTEGER, true},
    {"timedOut", JSON_TRUE, false}, {"durationMs", JSON_INTEGER, false}, {NULL, JSON_NULL, false},
};
static const struct member of_created[] = {
    {"id", JSON_STRING, false},     {"command", JSON_STRING, false}, {"args", JSON_ARRAY, false},
    {"status", JSON_STRING, false}, {"pid", JSON_INTEGER, true},     {NULL, JSON_NULL, false},
};
static const struct member of_listed[] = {
    {"id", JSON_STRING, false},     {"command", JSON_STRING, false},  {"args", JSON_ARRAY, false},
    {"status", JSON_STRING, false}, {"exitCode", JSON_INTEGER, true}, {"pid", JSON_INTEGER, true},
    {NULL, JSON_NULL, false},
};
static const struct member of_ended[] = {
    {"id", JSON_STRING, false},
    {"status", JSON_STRING, false},
    {"exitCode", JSON_INTEGER, true},
    {NULL, JSON_NULL, false},
};

/* How much of the subject, a command of many lines perhaps, fits before the server's words. */
static size_t shown_length(struct sbx_span subject)
{
    size_t length = 0;
    while (length < subject.length && length < SUBJECT_MAX) {
        struct sbx_span rest = {subject.data + length, subject.length - length};
        size_t character = sbx_utf8_character(rest);
        length += character == 0 ? 1 : character;
    }
    return length;
}

enum sbx_step sbx_tool_fail(struct sbx_op *op, enum sbx_status status, const char *said)
{
    char words[SUBJECT_MAX + SBX_DETAIL_MAX + 16];
    struct sbx_span subject = sbx_bytes_span(&op->subject);
    size_t shown = shown_length(subject);
    if (subject.length == 0) {
        return sbx_op_fail(op, status, said);
    }
    (void)snprintf(words, sizeof(words), "%.*s%s; %s", (int)shown, subject.data,
                   shown < subject.length ? "..." : "", said);
    return sbx_op_fail(op, status, words);
}

enum sbx_step sbx_tool_need_reply(struct sbx_op *op)
{
    struct sbx_problem problem;
    sbx_problem_of(op->request, &problem);
    return problem.status == SBX_OK ? SBX_STEP_NEXT : sbx_tool_fail(op, problem.status, problem.detail);
}

enum sbx_step sbx_tool_malformed(struct sbx_op *op)
{
    return sbx_op_fail(op, SBX_EPROTO, "the reply is of another shape than the Sandbox Agent's");
}

json_t *sbx_tool_read_reply(struct sbx_op *op)
{
    if (sbx_tool_need_reply(op) == SBX_STEP_END) {
        return NULL;
    }
    json_t *root = NULL;
    enum sbx_status status = sbx_json_parse(&root, sbx_bytes_span(&op->request->reply), JSON_ALLOW_NUL);
    if (status == SBX_OK && json_is_object(root)) {
        return root;
    }
    json_decref(root);
    (void)(status == SBX_ENOMEM ? sbx_op_fail(op, status, NULL) : sbx_tool_malformed(op));
    return NULL;
}

static bool has_type(const json_t *value, json_type type)
{
    return json_typeof(value) == type || (type == JSON_TRUE && json_is_boolean(value));
}

/* Those members of `from` that `members` lists; NULL: one is not there, or is of another type. */
static json_t *pick(const json_t *from, const struct member *members)
{
    json_t *picked = json_object();
    for (; members->name != NULL && picked != NULL; members++) {
        json_t *value = json_object_get(from, members->name);
        bool absent = value == NULL || json_is_null(value);
        bool right = absent ? members->optional : has_type(value, members->type);
        if (!right ||
            json_object_set_new(picked, members->name, absent ? json_null() : json_incref(value)) != 0) {
            json_decref(picked);
            picked = NULL;
        }
    }
    return picked;
}

enum sbx_step sbx_tool_give(struct sbx_op *op, json_t *answer)
{
    if (answer == NULL) {
        return sbx_tool_malformed(op);
    }
    char *text = json_dumps(answer, JSON_COMPACT);
    json_decref(answer);
    if (text == NULL) {
        return sbx_op_fail(op, SBX_ENOMEM, NULL);
    }
    op->result.bytes = (struct sbx_buffer){text, strlen(text)};
    return sbx_op_succeed(op);
}

/* Says of a stream that was cut that it was. */
static json_t *mark_cut(const json_t *root, json_t *answer, const char *name)
{
    if (answer != NULL && json_is_true(json_object_get(root, name)) &&
        json_object_set_new(answer, name, json_true()) != 0) {
        json_decref(answer);
        return NULL;
    }
    return answer;
}

/* Says what is not promised without a supervisor. */
static json_t *add_caveat(const struct sbx_op *op, json_t *answer)
{
    const char *caveat = op->tool->caveat;
    if (answer != NULL && caveat != NULL && json_object_set_new(answer, "caveat", json_string(caveat)) != 0) {
        json_decref(answer);
        return NULL;
    }
    return answer;
}

/* Says of a program that was ended what to do. */
static json_t *advise(const struct sbx_op *op, json_t *answer)
{
    if (!json_is_true(json_object_get(answer, "timedOut"))) {
        return answer;
    }
    json_t *hint =
        json_sprintf("It was ended after %llu ms: without a companion no command goes on after its "
                     "answer, and none has more than %d s. For a program that runs longer use "
                     "create-process.",
                     (unsigned long long)op->run->limit_ms, SBX_TOOL_SILENT_MS / 1000);
    if (json_object_set_new(answer, "hint", hint) != 0) {
        json_decref(answer);
        return NULL;
    }
    return answer;
}

enum sbx_step sbx_tool_answer_run(struct sbx_op *op)
{
    json_t *root = sbx_tool_read_reply(op);
    if (root == NULL) {
        return SBX_STEP_END;
    }
    json_t *answer = pick(root, of_run);
    answer = mark_cut(root, answer, "stdoutTruncated");
    answer = mark_cut(root, answer, "stderrTruncated");
    answer = add_caveat(op, advise(op, answer));
    json_decref(root);
    return sbx_tool_give(op, answer);
}

enum sbx_step sbx_tool_answer_create(struct sbx_op *op)
{
    if (op->request->outcome == SBX_OK && op->request->http_status == 409) {
        return sbx_create_full(op);
    }
    json_t *root = sbx_tool_read_reply(op);
    if (root == NULL) {
        return SBX_STEP_END;
    }
    sbx_shown_note(op->toolkit->shown, root);
    json_t *answer = add_caveat(op, pick(root, of_created));
    json_decref(root);
    return sbx_create_created(op, answer, true);
}

enum sbx_step sbx_tool_give_created(struct sbx_op *op, const json_t *process)
{
    return sbx_create_created(op, pick(process, of_created), false);
}

enum sbx_step sbx_tool_answer_end(struct sbx_op *op)
{
    json_t *root = sbx_tool_read_reply(op);
    if (root == NULL) {
        return SBX_STEP_END;
    }
    sbx_shown_note(op->toolkit->shown, root);
    json_t *answer = pick(root, of_ended);
    bool supervised = op->run != NULL && op->run->tree_ended;
    json_decref(root);
    return sbx_tool_give(op, supervised ? answer : add_caveat(op, answer));
}

/* An array of what `make` makes of each element of `array`; NULL: it is no array, or one was none of those. */
static json_t *map(const json_t *array, json_t *(*make)(const json_t *element))
{
    json_t *made = json_is_array(array) ? json_array() : NULL;
    for (size_t i = 0; i < json_array_size(array) && made != NULL; i++) {
        if (json_array_append_new(made, make(json_array_get(array, i))) != 0) {
            json_decref(made);
            made = NULL;
        }
    }
    return made;
}

void sbx_tool_hide_residents(json_t *processes)
{
    for (size_t i = json_array_size(processes); i > 0; i--) {
        if (sbx_resident_is_one(json_array_get(processes, i - 1))) {
            (void)json_array_remove(processes, i - 1);
        }
    }
}

/* Ends the op with { `to`: the reply's list `from`, each element made anew }. */
static enum sbx_step give_list(struct sbx_op *op, const char *from, const char *to,
                               json_t *(*make)(const json_t *element))
{
    json_t *root = sbx_tool_read_reply(op);
    if (root == NULL) {
        return SBX_STEP_END;
    }
    sbx_tool_hide_residents(json_object_get(root, from));
    json_t *list = map(json_object_get(root, from), make);
    json_decref(root);
    return sbx_tool_give(op, list == NULL ? NULL : json_pack("{s:o}", to, list));
}

static json_t *process_of(const json_t *element)
{
    return sbx_supervisor_unwrap(pick(element, of_listed));
}

json_t *sbx_tool_listed(const json_t *processes)
{
    return map(processes, process_of);
}

enum sbx_step sbx_tool_answer_list(struct sbx_op *op)
{
    return give_list(op, "processes", "processes", process_of);
}
