/* http_reply.c: what the server knows of a file is its type, size and time of change; the rest of a stat
 * is made up in a way that does no harm: modes that let everyone read, an inode number from the path,
 * every time the time of change. Entries come in the directory's order, links as files.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http_reply.h"

#include <stdlib.h>
#include <string.h>

#include "core/json.h"

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
    int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
    int64_t year_of_era = shifted - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

/* `count` digits, or as many as there are where it is 0; advances `text` past them. false: not so many. */
static bool read_digits(const char **text, size_t count, int64_t *number)
{
    size_t read = 0;
    *number = 0;
    while (**text >= '0' && **text <= '9' && (count == 0 || read < count) && *number < NS_PER_S) {
        *number = *number * 10 + (**text - '0');
        (*text)++;
        read++;
    }
    return read > 0 && (count == 0 || read == count);
}

/* `format` against `text`: "y" a year of any length and sign, "2" two digits, all else itself. */
static bool read_parts(const char **text, const char *format, int64_t *parts)
{
    for (; *format != '\0'; format++) {
        bool year = *format == 'y';
        if (!year && *format != '2') {
            if (**text != *format) {
                return false;
            }
            (*text)++;
            continue;
        }
        bool negative = year && **text == '-';
        *text += year && (**text == '-' || **text == '+') ? 1 : 0;
        if (!read_digits(text, year ? 0 : 2, parts)) {
            return false;
        }
        *parts = negative ? -*parts : *parts;
        parts++;
    }
    return true;
}

/* ".428668595" as ns; what is finer is cut. */
static bool read_fraction(const char **text, int64_t *ns)
{
    int64_t unit = NS_PER_S;
    const char *first = *text + 1;
    *ns = 0;
    if (**text != '.') {
        return true;
    }
    for (*text = first; **text >= '0' && **text <= '9'; (*text)++) {
        unit /= 10;
        *ns += unit * (**text - '0');
    }
    return *text > first;
}

static bool in_range(int64_t number, int64_t first, int64_t last)
{
    return number >= first && number <= last;
}

enum sbx_status sbx_http_reply_time(const char *text, int64_t *time_ns)
{
    int64_t parts[6] = {0};
    int64_t fraction = 0;
    if (!read_parts(&text, "y-2-2T2:2:2", parts) || !read_fraction(&text, &fraction) ||
        (strcmp(text, "Z") != 0 && strcmp(text, "+00:00") != 0)) {
        return SBX_EPROTO;
    }
    bool day = in_range(parts[1], 1, 12) && in_range(parts[2], 1, 31);
    bool hour = in_range(parts[3], 0, 23) && in_range(parts[4], 0, 59) && in_range(parts[5], 0, 60);
    if (!day || !hour) {
        return SBX_EPROTO;
    }
    int64_t days = days_since_1970(parts[0], (int)parts[1], (int)parts[2]);
    int64_t seconds = days * 86400 + parts[3] * 3600 + parts[4] * 60 + parts[5];
    if (seconds >= INT64_MAX / NS_PER_S) {
        *time_ns = INT64_MAX;
    } else if (seconds < INT64_MIN / NS_PER_S) {
        *time_ns = INT64_MIN;
    } else {
        *time_ns = seconds * NS_PER_S + fraction;
    }
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
    const json_t *modified = json_object_get(object, "modified"); /* left out by a file system without it */
    int64_t time_ns = 0;
    if (type == NULL || !json_is_integer(size) || json_integer_value(size) < 0) {
        return SBX_EPROTO;
    }
    if (modified != NULL && !json_is_null(modified)) {
        const char *text = json_string_value(modified);
        if (text == NULL || sbx_http_reply_time(text, &time_ns) != SBX_OK) {
            return SBX_EPROTO;
        }
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
    json_t *root = NULL;
    enum sbx_status status = sbx_json_parse(&root, body, 0);
    if (status == SBX_OK) {
        status = read_stat(root, path, stat);
    }
    json_decref(root);
    return status;
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
    if (!sbx_result_is_name(name)) { /* replies are foreign bytes */
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
    json_t *root = NULL;
    enum sbx_status status = sbx_json_parse(&root, body, 0);
    if (status == SBX_OK) {
        status = json_is_array(root) ? read_entries(root, list) : SBX_EPROTO;
    }
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
    json_t *root = NULL;
    enum sbx_status status = sbx_json_parse(&root, body, 0);
    if (status == SBX_OK && !json_is_object(root)) {
        status = SBX_EPROTO;
    }
    json_decref(root);
    return status;
}

enum sbx_status sbx_http_reply_written(struct sbx_span body, size_t length)
{
    json_t *root = NULL;
    enum sbx_status status = sbx_json_parse(&root, body, 0);
    const json_t *written = json_object_get(root, "bytesWritten");
    if (status == SBX_OK && !json_is_integer(written)) {
        status = SBX_EPROTO;
    } else if (status == SBX_OK && json_integer_value(written) != (json_int_t)length) {
        status = SBX_EIO;
    }
    json_decref(root);
    return status;
}
