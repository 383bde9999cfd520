/* http_reply.c: what the server knows of a file is its type, size and time of change; the rest of a stat
 * is made up in a way that does no harm: modes that let everyone read, an inode number from the path,
 * every time the time of change. Entries come in the directory's order, links as files.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http_reply.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S INT64_C(1000000000)
#define BLOCK 512
#define INO_BITS 53 /* what a JavaScript number holds exactly */

static const struct {
    const char *type;
    uint32_t mode;
} modes[] = {
    {"file", SBX_S_IFREG | 0644},
    {"directory", SBX_S_IFDIR | 0755},
    {"symlink", SBX_S_IFLNK | 0777},
};

/* FNV-1a of the path, cut to what JavaScript can hold; never 0, which the VM takes for an error. */
static uint64_t ino_of(struct sbx_span path)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < path.length; i++) {
        hash = (hash ^ (unsigned char)path.data[i]) * UINT64_C(1099511628211);
    }
    hash = (hash ^ (hash >> INO_BITS)) & ((UINT64_C(1) << INO_BITS) - 1);
    return hash == 0 ? 1 : hash;
}

/* Days from 1970-01-01 in the Gregorian calendar, which repeats every 400 years (of 146,097 days); a year
 * that begins in March has its leap day at its end. */
static int64_t days_since_1970(int64_t year, int month, int day)
{
    int64_t shifted = month <= 2 ? year - 1 : year;
    int64_t era = shifted / 400;
    int64_t year_of_era = shifted - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

/* The digits of a fraction of a second, as ns; advances `text` past them. */
static int64_t read_fraction(const char **text)
{
    int64_t ns = 0;
    int64_t unit = NS_PER_S;
    while (**text >= '0' && **text <= '9') {
        unit /= 10;
        ns += unit * (**text - '0');
        (*text)++;
    }
    return ns;
}

enum sbx_status sbx_http_reply_time(const char *text, int64_t *time_ns)
{
    int year, month, day, hour, minute, second, used = 0;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &used) != 6) {
        return SBX_EPROTO;
    }
    if (month < 1 || month > 12 || day < 1 || day > 31 || year < 0 || hour < 0 || minute < 0 || second < 0) {
        return SBX_EPROTO;
    }
    text += used;
    int64_t fraction = 0;
    if (*text == '.') {
        text++;
        fraction = read_fraction(&text);
    }
    if (strcmp(text, "Z") != 0 && strcmp(text, "+00:00") != 0) {
        return SBX_EPROTO;
    }
    int64_t days = days_since_1970(year, month, day);
    int64_t seconds = days * 86400 + (int64_t)hour * 3600 + (int64_t)minute * 60 + second;
    if (seconds > INT64_MAX / NS_PER_S - 1 || seconds < INT64_MIN / NS_PER_S + 1) {
        return SBX_EPROTO;
    }
    *time_ns = seconds * NS_PER_S + fraction;
    return SBX_OK;
}

static uint32_t mode_of(const char *type)
{
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(modes[i].type, type) == 0) {
            return modes[i].mode;
        }
    }
    return SBX_S_IFREG | 0644; /* of a server that tells more types apart than we know */
}

static enum sbx_status read_stat(const json_t *object, struct sbx_span path, struct sbx_stat *stat)
{
    const char *type = json_string_value(json_object_get(object, "entryType"));
    const json_t *size = json_object_get(object, "size");
    const char *modified = json_string_value(json_object_get(object, "modified"));
    int64_t time_ns = 0;
    if (type == NULL || !json_is_integer(size) || json_integer_value(size) < 0) {
        return SBX_EPROTO;
    }
    if (modified != NULL && sbx_http_reply_time(modified, &time_ns) != SBX_OK) {
        return SBX_EPROTO;
    }
    uint64_t bytes = (uint64_t)json_integer_value(size);
    *stat = (struct sbx_stat){
        .ino = ino_of(path),
        .size = bytes,
        .blocks = bytes / BLOCK + (bytes % BLOCK != 0),
        .atime_ns = time_ns,
        .mtime_ns = time_ns,
        .ctime_ns = time_ns,
        .birthtime_ns = time_ns,
        .mode = mode_of(type),
        .nlink = 1,
    };
    return SBX_OK;
}

