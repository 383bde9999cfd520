/* output.h: all of some bytes to a descriptor.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_OUTPUT_H
#define COMPANION_OUTPUT_H

#include <stdbool.h>

#include "wire/span.h"

/* Writes all of it; a pipe that is full and does not block is waited for. false: there is no way. */
bool output_write(int fd, struct sbx_span bytes);

#endif
