/* world.c: a server, an engine and an endpoint, made and taken apart in the right order.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "world.h"

int world_start(void **state, answer_function answer, void *user)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    (void)pthread_mutex_init(&world->lock, NULL);
    world->user = user;
    world->server = server_start(answer, world);
    world->engine = engine_start();
    world->endpoint = endpoint_of(world->server);
    *state = world;
    return 0;
}

int world_end(void **state)
{
    struct world *world = *state;
    engine_end(world->engine);
    for (size_t i = 0; i < COUNT(world->probes); i++) {
        probe_clear(&world->probes[i]);
    }
    server_stop(world->server);
    sbx_endpoint_unref(world->endpoint);
    (void)pthread_mutex_destroy(&world->lock);
    free(world);
    return 0;
}

struct probe *world_get(struct world *world, size_t index, const char *route)
{
    struct probe *probe = &world->probes[index];
    probe_clear(probe);
    probe_init(probe, world->endpoint, SBX_GET, route);
    return probe;
}

struct probe *world_change(struct world *world, size_t index, enum sbx_method method, const char *route,
                           const char *body)
{
    struct probe *probe = &world->probes[index];
    probe_clear(probe);
    probe_init(probe, world->endpoint, method, route);
    if (body != NULL) {
        probe_body(probe, OCTETS, span_of(body));
    }
    return probe;
}

void world_run(struct world *world, struct probe *probe)
{
    probe_run(probe, world->engine);
}

void world_submit(struct world *world, size_t first, size_t count, const char *route)
{
    for (size_t i = first; i < first + count; i++) {
        sbx_engine_submit(world->engine, &world_get(world, i, route)->task);
    }
}

void world_drive(struct world *world, size_t count)
{
    struct sbx_queue done;
    sbx_queue_init(&done);
    drive(world->engine, count, &done);
}

void check_reply(const struct probe *probe, const char *reply, const char *file, int line)
{
    check_probe(probe, SBX_OK, file, line);
    check_text(sbx_bytes_span(&probe->request->reply), reply, file, line);
}
