/* wire.h: the door to what both ends of an operation know: the table of operations, their arguments and
 * results, the statuses and the limits. Freestanding: no allocation, no stdio, no errno.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_WIRE_WIRE_H
#define SBX_WIRE_WIRE_H

#include "wire/args.h"
#include "wire/base64.h"
#include "wire/buf.h"
#include "wire/frame.h"
#include "wire/greeting.h"
#include "wire/hash.h"
#include "wire/limits.h"
#include "wire/ops.h"
#include "wire/result.h"
#include "wire/span.h"
#include "wire/stat.h"
#include "wire/status.h"
#include "wire/supervised.h"

#endif
