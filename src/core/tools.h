/* tools.h: the toolkit: its seven tools, one row each, and the way of a call of one of them.
 *
 * A call's input is a JSON object, its answer another. The rows say what JavaScript needs to show a tool
 * (description, fields, examples) and what the server is asked; nothing else knows the tools by name.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_TOOLS_H
#define SBX_CORE_TOOLS_H

#include "core/companion/companion.h"
#include "core/op.h"

#define SBX_TOOLKIT_NAME "sandbox"
#define SBX_TOOLKIT_DESCRIPTION                                                                              \
    "Run commands and manage processes in a full Linux sandbox: native binaries, browsers, heavy builds."

/* ms that core waits for a tool's answer. Core keeps the host process alive that long after each call. */
#define SBX_TOOL_TIMEOUT_MS 30000

enum sbx_field_type {
    SBX_FIELD_STRING, /* without NUL: it becomes an argument or a path */
    SBX_FIELD_TEXT,   /* a string of any characters */
    SBX_FIELD_NUMBER, /* a whole number > 0 */
    SBX_FIELD_WAIT,   /* the same, in ms; of a caller that does not wait for ever, as core, 25000 at most */
    SBX_FIELD_BOOLEAN,
    SBX_FIELD_STRINGS, /* a list of strings */
    SBX_FIELD_RECORD,  /* strings by name */
    SBX_FIELD_ENUM,    /* one of `values` */
};

struct sbx_field {
    const char *name;
    enum sbx_field_type type;
    bool required;
    const char *description;
    const char *const *values; /* of an enum, ended by NULL */
};

struct sbx_example {
    const char *description;
    const char *input; /* JSON */
};

struct sbx_tool {
    const char *name;
    const char *description; /* at most 200 characters: core refuses more */
    const char *subject;     /* the field whose value an error names */
    const struct sbx_field *fields;
    size_t field_count;
    const struct sbx_example *examples;
    size_t example_count;
    const sbx_step_function *steps;
    const char *
        caveat; /* what an answer that no supervisor stood for does not promise; NULL: it says nothing of that */
};

/* The rows; `count` is set. Static. */
const struct sbx_tool *sbx_tools(size_t *count);

#define SBX_ENV_WORDS 320 /* bytes of what is said of a variable that is none */

struct sbx_toolkit_options {
    struct sbx_span cwd; /* of every program that names none; empty: the server's own */
    struct sbx_span env; /* JSON object of strings: of every program, beneath its own; empty: none */
    int timeout_ms;      /* of each call; of a program that is waited for: beyond its own limit */
    struct sbx_companion_options companion;
    char *wrong; /* has SBX_ENV_WORDS bytes: what is wrong with a variable of env; NULL: nobody asks */
};

/* Copies the options. SBX_EINVAL: env is no JSON object of strings (`wrong` is empty) or not of variables, or cwd is no
 * text. */
enum sbx_status sbx_toolkit_create(struct sbx_toolkit **toolkit,
                                   const struct sbx_toolkit_options *options) SBX_CHECKED;

/* After the last of its ops has been destroyed. */
void sbx_toolkit_destroy(struct sbx_toolkit *toolkit);

/* A call of `tool` with `input`, JSON that is copied. Its result is text: JSON. Thread: main. */
enum sbx_status sbx_tool_op_create(struct sbx_op **op, const struct sbx_toolkit *toolkit,
                                   const struct sbx_tool *tool, struct sbx_endpoint *endpoint,
                                   struct sbx_span input) SBX_CHECKED;

/* What has to be removed after `op`, which is over, in an op of its own; NULL: nothing. Thread: main. */
struct sbx_op *sbx_tool_op_rest(struct sbx_op *op);

/* Sends it on its way. Thread: main. */
void sbx_tool_submit(struct sbx_op *op, struct sbx_engine *engine);

#endif
