/* tool_tidy.c: the server keeps what has ended, and its log, for good. So of what stays there after its answer, the
 * processes of create-process and the programs that run-command left running, the oldest go that have ended before the last
 * ENDED_MAX of their kind: first those whose end was shown.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "core/json.h"
#include "core/supervisor.h"
#include "core/tool_calls.h"
#include "core/tool_run.h"
#include "core/tool_shown.h"

#define ENDED_MAX 32 /* of a kind, that stay */

/* Whether it has ended, and was started as that of `run` was. */
static bool counts(const struct sbx_run *run, const json_t *process)
{
    const char *status = json_string_value(json_object_get(process, "status"));
    bool is_command = sbx_run_option(json_object_get(process, "args"), "--spool") != NULL;
    return status != NULL && strcmp(status, "exited") == 0 && sbx_supervisor_record_of(process) != NULL &&
           is_command == !run->stays;
}

static json_int_t ended_ms(const json_t *process)
{
    return json_integer_value(json_object_get(process, "exitedAtMs"));
}

/* How many others did not end before it. */
static size_t count_later(const struct sbx_run *run, const json_t *processes, const json_t *than)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(processes); i++) {
        const json_t *process = json_array_get(processes, i);
        count += process != than && counts(run, process) && ended_ms(process) >= ended_ms(than);
    }
    return count;
}

static bool was_shown(const struct sbx_op *op, const json_t *process)
{
    const char *id = json_string_value(json_object_get(process, "id"));
    return id != NULL && sbx_shown_has_ended(op->toolkit->shown, id);
}

/* The oldest, of those whose end was shown or of all, that is not among the last; borrowed. NULL: there is none. */
static const json_t *find_oldest(const struct sbx_op *op, const json_t *processes, bool shown)
{
    const json_t *found = NULL;
    for (size_t i = 0; i < json_array_size(processes); i++) {
        const json_t *process = json_array_get(processes, i);
        bool fits = counts(op->run, process) && (!shown || was_shown(op, process));
        if (fits && (found == NULL || ended_ms(process) < ended_ms(found))) {
            found = process;
        }
    }
    return found != NULL && count_later(op->run, processes, found) >= ENDED_MAX ? found : NULL;
}

/* Takes its names. False: that one was chosen before, and could not be removed; or there is no memory. */
static bool choose(struct sbx_op *op, const json_t *process)
{
    struct sbx_run *run = op->run;
    const char *id = json_string_value(json_object_get(process, "id"));
    const char *record = sbx_supervisor_record_of(process);
    if (id == NULL || record == NULL || strncmp(record, run->record, SBX_RECORD_LENGTH) == 0) {
        return false;
    }
    memcpy(run->record, record, SBX_RECORD_LENGTH);
    run->may_run = false;
    sbx_bytes_clear(&run->id);
    sbx_bytes_init(&run->id, SBX_KIB);
    sbx_bytes_append_text(&run->id, id);
    sbx_run_set_directory(op);
    return run->id.status == SBX_OK && run->directory.status == SBX_OK && run->directory.length > 0;
}

static enum sbx_step ask_list(struct sbx_op *op)
{
    struct sbx_request *request = NULL;
    op->run->tries = 0;
    op->run->busy = false;
    op->deadline_ms = sbx_now_ms() + (uint64_t)op->timeout_ms;
    enum sbx_status status = sbx_request_create(&request, op->endpoint, SBX_GET, "/v1/processes");
    return sbx_op_send(op, status, request);
}

/* Where the list is lost the next one that stays has another look. */
static enum sbx_step see_list(struct sbx_op *op)
{
    json_t *root = NULL;
    enum sbx_status status = op->request->outcome;
    if (status == SBX_OK) {
        status = sbx_json_parse(&root, sbx_bytes_span(&op->request->reply), JSON_ALLOW_NUL);
    }
    const json_t *processes = status == SBX_OK ? json_object_get(root, "processes") : NULL;
    const json_t *oldest = find_oldest(op, processes, true);
    oldest = oldest == NULL ? find_oldest(op, processes, false) : oldest;
    bool chosen = oldest != NULL && choose(op, oldest);
    json_decref(root);
    return chosen ? sbx_run_remove(op) : sbx_op_give_bytes(op, SBX_SPAN("")); /* nobody asks */
}

enum sbx_step sbx_run_tidy(struct sbx_op *op)
{
    static const sbx_step_function steps[] = {ask_list, see_list, NULL};
    return sbx_op_turn_to(op, steps);
}
