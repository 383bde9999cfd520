/* fs_methods.c: names, operations and shapes, after core's VirtualFileSystem.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/fs_methods.h"

#include <stdio.h>

#include "napi/error.h"
#include "napi/large_read.h"
#include "napi/large_write.h"
#include "napi/result.h"
#include "napi/try.h"
#include "napi/value.h"

/* Of these, exists says "no"; a failure of the way there is not an answer. */
static bool means_absent(enum sbx_status status)
{
    return status == SBX_ENOENT || status == SBX_ENOTDIR || status == SBX_ENAMETOOLONG || status == SBX_ELOOP;
}

/* options.recursive, or whichever; `flag` stays as it is where it, or `options`, is undefined. */
static bool read_flag(napi_env env, napi_value options, const char *name, bool *flag)
{
    char what[64];
    if (sbx_value_is(env, options, napi_undefined)) {
        return true;
    }
    if (!sbx_value_is(env, options, napi_object)) {
        sbx_error_throw_type(env, "\"options\" argument", "of type object", options);
        return false;
    }
    napi_value value = sbx_value_property(env, options, name);
    if (value == NULL) {
        return false;
    }
    if (!sbx_value_is(env, value, napi_undefined) && napi_get_value_bool(env, value, flag) != napi_ok) {
        (void)snprintf(what, sizeof(what), "\"options.%s\" property", name);
        sbx_error_throw_type(env, what, "of type boolean", value);
        return false;
    }
    return true;
}

/* mkdir(path, { recursive }). */
static bool read_mkdir(napi_env env, const napi_value *argv, struct sbx_call *call)
{
    bool recursive = false;
    if (!read_flag(env, argv[1], "recursive", &recursive)) {
        return false;
    }
    call->row = sbx_op_row(recursive ? SBX_OP_MKDIR_P : SBX_OP_MKDIR);
    return sbx_args_read(env, argv, call);
}

/* rm(path, { recursive, force }): the row has flags. */
static bool read_rm(napi_env env, const napi_value *argv, struct sbx_call *call)
{
    bool recursive = false;
    bool force = false;
    napi_value as_row[SBX_ARGUMENTS] = {argv[0]};
    if (!read_flag(env, argv[1], "recursive", &recursive) || !read_flag(env, argv[1], "force", &force)) {
        return false;
    }
    uint32_t flags = (recursive ? SBX_RM_RECURSIVE : 0U) | (force ? SBX_RM_FORCE : 0U);
    if (napi_create_uint32(env, flags, &as_row[1]) != napi_ok) {
        (void)sbx_try_throw(env);
        return false;
    }
    return sbx_args_read(env, as_row, call);
}

/* Reads as the row does, whose last slot has `flags`. */
static bool read_with_flags(napi_env env, const napi_value *argv, uint32_t flags, struct sbx_call *call)
{
    napi_value as_row[SBX_ARGUMENTS] = {argv[0], argv[1], argv[2]};
    if (napi_create_uint32(env, flags, &as_row[3]) != napi_ok) {
        (void)sbx_try_throw(env);
        return false;
    }
    return sbx_args_read(env, as_row, call);
}

/* chown(path, uid, gid, { followSymlinks }). */
static bool read_chown(napi_env env, const napi_value *argv, struct sbx_call *call)
{
    bool follow = true;
    return read_flag(env, argv[3], "followSymlinks", &follow) &&
           read_with_flags(env, argv, follow ? 0 : SBX_CHOWN_LINK, call);
}

/* utimes(path, atime, mtime): numbers are of milliseconds. */
static bool read_utimes(napi_env env, const napi_value *argv, struct sbx_call *call)
{
    bool in_ms = sbx_value_is(env, argv[1], napi_number) && sbx_value_is(env, argv[2], napi_number);
    return read_with_flags(env, argv, in_ms ? SBX_UTIMES_MS : 0, call);
}

/* readPiece(path, offset, length, file), of lib/streams.js: a pread whose `file` is what an earlier piece came with, so
 * that both are of one file; undefined: of whichever has the name. */
static bool read_piece(napi_env env, const napi_value *argv, struct sbx_call *call)
{
    return sbx_args_read(env, argv, call) && sbx_value_file(env, argv[3], "\"file\" argument", &call->file);
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
    {METHOD("readFile", READ, sbx_large_read_result, "open"), .kind.plan = &sbx_large_read_plan},
    {METHOD("readTextFile", READ, sbx_result_text, "open")},
    {METHOD("writeFile", WRITE, sbx_large_write_result, "open")},
    {METHOD("readDir", NAMES, sbx_result_names, "scandir")},
    {METHOD("readDirWithTypes", NAMES, sbx_result_entries, "scandir")},
    {METHOD("readDirStat", READDIR, sbx_result_stat_entries, "scandir")},
    {METHOD("createDir", MKDIR, sbx_result_undefined, "mkdir")},
    {METHOD("mkdir", MKDIR, sbx_result_undefined, "mkdir"), .read = read_mkdir},
    {METHOD("exists", ACCESS, sbx_result_exists, "access"), .kind.answers = means_absent},
    {METHOD("removeFile", UNLINK, sbx_result_undefined, "unlink")},
    {METHOD("removeDir", RMDIR, sbx_result_undefined, "rmdir")},
    {METHOD("chown", CHOWN, sbx_result_undefined, "chown"), .read = read_chown, .options = 3},
    {METHOD("utimes", UTIMES, sbx_result_undefined, "utime"), .read = read_utimes, .options = 3},
    {METHOD("pread", PREAD, sbx_result_bytes, "read")},
    {METHOD("readPiece", PREAD, sbx_result_piece, "read"), .read = read_piece, .options = 4},
    {METHOD("pwrite", PWRITE, sbx_result_undefined, "write")},
    {METHOD("copy", COPY, sbx_result_undefined, "copyfile")},
    {METHOD("rm", RM, sbx_result_undefined, "rm"), .read = read_rm, .options = 1},
    {METHOD("readDirRecursive", WALK, sbx_result_tree, "scandir")},
    {METHOD("prepareOpen", OPEN_CREATE, sbx_result_created, "open")},
    {METHOD("prepareOpenSync", OPEN_CREATE, sbx_result_created, "open"), .kind.synchronous = true},
};
/* clang-format on */

size_t sbx_fs_method_options(const struct sbx_fs_method *method)
{
    const struct sbx_op_row *row = sbx_op_row(method->code);
    size_t place = method->options;
    while (method->options == 0 && row->arguments[place] != SBX_ARG_NONE) {
        place++;
    }
    return place;
}

const struct sbx_fs_method *sbx_fs_methods(size_t *count)
{
    *count = sizeof(methods) / sizeof(methods[0]);
    return methods;
}
