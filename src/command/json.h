/* json.h: writing strings, and reading values where they stand.
 *
 * A value is the span of its text; nothing is built. Reading is for what the tool server's own JSON.stringify
 * writes: it never reads beyond the text it was given, finds what is there in valid JSON, and gives empty
 * spans, not judgements, for what is none.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_JSON_H
#define COMMAND_JSON_H

#include "buffer.h"

/* Appends `text`, which is UTF-8, as a JSON string. */
void json_put_string(struct buffer *out, struct span text);

/* The value at the start of `text`, without the whitespace around it; empty where there is none. */
struct span json_value(struct span text);

bool json_is_object(struct span value);
bool json_is_string(struct span value);

/* The value of that member; empty where `object` is none or has no such member. */
struct span json_member(struct span object, const char *name);

/* The members of an object or the elements of an array, one by one:
 *     struct json_items items = json_items(value);
 *     while (json_next(&items)) { … items.name (empty in an array), items.value … }
 */
struct json_items {
    struct span rest;
    struct span name; /* as it stands between its quotes, escapes and all */
    struct span value;
    bool named; /* an object's members have names */
    bool first;
};
struct json_items json_items(struct span value);
bool json_next(struct json_items *items);

/* Appends what a string value means, as UTF-8; nothing for another value. */
void json_put_decoded(struct buffer *out, struct span string);

#endif
