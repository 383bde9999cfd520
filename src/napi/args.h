/* args.h: a method's JavaScript arguments as the slots of struct sbx_args, by the row of its operation.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_ARGS_H
#define SBX_NAPI_ARGS_H

#include <node_api.h>

#include "core/sandbox.h"

#define SBX_ARGUMENTS 5 /* no method takes more */
#define SBX_TEXTS 3     /* paths and a content given as a string */

struct sbx_call {
    const struct sbx_op_row *row; /* what is called; a reader may choose another one by its arguments */
    struct sbx_args args;
    napi_value data;         /* what args.data is of */
    struct sbx_file file;    /* the file that a range has to be of; unknown: whichever has the name */
    enum sbx_status refused; /* a path that no file can have: the promise is rejected with it */
    char *texts[SBX_TEXTS];  /* owned */
    size_t text_count;
};

/* Reads `argv`, of SBX_ARGUMENTS values. false: thrown. */
bool sbx_args_read(napi_env env, const napi_value *argv, struct sbx_call *call);

/* Takes the text that begins at `data` out of the call, which owns it no more; NULL: it is none of its. */
char *sbx_args_take_text(struct sbx_call *call, const char *data);

/* Frees what the call owns. */
void sbx_args_clear(struct sbx_call *call);

#endif
