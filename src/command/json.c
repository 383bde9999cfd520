/* json.c: see json.h. A value is skipped without recursion, by counting brackets, so that no depth of
 * nesting can exhaust the stack.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "json.h"

static const char hex_digits[] = "0123456789abcdef";

static void put_control(struct buffer *out, unsigned char c)
{
    buffer_put_text(out, "\\u00");
    buffer_put_char(out, hex_digits[c >> 4]);
    buffer_put_char(out, hex_digits[c & 15]);
}

void json_put_string(struct buffer *out, struct span text)
{
    buffer_put_char(out, '"');
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if ((unsigned char)c < ' ') {
            put_control(out, (unsigned char)c);
            continue;
        }
        if (c == '"' || c == '\\') {
            buffer_put_char(out, '\\');
        }
        buffer_put_char(out, c);
    }
    buffer_put_char(out, '"');
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct span skip_space(struct span text)
{
    while (text.length > 0 && is_space(text.data[0])) {
        text = text_after(text, 1);
    }
    return text;
}

/* Length of the string that `text` begins with, quotes included; 0 where it does not end. */
static size_t string_length(struct span text)
{
    for (size_t i = 1; i < text.length; i++) {
        if (text.data[i] == '"') {
            return i + 1;
        }
        if (text.data[i] == '\\') {
            i++;
        }
    }
    return 0;
}

static bool ends_scalar(char c)
{
    return c == ',' || c == ']' || c == '}' || c == ':' || is_space(c);
}

static size_t scalar_length(struct span text)
{
    size_t length = 0;
    while (length < text.length && !ends_scalar(text.data[length])) {
        length++;
    }
    return length;
}

/* Length of the object or array that `text` begins with; 0 where it does not end. */
static size_t nested_length(struct span text)
{
    size_t depth = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c == '"') {
            size_t length = string_length(text_after(text, i));
            if (length == 0) {
                return 0;
            }
            i += length - 1;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            return i + 1;
        }
    }
    return 0;
}

struct span json_value(struct span text)
{
    text = skip_space(text);
    if (text.length == 0) {
        return text;
    }
    switch (text.data[0]) {
    case '"':
        return text_before(text, string_length(text));
    case '{':
    case '[':
        return text_before(text, nested_length(text));
    default:
        return text_before(text, scalar_length(text));
    }
}

bool json_is_object(struct span value)
{
    return text_starts(value, "{");
}

bool json_is_string(struct span value)
{
    return text_starts(value, "\"") && value.length >= 2;
}

struct json_items json_items(struct span value)
{
    bool named = json_is_object(value);
    if (!named && !text_starts(value, "[")) {
        return (struct json_items){0};
    }
    return (struct json_items){.rest = text_after(value, 1), .named = named};
}

/* Takes the value that the rest begins with, and the one mark that follows it, where it is there. */
static struct span take_value(struct json_items *items, char mark)
{
    struct span value = json_value(items->rest);
    struct span rest = skip_space(items->rest);
    rest = skip_space(text_after(rest, value.length));
    bool marked = rest.length > 0 && rest.data[0] == mark;
    items->rest = text_after(rest, marked);
    return value;
}

bool json_next(struct json_items *items)
{
    items->first = items->value.data == NULL;
    if (items->named) {
        struct span name = take_value(items, ':');
        if (!json_is_string(name)) {
            return false;
        }
        items->name = (struct span){name.data + 1, name.length - 2};
    }
    items->value = take_value(items, ',');
    return items->value.length > 0;
}

struct span json_member(struct span object, const char *name)
{
    struct json_items items = json_items(object);
    while (items.named && json_next(&items)) {
        if (text_is(items.name, name)) {
            return items.value;
        }
    }
    return (struct span){0};
}

static void put_character(struct buffer *out, uint32_t character)
{
    size_t more = (character >= 0x80) + (character >= 0x800) + (character >= 0x10000);
    static const unsigned char first[] = {0x00, 0xc0, 0xe0, 0xf0};
    buffer_put_char(out, (char)(first[more] | character >> (6 * more)));
    while (more-- > 0) {
        buffer_put_char(out, (char)(0x80 | (character >> (6 * more) & 0x3f)));
    }
}

/* The four digits of \uXXXX; 0xfffd, the replacement character, where they are none. */
static uint32_t unit(struct span digits)
{
    uint32_t value = 0;
    for (size_t i = 0; i < 4; i++) {
        uint32_t digit = i < digits.length ? text_hex_digit(digits.data[i]) : 16;
        if (digit > 15) {
            return 0xfffd;
        }
        value = value << 4 | digit;
    }
    return value;
}

/* Appends the character of an \u escape, or of a pair of them; `text` begins after the `u`. How many of its
 * bytes belong to it. A surrogate without its other half becomes the replacement character. */
static size_t put_unit_escape(struct buffer *out, struct span text)
{
    uint32_t high = unit(text);
    size_t used = text.length < 4 ? text.length : 4;
    if (high >= 0xd800 && high < 0xe000) {
        struct span after = text_after(text, used);
        bool has_low = high < 0xdc00 && text_starts(after, "\\u");
        uint32_t low = has_low ? unit(text_after(after, 2)) : 0;
        bool is_pair = low >= 0xdc00 && low < 0xe000;
        put_character(out, is_pair ? 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00) : 0xfffd);
        return used + (is_pair ? 6 : 0);
    }
    put_character(out, high);
    return used;
}

/* Appends what the escape means that `text` begins with, after its backslash; how many bytes it has. */
static size_t put_escape(struct buffer *out, struct span text)
{
    static const char letters[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    if (text.length == 0) {
        return 0;
    }
    if (text.data[0] == 'u') {
        return 1 + put_unit_escape(out, text_after(text, 1));
    }
    char meaning = text.data[0];
    for (size_t i = 0; i < sizeof(letters) - 1; i++) {
        meaning = text.data[0] == letters[i] ? meanings[i] : meaning;
    }
    buffer_put_char(out, meaning);
    return 1;
}

void json_put_decoded(struct buffer *out, struct span string)
{
    if (!json_is_string(string)) {
        return;
    }
    struct span rest = {string.data + 1, string.length - 2};
    while (rest.length > 0) {
        size_t plain = 0;
        while (plain < rest.length && rest.data[plain] != '\\') {
            plain++;
        }
        buffer_put(out, text_before(rest, plain));
        rest = text_after(rest, plain);
        if (rest.length > 0) {
            rest = text_after(rest, 1);
            rest = text_after(rest, put_escape(out, rest));
        }
    }
}
