/* connections.c: a multi closes the connections that it keeps when it goes; another one takes its place.
 *
 * Thread: as connections.h says.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/connections.h"

#include "wire/limits.h"

enum sbx_status sbx_connections_init(struct sbx_connections *connections, struct sbx_poller *poller,
                                     size_t max)
{
    *connections = (struct sbx_connections){.poller = poller, .max = max};
    sbx_queue_init(&connections->waiting);
    return sbx_multi_create(&connections->multi, poller);
}

void sbx_connections_clear(struct sbx_connections *connections)
{
    sbx_multi_destroy(connections->multi);
    connections->multi = NULL;
}

enum sbx_status sbx_connections_add(struct sbx_connections *connections, CURL *easy)
{
    enum sbx_status status = sbx_multi_add(connections->multi, easy);
    if (status == SBX_OK) {
        connections->active++;
        connections->peak = connections->active > connections->peak ? connections->active : connections->peak;
    }
    return status;
}

void sbx_connections_remove(struct sbx_connections *connections, CURL *easy)
{
    sbx_multi_remove(connections->multi, easy);
    connections->active--;
}

void sbx_connections_forget(struct sbx_connections *connections, bool all)
{
    struct sbx_multi *fresh = NULL;
    connections->stale = connections->stale || all || connections->peak > SBX_FILE_CONNECTIONS;
    if (!connections->stale || connections->active > 0) {
        return;
    }
    if (sbx_multi_create(&fresh, connections->poller) == SBX_OK) { /* else it is done at the next turn */
        sbx_multi_destroy(connections->multi);
        connections->multi = fresh;
        connections->stale = false;
        connections->peak = 0;
    }
}
