/* flags.c: which words are ours.
 *
 * The tool server reads the flags, by the tool's own description; only --plain, --wait, --help and -h are ours, and
 * only where they are no flag's value (send-input --input --help sends the text "--help") and stand before a
 * "--". Whether a flag takes a value only the description knows. It is asked for when it matters: one of our
 * words is there, and a flag is followed by a word that begins with "-".
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flags.h"

#include "help.h"
#include "json.h"

static bool is_help(struct span word)
{
    return text_is(word, "--help") || text_is(word, "-h");
}

static bool is_ours(struct span word)
{
    return is_help(word) || text_is(word, "--plain") || text_is(word, "--wait");
}

static void take_ours(struct program *program, struct span word)
{
    program->help = program->help || is_help(word);
    program->plain = program->plain || text_is(word, "--plain");
    program->wait = program->wait || text_is(word, "--wait");
}

static bool has_ours(const struct span *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_ours(words[i])) {
            return true;
        }
    }
    return false;
}

/* Does the tool have that flag, and does it take a value? False for what the tool does not know: that is an
 * error, and the tool server finds it. */
static bool takes_value(struct span described_flags, struct span word)
{
    struct json_items flags = json_items(described_flags);
    while (json_next(&flags)) {
        struct span name = json_member(flags.value, "flag");
        bool same = json_is_string(name) && text_equal((struct span){name.data + 1, name.length - 2}, word);
        if (same) {
            return !text_is(json_member(flags.value, "type"), "\"boolean\"");
        }
    }
    return false;
}

static bool has_value(struct program *program, const struct span *words, size_t count, struct span *described)
{
    if (count < 2 || !text_starts(words[0], "--")) {
        return false;
    }
    if (!text_starts(words[1], "-")) {
        return true;
    }
    if (described->length == 0) {
        *described = help_flags(program);
    }
    return takes_value(*described, words[0]);
}

/* Keeps what is the tool's, in place, and takes out what is ours. */
static void sort_flags(struct program *program, struct span *words, size_t count)
{
    struct span described = {0};
    size_t kept = 0;
    size_t i = 0;
    while (i < count && !text_is(words[i], "--")) {
        if (is_ours(words[i])) {
            take_ours(program, words[i++]);
            continue;
        }
        bool with_value = has_value(program, words + i, count - i, &described);
        words[kept++] = words[i++];
        if (with_value) {
            words[kept++] = words[i++];
        }
    }
    while (i < count) {
        words[kept++] = words[i++];
    }
    program->flag_count = kept;
}

static bool all_utf8(const struct span *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!text_is_utf8(words[i])) {
            return false;
        }
    }
    return true;
}

int flags_read(struct program *program, struct span *words, size_t count)
{
    size_t first = 0;
    if (!all_utf8(words, count)) {
        return program_fail(program, EXIT_USAGE, "an argument is not UTF-8");
    }
    while (first < count && is_ours(words[first])) {
        take_ours(program, words[first++]);
    }
    if (first < count && !text_starts(words[first], "-")) {
        program->tool = words[first++];
    } else if (!program->help && count > 0) {
        return program_fail(program, EXIT_USAGE,
                            "a tool comes first, then its flags; --help lists the tools");
    }
    program->flags = words + first;
    program->flag_count = count - first;
    if (has_ours(program->flags, program->flag_count)) {
        sort_flags(program, program->flags, program->flag_count);
    }
    if (program->wait && !program->help && !text_is(program->tool, "run-command")) {
        return program_fail(program, EXIT_USAGE, "--wait is for run-command");
    }
    return EXIT_DONE;
}
