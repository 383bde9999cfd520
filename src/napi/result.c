/* result.c: results out. A content goes into an ArrayBuffer of V8's own, never an external one, which
 * Electron refuses.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/result.h"

#include <string.h>

#include "napi/error.h"
#include "napi/job.h"
#include "napi/stat.h"
#include "napi/try.h"

#define STRING_MAX ((size_t)0x1fffffe8) /* bytes of Latin-1 in the longest string of V8 */

napi_value sbx_result_undefined(napi_env env, struct sbx_op *op)
{
    napi_value value;
    (void)op;
    return napi_get_undefined(env, &value) == napi_ok ? value : sbx_try_throw(env);
}

static napi_value boolean(napi_env env, bool is)
{
    napi_value value;
    return napi_get_boolean(env, is, &value) == napi_ok ? value : sbx_try_throw(env);
}

napi_value sbx_result_created(napi_env env, struct sbx_op *op)
{
    return boolean(env, op->result.created);
}

napi_value sbx_result_exists(napi_env env, struct sbx_op *op)
{
    return boolean(env, op->result.status == SBX_OK);
}

napi_value sbx_result_text(napi_env env, struct sbx_op *op)
{
    napi_value value;
    const struct sbx_buffer *bytes = &op->result.bytes;
    napi_status status =
        napi_create_string_utf8(env, bytes->data == NULL ? "" : bytes->data, bytes->length, &value);
    if (status != napi_ok && bytes->length > STRING_MAX) {
        sbx_error_throw(env, &(struct sbx_failure){.status = SBX_EFBIG,
                                                   .syscall = "open",
                                                   .advice = "no string can be that long; read it as bytes"});
        return NULL;
    }
    return status == napi_ok ? value : sbx_try_throw(env);
}

napi_value sbx_result_bytes(napi_env env, struct sbx_op *op)
{
    const struct sbx_buffer *bytes = &op->result.bytes;
    napi_value buffer;
    napi_value array;
    void *data = NULL;
    SBX_TRY(napi_create_arraybuffer(env, bytes->length, &data, &buffer));
    if (bytes->length > 0) {
        memcpy(data, bytes->data, bytes->length);
    }
    SBX_TRY(napi_create_typedarray(env, napi_uint8_array, bytes->length, buffer, 0, &array));
    return array;
fail:
    return sbx_try_throw(env);
}

/* The file as one BigInt, which only comes back as it is: its words are those of struct sbx_file. */
napi_value sbx_result_piece(napi_env env, struct sbx_op *op)
{
    const struct sbx_file *file = &op->result.file;
    const uint64_t words[] = {file->dev, (uint64_t)file->born_ns, file->ino};
    napi_value piece;
    napi_value number;
    napi_value bytes = sbx_result_bytes(env, op);
    if (bytes == NULL) {
        return NULL;
    }
    SBX_TRY(napi_create_object(env, &piece));
    SBX_TRY(napi_create_bigint_words(env, 0, sizeof(words) / sizeof(words[0]), words, &number));
    SBX_TRY(napi_set_named_property(env, piece, "bytes", bytes));
    SBX_TRY(napi_set_named_property(env, piece, "file", number));
    return piece;
fail:
    return sbx_try_throw(env);
}

napi_value sbx_result_call_json(napi_env env, const char *function, napi_value argument)
{
    napi_value global;
    napi_value json;
    napi_value called;
    napi_value value;
    SBX_TRY(napi_get_global(env, &global));
    SBX_TRY(napi_get_named_property(env, global, "JSON", &json));
    SBX_TRY(napi_get_named_property(env, json, function, &called));
    SBX_TRY(napi_call_function(env, json, called, 1, &argument, &value));
    return value;
fail:
    return sbx_try_throw(env);
}

napi_value sbx_result_json(napi_env env, struct sbx_op *op)
{
    napi_value text = sbx_result_text(env, op);
    return text == NULL ? NULL : sbx_result_call_json(env, "parse", text);
}

static napi_status set_number(napi_env env, napi_value object, const char *name, double number)
{
    napi_value value;
    napi_status status = napi_create_double(env, number, &value);
    return status == napi_ok ? napi_set_named_property(env, object, name, value) : status;
}

/* The owner that the file system was made to show. */
static void show_owner(const struct sbx_op *op, struct sbx_stat *stat)
{
    const struct sbx_owner *owner = &sbx_job_of(op)->object->owner;
    if (owner->given) {
        stat->uid = owner->uid;
        stat->gid = owner->gid;
    }
}

napi_value sbx_result_stat(napi_env env, struct sbx_op *op)
{
    if (op->row->code == SBX_OP_STAT) {
        const struct sbx_job *job = sbx_job_of(op);
        sbx_fresh_remember(&job->object->fresh, job->version, op->args.path, &op->result.stat);
    }
    show_owner(op, &op->result.stat);
    return sbx_stat_object(env, &op->result.stat);
}

