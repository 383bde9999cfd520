/* fs_methods.c: names, operations and shapes, after core's VirtualFileSystem.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/fs_methods.h"

#include "napi/error.h"
#include "napi/result.h"
#include "napi/value.h"

/* Of these, exists says "no"; a failure of the way there is not an answer. */
static bool means_absent(enum sbx_status status)
{
    return status == SBX_ENOENT || status == SBX_ENOTDIR || status == SBX_ENAMETOOLONG || status == SBX_ELOOP;
}

/* mkdir(path, { recursive }). */
static bool read_mkdir(napi_env env, const napi_value *argv, struct sbx_call *call)
{
    bool recursive = false;
    if (!sbx_value_is(env, argv[1], napi_undefined)) {
        if (!sbx_value_is(env, argv[1], napi_object)) {
            sbx_error_throw_type(env, "\"options\" argument", "of type object", argv[1]);
            return false;
        }
        napi_value value = sbx_value_property(env, argv[1], "recursive");
        if (value == NULL) {
            return false;
        }
        if (!sbx_value_is(env, value, napi_undefined) &&
            napi_get_value_bool(env, value, &recursive) != napi_ok) {
            sbx_error_throw_type(env, "\"options.recursive\" property", "of type boolean", value);
            return false;
        }
    }
    call->row = sbx_op_row(recursive ? SBX_OP_MKDIR_P : SBX_OP_MKDIR);
    return sbx_args_read(env, argv, call);
}

/* A method for each row that is not private; its errors carry the row's name. */
#define METHOD_OF_ROW(number, NAME, word, args, shape, flags)                                                \
    {                                                                                                        \
        .name = ((flags)&SBX_PRIVATE) != 0 ? NULL : #word,                                                   \
        .code = SBX_OP_##NAME,                                                                               \
        .kind = {.result = SBX_RESULT_##shape, .syscall = #word},                                            \
    },

/* A method of another name; its errors carry the word that Node uses. */
#define METHOD(js_name, NAME, shape, word)                                                                   \
    .name = (js_name), .code = SBX_OP_##NAME, .kind.result = (shape), .kind.syscall = (word)

/* clang-format off */
static const struct sbx_fs_method methods[] = {
    SBX_OPS(METHOD_OF_ROW)
    {METHOD("readFile", READ, sbx_result_bytes, "open")},
    {METHOD("readTextFile", READ, sbx_result_text, "open")},
    {METHOD("writeFile", WRITE, sbx_result_undefined, "open")},
    {METHOD("readDir", READDIR, sbx_result_names, "scandir")},
    {METHOD("readDirWithTypes", READDIR, sbx_result_entries, "scandir")},
    {METHOD("readDirStat", READDIR, sbx_result_stat_entries, "scandir")},
    {METHOD("createDir", MKDIR, sbx_result_undefined, "mkdir")},
    {METHOD("mkdir", MKDIR, sbx_result_undefined, "mkdir"), .read = read_mkdir},
    {METHOD("exists", ACCESS, sbx_result_exists, "access"), .kind.answers = means_absent},
    {METHOD("removeFile", UNLINK, sbx_result_undefined, "unlink")},
    {METHOD("removeDir", RMDIR, sbx_result_undefined, "rmdir")},
    {METHOD("utimes", UTIMES, sbx_result_undefined, "utime")},
    {METHOD("pread", PREAD, sbx_result_bytes, "read")},
    {METHOD("pwrite", PWRITE, sbx_result_undefined, "write")},
    {METHOD("copy", COPY, sbx_result_undefined, "copyfile")},
    {METHOD("prepareOpenSync", OPEN_CREATE, sbx_result_created, "open"), .kind.synchronous = true},
};
/* clang-format on */

const struct sbx_fs_method *sbx_fs_methods(size_t *count)
{
    *count = sizeof(methods) / sizeof(methods[0]);
    return methods;
}
