/* port.h: whether something listens on a port, by the kernel's own tables (/proc/net/tcp and tcp6).
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_PORT_H
#define SBX_CORE_PORT_H

#include <stdbool.h>

#include "wire/span.h"

#define SBX_PORT_MAX 65535

bool sbx_port_listens(struct sbx_span table, unsigned port);

#endif
