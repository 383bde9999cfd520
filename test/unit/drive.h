/* drive.h: an engine driven by poll(2), as an owner without threads would: a slice when the descriptor is
 * readable or a deadline is due, and never otherwise. And a task that is one request.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_DRIVE_H
#define TEST_DRIVE_H

#include "core/http/engine.h"
#include "core/http/request.h"
#include "server.h"
#include "support.h"

#define HANG_MS 20000 /* a test that takes longer has hung */

struct sbx_engine *engine_start(void);

/* Closes the engine, which ends whatever a failed test left in it, and destroys it. */
void engine_end(struct sbx_engine *engine);

/* Runs slices until `count` tasks are over, and moves them to `done`. Fails the test where it hangs: where
 * nothing is due and the descriptor does not become readable either. */
void drive(struct sbx_engine *engine, size_t count, struct sbx_queue *done);

/* Runs slices for as long as `until` is false. */
void drive_until(struct sbx_engine *engine, bool (*until)(void *user), void *user);

/* Where this is on a pause of a second or less, in which nothing happens for 20 ms, is over at once: the clock of the
 * code under test is put forward. */
void drive_skip_pauses(bool skip);

/* An endpoint of the server, without token or headers. */
struct sbx_endpoint *endpoint_of(const struct server *server);

/* A task that sends one request, and is over when it is back. */
struct probe {
    struct sbx_task task; /* first */
    struct sbx_request *request;
    struct sbx_request *then; /* sent when `request` is back; NULL: nothing */
    unsigned back;            /* how often a request came back */
};

/* Makes a request of the probe's to `route`, with no body; the caller changes it as it likes before it submits
 * probe->task. */
void probe_init(struct probe *probe, struct sbx_endpoint *endpoint, enum sbx_method method,
                const char *route);
void probe_clear(struct probe *probe);

/* Gives the request a body, which it borrows, and marks it as a change. */
void probe_body(struct probe *probe, const char *type, struct sbx_span body);

/* Submits the probe, and drives the engine until it is back. */
void probe_run(struct probe *probe, struct sbx_engine *engine);

/* Fails the test unless the request came back once, with that outcome; prints its words. */
void check_probe(const struct probe *probe, enum sbx_status outcome, const char *file, int line);
#define assert_probe(probe, outcome) check_probe((probe), (outcome), __FILE__, __LINE__)

#endif