napi_value sbx_result_statfs(napi_env env, struct sbx_op *op)
{
    const struct sbx_statfs *statfs = &op->result.statfs;
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {
        {"type", statfs->type},   {"bsize", statfs->bsize},   {"blocks", statfs->blocks},
        {"bfree", statfs->bfree}, {"bavail", statfs->bavail}, {"files", statfs->files},
        {"ffree", statfs->ffree},
    };
    napi_value object;
    SBX_TRY(napi_create_object(env, &object));
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        SBX_TRY(set_number(env, object, numbers[i].name, (double)numbers[i].value));
    }
    return object;
fail:
    return sbx_try_throw(env);
}

static napi_value name_of(napi_env env, const struct sbx_entry *entry)
{
    napi_value name;
    napi_status status = napi_create_string_utf8(env, entry->name.data, entry->name.length, &name);
    return status == napi_ok ? name : sbx_try_throw(env);
}

/* The properties of an entry, as strings that are made once for a list: each set by its text would be looked up anew. */
enum key { KEY_NAME, KEY_IS_DIRECTORY, KEY_IS_SYMBOLIC_LINK, KEY_INO, KEY_STAT, KEYS };

/* `name`: what an entry's name is called. */
static napi_status make_keys(napi_env env, const char *name, napi_value keys[KEYS])
{
    const char *const texts[KEYS] = {
        [KEY_NAME] = name,
        [KEY_IS_DIRECTORY] = "isDirectory",
        [KEY_IS_SYMBOLIC_LINK] = "isSymbolicLink",
        [KEY_INO] = "ino",
        [KEY_STAT] = "stat",
    };
    napi_status status = napi_ok;
    for (size_t i = 0; i < KEYS && status == napi_ok; i++) {
        status = napi_create_string_utf8(env, texts[i], NAPI_AUTO_LENGTH, &keys[i]);
    }
    return status;
}

/* Name and type. */
static napi_value brief_entry(napi_env env, const napi_value keys[KEYS], const struct sbx_entry *entry)
{
    const struct sbx_stat *stat = &entry->stat;
    napi_value object;
    napi_value values[KEY_STAT];
    values[KEY_NAME] = name_of(env, entry);
    if (values[KEY_NAME] == NULL) {
        return NULL;
    }
    SBX_TRY(napi_create_object(env, &object));
    SBX_TRY(napi_get_boolean(env, sbx_stat_is(stat, SBX_S_IFDIR), &values[KEY_IS_DIRECTORY]));
    SBX_TRY(napi_get_boolean(env, sbx_stat_is(stat, SBX_S_IFLNK), &values[KEY_IS_SYMBOLIC_LINK]));
    SBX_TRY(napi_create_double(env, (double)stat->ino, &values[KEY_INO]));
    for (size_t i = 0; i < KEY_STAT; i++) {
        SBX_TRY(napi_set_property(env, object, keys[i], values[i]));
    }
    return object;
fail:
    return sbx_try_throw(env);
}

static napi_value full_entry(napi_env env, const napi_value keys[KEYS], const struct sbx_entry *entry)
{
    napi_value object = brief_entry(env, keys, entry);
    napi_value stat = object == NULL ? NULL : sbx_stat_object(env, &entry->stat);
    if (stat == NULL) {
        return NULL;
    }
    return napi_set_property(env, object, keys[KEY_STAT], stat) == napi_ok ? object : sbx_try_throw(env);
}

static napi_value bare_name(napi_env env, const napi_value keys[KEYS], const struct sbx_entry *entry)
{
    (void)keys;
    return name_of(env, entry);
}

/* An array of what `make` makes of each entry; a scope each, so that 100,000 of them hold no handle. */
static napi_value list(napi_env env, const struct sbx_op *op, const char *name,
                       napi_value (*make)(napi_env env, const napi_value keys[KEYS],
                                          const struct sbx_entry *entry))
{
    napi_value array;
    napi_value keys[KEYS];
    SBX_TRY(make_keys(env, name, keys));
    SBX_TRY(napi_create_array_with_length(env, op->result.list.count, &array));
    for (size_t i = 0; i < op->result.list.count; i++) {
        napi_handle_scope scope;
        SBX_TRY(napi_open_handle_scope(env, &scope));
        napi_value value = make(env, keys, &op->result.list.entries[i]);
        napi_status status =
            value == NULL ? napi_pending_exception : napi_set_element(env, array, (uint32_t)i, value);
        SBX_TRY(napi_close_handle_scope(env, scope));
        SBX_TRY(status);
    }
    return array;
fail:
    return sbx_try_throw(env);
}

napi_value sbx_result_names(napi_env env, struct sbx_op *op)
{
    return list(env, op, "name", bare_name);
}

napi_value sbx_result_entries(napi_env env, struct sbx_op *op)
{
    return list(env, op, "name", brief_entry);
}

static napi_value stat_list(napi_env env, struct sbx_op *op, const char *name)
{
    for (size_t i = 0; i < op->result.list.count; i++) {
        show_owner(op, &op->result.list.entries[i].stat);
    }
    return list(env, op, name, full_entry);
}

napi_value sbx_result_stat_entries(napi_env env, struct sbx_op *op)
{
    return stat_list(env, op, "name");
}

napi_value sbx_result_tree(napi_env env, struct sbx_op *op)
{
    return stat_list(env, op, "path");
}
