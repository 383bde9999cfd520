/* sandbox.h: the door to the Sandbox Agent client in plain C: file systems, the toolkit, and the engine
 * that carries their operations. It knows no Node.
 *
 *     struct sbx_op *op;
 *     sbx_fs_op_create(&op, fs, sbx_op_row(SBX_OP_STAT), endpoint, &args);
 *     sbx_lane_submit(op, engine);
 *     … sbx_engine_slice(engine) whenever sbx_engine_fd or sbx_engine_due_ms says so …
 *     sbx_engine_take_done(engine, &done);
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_SANDBOX_H
#define SBX_CORE_SANDBOX_H

#include "core/fs.h"
#include "core/http/endpoint.h"
#include "core/http/engine.h"
#include "core/http/exchange.h"
#include "core/lane.h"
#include "core/op.h"
#include "core/patience.h"
#include "core/tools.h"
#include "wire/wire.h"

#endif
