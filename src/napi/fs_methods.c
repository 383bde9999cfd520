/* fs_methods.c: names, operations and shapes, after core's VirtualFileSystem.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/fs_methods.h"

#include "napi/addon.h"
#include "napi/error.h"
#include "napi/result.h"
#include "napi/value.h"

/* The word that an error of the operation carries, where Node's is not the operation's own name. */
static const char *const syscalls[SBX_OP_MAX + 1] = {
    [SBX_OP_READDIR] = "scandir", [SBX_OP_OPEN_CREATE] = "open", [SBX_OP_MKDIR_P] = "mkdir",
    [SBX_OP_UTIMES] = "utime",    [SBX_OP_PREAD] = "read",       [SBX_OP_PWRITE] = "write",
    [SBX_OP_READ] = "open",       [SBX_OP_WRITE] = "open",       [SBX_OP_COPY] = "copyfile",
};

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
            sbx_error_throw_type(env, "property \"options.recursive\"", "of type boolean", value);
            return false;
        }
    }
    call->row = sbx_op_row(recursive ? SBX_OP_MKDIR_P : SBX_OP_MKDIR);
    return sbx_args_read(env, argv, call);
}

static const struct {
    const char *name;
    enum sbx_op_code code;
    sbx_job_result result; /* NULL: by the row's reply */
    bool (*answers)(enum sbx_status status);
    bool (*read)(napi_env env, const napi_value *argv, struct sbx_call *call);
    bool synchronous;
} own_shapes[] = {
    {"readFile", SBX_OP_READ, NULL, NULL, NULL, false},
    {"readTextFile", SBX_OP_READ, sbx_result_text, NULL, NULL, false},
    {"writeFile", SBX_OP_WRITE, NULL, NULL, NULL, false},
    {"readDir", SBX_OP_READDIR, sbx_result_names, NULL, NULL, false},
    {"readDirWithTypes", SBX_OP_READDIR, sbx_result_entries, NULL, NULL, false},
    {"readDirStat", SBX_OP_READDIR, sbx_result_stat_entries, NULL, NULL, false},
    {"createDir", SBX_OP_MKDIR, NULL, NULL, NULL, false},
    {"mkdir", SBX_OP_MKDIR, NULL, NULL, read_mkdir, false},
    {"exists", SBX_OP_ACCESS, sbx_result_exists, means_absent, NULL, false},
    {"removeFile", SBX_OP_UNLINK, NULL, NULL, NULL, false},
    {"removeDir", SBX_OP_RMDIR, NULL, NULL, NULL, false},
    {"prepareOpenSync", SBX_OP_OPEN_CREATE, NULL, NULL, NULL, true},
};

static struct sbx_fs_method from_row(const char *name, const struct sbx_op_row *row)
{
    return (struct sbx_fs_method){
        .name = name,
        .row = row,
        .kind = {.result = sbx_result_for(row->reply),
                 .syscall = syscalls[row->code] == NULL ? row->name : syscalls[row->code]},
    };
}

size_t sbx_fs_methods(struct sbx_fs_method *methods)
{
    size_t count = 0;
    for (unsigned code = 1; code <= SBX_OP_MAX; code++) {
        const struct sbx_op_row *row = sbx_op_row(code);
        if ((row->kind & SBX_PRIVATE) == 0) {
            methods[count++] = from_row(row->name, row);
        }
    }
    for (size_t i = 0; i < sizeof(own_shapes) / sizeof(own_shapes[0]); i++) {
        struct sbx_fs_method *method = &methods[count++];
        *method = from_row(own_shapes[i].name, sbx_op_row(own_shapes[i].code));
        method->kind.result = own_shapes[i].result == NULL ? method->kind.result : own_shapes[i].result;
        method->kind.answers = own_shapes[i].answers;
        method->read = own_shapes[i].read;
        method->synchronous = own_shapes[i].synchronous;
    }
    return count;
}
