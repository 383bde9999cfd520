/* resident.h: a companion that stays: numbered batches in, numbered replies out (wire/resident.h).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_RESIDENT_H
#define COMPANION_RESIDENT_H

#include "companion/server.h"

/* How long it stays without a batch, where nothing else is said. Whoever asks tells it to leave before. */
#define RESIDENT_IDLE_MS 60000

/* Serves what comes from `input`, into `output`, until that ends, is none, nothing came for `idle_ms`, or
 * SIGTERM did. `server` has
 * its room and its space, which hold nothing yet. Whether it left as it should. */
bool resident_serve(struct server *server, int input, int output, int idle_ms);

#endif
