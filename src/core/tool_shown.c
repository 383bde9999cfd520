/* tool_shown.c: see tool_shown.h. A process is known by the time of its creation and its pid; the server forgets the pid
 * of one that has ended.
 *
 * Thread: as tool_shown.h says.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/tool_shown.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/companion/resident_ask.h"
#include "core/tool_answers.h"
#include "core/tool_calls.h"

#define ID_SIZE 32 /* bytes; the server's are "proc_" and a number. A longer one is not noted */

struct known {
    char id[ID_SIZE]; /* "": none */
    json_int_t created_ms;
    json_int_t pid; /* as the server says it; 0: it did not */
    bool ended;
};

struct sbx_shown {
    size_t next; /* the place of the next one, round and round */
    struct known all[SBX_SHOWN_MAX];
};

struct sbx_shown *sbx_shown_create(void)
{
    return calloc(1, sizeof(struct sbx_shown));
}

void sbx_shown_destroy(struct sbx_shown *shown)
{
    free(shown);
}

static const struct known *find(const struct sbx_shown *shown, const char *id)
{
    for (size_t i = 0; i < SBX_SHOWN_MAX; i++) {
        if (strcmp(shown->all[i].id, id) == 0) {
            return &shown->all[i];
        }
    }
    return NULL;
}

/* False: it has no id, or none that is noted. */
static bool read_process(const json_t *process, struct known *known)
{
    const char *id = json_string_value(json_object_get(process, "id"));
    const char *status = json_string_value(json_object_get(process, "status"));
    const json_t *created = json_object_get(process, "createdAtMs");
    if (id == NULL || id[0] == '\0' || strlen(id) >= ID_SIZE || !json_is_integer(created)) {
        return false;
    }
    *known = (struct known){.created_ms = json_integer_value(created),
                            .pid = json_integer_value(json_object_get(process, "pid")),
                            .ended = status != NULL && strcmp(status, "exited") == 0};
    (void)snprintf(known->id, sizeof(known->id), "%s", id);
    return true;
}

static bool is_same(const struct known *one, const struct known *other)
{
    return one->created_ms == other->created_ms &&
           (one->pid == other->pid || one->pid == 0 || other->pid == 0);
}

void sbx_shown_note(struct sbx_shown *shown, const json_t *process)
{
    struct known known;
    if (!read_process(process, &known)) {
        return;
    }
    const struct known *found = find(shown, known.id);
    size_t place = found == NULL ? shown->next : (size_t)(found - shown->all);
    if (found == NULL) {
        shown->next = (shown->next + 1) % SBX_SHOWN_MAX;
    } else if (is_same(found, &known) && known.pid == 0) {
        known.pid = found->pid;
    }
    shown->all[place] = known;
}

void sbx_shown_note_all(struct sbx_shown *shown, const json_t *processes)
{
    for (size_t i = 0; i < json_array_size(processes); i++) {
        sbx_shown_note(shown, json_array_get(processes, i));
    }
}

bool sbx_shown_has_ended(const struct sbx_shown *shown, const char *id)
{
    const struct known *found = find(shown, id);
    return found != NULL && found->ended;
}

enum sbx_step sbx_shown_need_meant(struct sbx_op *op, const json_t *process)
{
    struct known now;
    if (sbx_resident_is_one(process)) {
        return sbx_tool_fail(op, SBX_ESRCH, "it is the companion of a file system, and ends by itself");
    }
    const struct known *then = read_process(process, &now) ? find(op->toolkit->shown, now.id) : NULL;
    if (then == NULL || is_same(then, &now)) {
        return SBX_STEP_NEXT;
    }
    return sbx_tool_fail(
        op, SBX_ESRCH,
        "the process that was shown by this id is gone: the sandbox was started again, and has "
        "given the id to another one, which list-processes shows");
}

/* ---- Steps --------------------------------------------------------------------------------------------------- */

enum sbx_step sbx_shown_ask(struct sbx_op *op)
{
    json_t *input = sbx_tool_read_input(op);
    if (input == NULL) {
        return SBX_STEP_END;
    }
    if (op->run != NULL) {
        json_decref(input);
        op->step++; /* beyond sbx_shown_see */
        return SBX_STEP_NEXT;
    }
    return sbx_tool_ask_about(op, input, SBX_GET, "");
}

enum sbx_step sbx_shown_see(struct sbx_op *op)
{
    json_t *root = sbx_tool_read_reply(op);
    enum sbx_step next = root == NULL ? SBX_STEP_END : sbx_shown_need_meant(op, root);
    json_decref(root);
    return next;
}
