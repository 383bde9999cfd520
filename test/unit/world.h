/* world.h: the fixture of the tests that need a network: a server, an engine and an endpoint, and many probes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_WORLD_H
#define TEST_WORLD_H

#include <pthread.h>

#include "drive.h"

struct world {
    struct server *server; /* its user is this world */
    struct sbx_engine *engine;
    struct sbx_endpoint *endpoint;
    struct probe probes[400];
    void *user;
    pthread_mutex_t lock; /* for what answers count */
};

/* For a test's set-up and tear-down. `state` holds the world. */
int world_start(void **state, answer_function answer, void *user);
int world_end(void **state);

/* Makes probe `index` anew, a GET of `route`. */
struct probe *world_get(struct world *world, size_t index, const char *route);

/* The same with another method; with a `body`, it has a content type as well. */
struct probe *world_change(struct world *world, size_t index, enum sbx_method method, const char *route,
                           const char *body);

void world_run(struct world *world, struct probe *probe);

/* Submits `count` GETs of `route`, from probe `first` on. */
void world_submit(struct world *world, size_t first, size_t count, const char *route);

/* Drives the engine until `count` probes are over. */
void world_drive(struct world *world, size_t count);

/* Fails the test unless the probe came back well, with that reply. */
void check_reply(const struct probe *probe, const char *reply, const char *file, int line);
#define assert_reply(probe, reply) check_reply((probe), (reply), __FILE__, __LINE__)

#endif
