/* box.h: where whoever asks one that stays leaves long frames: a directory of the private one, of its own.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_BOX_H
#define COMPANION_BOX_H

#include "companion/server.h"

struct box {
    char path[SBX_PATH_MAX + 1]; /* empty: there is none */
};

/* Makes it, where there is a private directory. */
void box_make(struct box *box, struct server *server);

/* Reads file `number` behind what `bytes` has, until SBX_BATCH_MAX bytes are there, and removes it. SBX_EPERM: others may have
 * seen it. */
enum sbx_status box_take(const struct box *box, uint32_t number, struct sbx_buffer *bytes) SBX_CHECKED;

/* It goes, with all that was left in it. */
void box_remove(const struct box *box, struct server *server);

#endif
