/* port.c: see port.h. A line of the table: "  0: 0100007F:84E7 00000000:0000 0A …": number, own address and port, the
 * other's, state, all in hexadecimal.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/port.h"

#include <stdio.h>
#include <string.h>

#define LISTENS "0A" /* TCP_LISTEN */

/* The next word of the line, which it is cut off; empty: there is none. */
static struct sbx_span next_word(struct sbx_span *line)
{
    while (line->length > 0 && line->data[0] == ' ') {
        *line = (struct sbx_span){line->data + 1, line->length - 1};
    }
    struct sbx_span word = {line->data, 0};
    while (word.length < line->length && line->data[word.length] != ' ') {
        word.length++;
    }
    *line = (struct sbx_span){line->data + word.length, line->length - word.length};
    return word;
}

static bool ends_in(struct sbx_span word, const char *end)
{
    size_t length = strlen(end);
    return word.length >= length && memcmp(word.data + word.length - length, end, length) == 0;
}

static bool line_listens(struct sbx_span line, const char *port)
{
    (void)next_word(&line);
    struct sbx_span own = next_word(&line);
    (void)next_word(&line);
    struct sbx_span state = next_word(&line);
    return ends_in(own, port) && state.length == strlen(LISTENS) && ends_in(state, LISTENS);
}

bool sbx_port_listens(struct sbx_span table, unsigned port)
{
    char end[16];
    (void)snprintf(end, sizeof(end), ":%04X", port);
    while (table.length > 0) {
        const char *newline = memchr(table.data, '\n', table.length);
        size_t length = newline == NULL ? table.length : (size_t)(newline - table.data);
        if (line_listens((struct sbx_span){table.data, length}, end)) {
            return true;
        }
        length += newline == NULL ? 0 : 1;
        table = (struct sbx_span){table.data + length, table.length - length};
    }
    return false;
}
