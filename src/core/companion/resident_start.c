/* resident_start.c: when a companion is started that stays, and what is looked at before: the server has few places for
 * processes, and keeps those that have ended. A client that ends takes nothing with it; so the next one does.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion/resident_ask.h"
#include "core/companion/resident_state.h"

enum {
    STREAK = 16, /* batches, each soon after the one before it, that make it worth while */
    WAKE = 2,    /* likewise to use the one that is there again */
    SOON_MS = 1000,
    PLACES_MAX = 8, /* of the server's 64, for all that stay */
    LOOKED_AT_MS =
        60000, /* whoever had it may want to know how a change ended, so long after the end of it */
};

static void wait_long(struct sbx_resident *resident)
{
    resident->not_before_ms = sbx_now_ms() + SBX_COMPANION_AGAIN_MS;
}

/* ---- What others left --------------------------------------------------------------------------------------- */

static void on_forgotten(struct sbx_request *request)
{
    struct sbx_resident *resident = request->owner;
    bool closed = request->outcome == SBX_ECANCELED;
    sbx_request_destroy(request);
    resident->request = NULL;
    if (closed) {
        sbx_resident_go(resident);
    } else {
        sbx_resident_sweep(resident);
    }
}

/* Whether it ended so long before this one began that nobody asks for its log any more. */
static bool is_left(const struct sbx_resident *resident, const json_t *process)
{
    json_int_t ended_ms = json_integer_value(json_object_get(process, "exitedAtMs"));
    return sbx_resident_has_ended(process) && ended_ms > 0 &&
           ended_ms + LOOKED_AT_MS <= resident->process.created_ms;
}

/* Lets the server forget the next one. */
void sbx_resident_sweep(struct sbx_resident *resident)
{
    while (json_array_size(resident->others) > 0 && resident->request == NULL) {
        size_t last = json_array_size(resident->others) - 1;
        const json_t *process = json_array_get(resident->others, last);
        const char *id = json_string_value(json_object_get(process, "id"));
        if (id != NULL && is_left(resident, process)) {
            (void)sbx_resident_send(resident, &resident->request,
                                    sbx_resident_ask_delete(resident->endpoint, id), on_forgotten);
        }
        (void)json_array_remove(resident->others, last);
    }
}

/* ---- The start ------------------------------------------------------------------------------------------------ */

static void on_started(struct sbx_request *request)
{
    struct sbx_resident *resident = request->owner;
    resident->process = sbx_resident_read_start(request);
    if (resident->process.id == NULL) { /* where it was started all the same, it leaves by itself */
        wait_long(resident);
        sbx_resident_go(resident);
        return;
    }
    sbx_request_destroy(request);
    resident->request = NULL;
    if (resident->unwanted) {
        sbx_resident_dismiss(resident);
    } else {
        sbx_resident_greet(resident);
    }
}

/* Keeps of the list those that are such companions; how many of them run. */
static size_t count_others(struct sbx_resident *resident, json_t *processes)
{
    size_t running = 0;
    for (size_t i = json_array_size(processes); i > 0; i--) {
        const json_t *process = json_array_get(processes, i - 1);
        bool one = sbx_resident_is_one(process);
        running += one && !sbx_resident_has_ended(process);
        if (!one) {
            (void)json_array_remove(processes, i - 1);
        }
    }
    resident->others = json_incref(processes);
    return running;
}

static void on_listed(struct sbx_request *request)
{
    struct sbx_resident *resident = request->owner;
    json_t *root = sbx_resident_read(request);
    json_t *processes = json_object_get(root, "processes");
    bool room = json_is_array(processes) && count_others(resident, processes) < PLACES_MAX;
    json_decref(root);
    sbx_request_destroy(request);
    resident->request = NULL;
    if (!room || resident->unwanted ||
        !sbx_resident_send(resident, &resident->request,
                           sbx_resident_ask_start(resident->endpoint, sbx_bytes_span(&resident->body)),
                           on_started)) {
        wait_long(resident);
        sbx_resident_go(resident);
    }
}

static void start(struct sbx_resident *resident, const struct sbx_batch *batch)
{
    struct sbx_bytes program;
    sbx_resident_init(resident);
    sbx_bytes_init(&program, SBX_PATH_MAX);
    sbx_companion_append_program(resident->companion, &program);
    resident->engine = batch->engine;
    resident->endpoint = sbx_endpoint_ref(batch->endpoint);
    sbx_companion_lane_ref(resident->lane);
    sbx_resident_enter(resident, STARTING);
    enum sbx_status status = program.status;
    if (status == SBX_OK) {
        status = sbx_resident_write_start(&resident->body, sbx_bytes_span(&program));
    }
    sbx_bytes_clear(&program);
    if (status != SBX_OK || !sbx_resident_send(resident, &resident->request,
                                               sbx_resident_ask_list(resident->endpoint), on_listed)) {
        sbx_resident_go(resident);
    }
}

/* Whether enough of them have followed each other, this one included. */
static bool is_worth_while(struct sbx_resident *resident, uint64_t now_ms)
{
    bool soon = resident->streak > 0 && now_ms - resident->last_run_ms <= SOON_MS;
    resident->streak = soon ? resident->streak + 1 : 1;
    resident->last_run_ms = now_ms;
    return resident->streak >= (resident->mode == ASLEEP ? WAKE : STREAK);
}

void sbx_resident_note_run(struct sbx_resident *resident, const struct sbx_batch *batch)
{
    if (resident == NULL || (resident->mode != NONE && resident->mode != ASLEEP) ||
        sbx_endpoint_fetcher(batch->endpoint) != 0) {
        return;
    }
    uint64_t now_ms = sbx_now_ms();
    bool wanted = is_worth_while(resident, now_ms) && !resident->unwanted &&
                  sbx_companion_distance(resident->companion) == SBX_NEAR;
    if (wanted && resident->mode == NONE && now_ms >= resident->not_before_ms) {
        start(resident, batch);
    } else if (wanted && resident->mode == ASLEEP &&
               sbx_endpoint_equal(batch->endpoint, resident->endpoint)) {
        sbx_resident_wake(resident);
    }
}
