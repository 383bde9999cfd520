/* ops.c: the rows of ops.h as an array by code.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/ops.h"

#include <stddef.h>

#define ARGS1(a)                                                                                             \
    {                                                                                                        \
        SBX_ARG_##a                                                                                          \
    }
#define ARGS2(a, b)                                                                                          \
    {                                                                                                        \
        SBX_ARG_##a, SBX_ARG_##b                                                                             \
    }
#define ARGS3(a, b, c)                                                                                       \
    {                                                                                                        \
        SBX_ARG_##a, SBX_ARG_##b, SBX_ARG_##c                                                                \
    }

#define ARGS4(a, b, c, d)                                                                                    \
    {                                                                                                        \
        SBX_ARG_##a, SBX_ARG_##b, SBX_ARG_##c, SBX_ARG_##d                                                   \
    }

#define ARGS5(a, b, c, d, e)                                                                                 \
    {                                                                                                        \
        SBX_ARG_##a, SBX_ARG_##b, SBX_ARG_##c, SBX_ARG_##d, SBX_ARG_##e                                      \
    }

static const struct sbx_op_row rows[SBX_OP_MAX + 1] = {
#define SBX_OP_ROW(number, NAME, word, args, shape, flags)                                                   \
    [number] = {                                                                                             \
        .code = (number), .reply = SBX_REPLY_##shape, .kind = (flags), .arguments = args, .name = #word},
    SBX_OPS(SBX_OP_ROW)
#undef SBX_OP_ROW
};

const struct sbx_op_row *sbx_op_row(unsigned code)
{
    return code >= 1 && code <= SBX_OP_MAX ? &rows[code] : NULL;
}

bool sbx_op_lists(enum sbx_reply shape)
{
    return shape == SBX_REPLY_LIST || shape == SBX_REPLY_TREE || shape == SBX_REPLY_NAMES;
}
