/* stat.c: the numbers of a stat, as lib/stat.js finds them.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/stat.h"

#include "napi/env.h"
#include "napi/error.h"
#include "napi/try.h"

#define NS_PER_MS 1000000

/* In the order in which lib/stat.js reads them. */
struct sbx_stat_numbers {
    double mode;
    double size;
    double blocks;
    double dev;
    double rdev;
    double ino;
    double nlink;
    double uid;
    double gid;
    double atime_ms;
    double mtime_ms;
    double ctime_ms;
    double birthtime_ms;
    double is_directory;
    double is_symbolic_link;
    int64_t atime_ns;
    int64_t mtime_ns;
    int64_t ctime_ns;
    int64_t birthtime_ns;
};

napi_value sbx_stat_set(napi_env env, napi_callback_info info)
{
    struct sbx_env *data = NULL;
    void *numbers = NULL;
    size_t length = 0;
    napi_value argv[2];
    size_t argc = 2;
    SBX_TRY(napi_get_cb_info(env, info, &argc, argv, NULL, (void **)&data));
    SBX_TRY(napi_get_arraybuffer_info(env, argv[0], &numbers, &length));
    if (length != sizeof(struct sbx_stat_numbers)) {
        sbx_error_throw_value(env, "setStat takes memory for the numbers of one stat");
    } else if (data->make_stat == NULL) {
        SBX_TRY(napi_create_reference(env, argv[0], 1, &data->stat_memory));
        SBX_TRY(napi_create_reference(env, argv[1], 1, &data->make_stat));
        data->stat_numbers = numbers;
    }
    return NULL;
fail:
    return sbx_try_throw(env);
}

/* Whole milliseconds, rounded down: the VM makes a BigInt of them. */
static double whole_ms(int64_t time_ns)
{
    int64_t ms = time_ns / NS_PER_MS;
    return (double)(time_ns % NS_PER_MS < 0 ? ms - 1 : ms);
}

static struct sbx_stat_numbers numbers_of(const struct sbx_stat *stat)
{
    return (struct sbx_stat_numbers){
        .mode = stat->mode,
        .size = (double)stat->size,
        .blocks = (double)stat->blocks,
        .dev = (double)stat->dev,
        .rdev = (double)stat->rdev,
        .ino = (double)stat->ino,
        .nlink = stat->nlink,
        .uid = stat->uid,
        .gid = stat->gid,
        .atime_ms = whole_ms(stat->atime_ns),
        .mtime_ms = whole_ms(stat->mtime_ns),
        .ctime_ms = whole_ms(stat->ctime_ns),
        .birthtime_ms = whole_ms(stat->birthtime_ns),
        .is_directory = sbx_stat_is(stat, SBX_S_IFDIR) ? 1 : 0,
        .is_symbolic_link = sbx_stat_is(stat, SBX_S_IFLNK) ? 1 : 0,
        .atime_ns = stat->atime_ns,
        .mtime_ns = stat->mtime_ns,
        .ctime_ns = stat->ctime_ns,
        .birthtime_ns = stat->birthtime_ns,
    };
}

napi_value sbx_stat_object(napi_env env, const struct sbx_stat *stat)
{
    struct sbx_env *data = NULL;
    napi_value receiver;
    napi_value make;
    napi_value object;
    SBX_TRY(napi_get_instance_data(env, (void **)&data));
    SBX_TRY(napi_get_reference_value(env, data->make_stat, &make));
    SBX_TRY(napi_get_undefined(env, &receiver));
    *data->stat_numbers = numbers_of(stat);
    SBX_TRY(napi_call_function(env, receiver, make, 0, NULL, &object));
    return object;
fail:
    return sbx_try_throw(env);
}