enum sbx_status sbx_http_reply_stat(struct sbx_span body, struct sbx_span path, struct sbx_stat *stat)
{
    json_t *root = body.length == 0 ? NULL : json_loadb(body.data, body.length, 0, NULL);
    enum sbx_status status = root == NULL ? SBX_EPROTO : read_stat(root, path, stat);
    json_decref(root);
    return status;
}

/* Whether a directory can have an entry of that name: replies are foreign bytes. */
static bool can_be_a_name(struct sbx_span name)
{
    return name.length > 0 && !sbx_span_equal(name, SBX_SPAN(".")) && !sbx_span_equal(name, SBX_SPAN("..")) &&
           memchr(name.data, '/', name.length) == NULL;
}

static struct sbx_span text_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return (struct sbx_span){json_string_value(value), json_string_length(value)};
}

static size_t length_of_names(const json_t *array)
{
    size_t length = 0;
    for (size_t i = 0; i < json_array_size(array); i++) {
        length += text_of(json_array_get(array, i), "name").length;
    }
    return length;
}

static enum sbx_status read_entry(const json_t *object, struct sbx_list *list, char **at)
{
    struct sbx_span full = text_of(object, "path");
    struct sbx_span name = text_of(object, "name");
    struct sbx_entry *entry = &list->entries[list->count];
    if (name.data == NULL) {
        return SBX_EPROTO;
    }
    if (!can_be_a_name(name)) {
        return SBX_OK;
    }
    enum sbx_status status = read_stat(object, full.data == NULL ? name : full, &entry->stat);
    if (status == SBX_OK) {
        memcpy(*at, name.data, name.length);
        entry->name = (struct sbx_span){*at, name.length};
        *at += name.length;
        list->count++;
    }
    return status;
}

static enum sbx_status read_entries(const json_t *array, struct sbx_list *list)
{
    size_t count = json_array_size(array);
    list->entries = calloc(count + 1, sizeof(*list->entries));
    list->names = malloc(length_of_names(array) + 1);
    enum sbx_status status = list->entries == NULL || list->names == NULL ? SBX_ENOMEM : SBX_OK;
    char *at = list->names;
    for (size_t i = 0; i < count && status == SBX_OK; i++) {
        status = read_entry(json_array_get(array, i), list, &at);
    }
    return status;
}

enum sbx_status sbx_http_reply_list(struct sbx_span body, struct sbx_list *list)
{
    *list = (struct sbx_list){0};
    json_t *root = body.length == 0 ? NULL : json_loadb(body.data, body.length, 0, NULL);
    enum sbx_status status = json_is_array(root) ? read_entries(root, list) : SBX_EPROTO;
    json_decref(root);
    if (status != SBX_OK) {
        free(list->entries);
        free(list->names);
        *list = (struct sbx_list){0};
    }
    return status;
}

enum sbx_status sbx_http_reply_done(struct sbx_span body)
{
    json_t *root = body.length == 0 ? NULL : json_loadb(body.data, body.length, 0, NULL);
    enum sbx_status status = json_is_object(root) ? SBX_OK : SBX_EPROTO;
    json_decref(root);
    return status;
}

enum sbx_status sbx_http_reply_written(struct sbx_span body, size_t length)
{
    json_t *root = body.length == 0 ? NULL : json_loadb(body.data, body.length, 0, NULL);
    const json_t *written = json_object_get(root, "bytesWritten");
    enum sbx_status status = SBX_EPROTO;
    if (json_is_integer(written)) {
        status = json_integer_value(written) == (json_int_t)length ? SBX_OK : SBX_EIO;
    }
    json_decref(root);
    return status;
}
