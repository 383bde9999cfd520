/* letters.c: see letters.h.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion/letters.h"

#include <stdlib.h>

#include "core/companion/resident_ask.h"

void sbx_letters_init(struct sbx_letters *letters)
{
    *letters = (struct sbx_letters){0};
    sbx_queue_init(&letters->all);
}

static struct sbx_letter *letter_of(struct sbx_link *link)
{
    return SBX_CONTAINER(link, struct sbx_letter, link);
}

/* One that is in no queue any more, or of a queue that is forgotten. */
static void free_letter(struct sbx_letter *letter)
{
    letter->letters->count--;
    sbx_resident_cancel(&letter->file);
    sbx_request_destroy(letter->request);
    sbx_bytes_clear(&letter->body);
    free(letter);
}

static void destroy(struct sbx_letter *letter)
{
    sbx_link_remove(&letter->link);
    free_letter(letter);
}

void sbx_letters_clear(struct sbx_letters *letters)
{
    struct sbx_link *next = NULL;
    for (struct sbx_link *link = letters->all.head.next; link != &letters->all.head; link = next) {
        struct sbx_letter *letter = letter_of(link);
        next = link->next;
        (void)sbx_letter_release(letter);
        sbx_resident_cancel(&letter->request);
        free_letter(letter);
    }
    sbx_queue_init(&letters->all);
    letters->number = 0;
}

struct sbx_letter *sbx_letters_add(struct sbx_letters *letters, struct sbx_batch *batch)
{
    struct sbx_letter *letter = calloc(1, sizeof(*letter));
    if (letter == NULL) {
        return NULL;
    }
    letter->letters = letters;
    letter->batch = batch;
    letter->change = batch->change;
    letter->number = ++letters->number;
    letter->sent_ms = sbx_now_ms();
    sbx_bytes_init(&letter->body, SBX_BODY_MAX);
    sbx_queue_push(&letters->all, &letter->link);
    letters->count++;
    batch->letter = letter;
    return letter;
}

void sbx_letters_take_back(struct sbx_letter *letter)
{
    struct sbx_letters *letters = letter->letters;
    letters->number--;
    (void)sbx_letter_release(letter);
    destroy(letter);
}

struct sbx_letter *sbx_letters_oldest(const struct sbx_letters *letters)
{
    struct sbx_link *link = letters->all.head.next;
    while (link != &letters->all.head && letter_of(link)->answered) {
        link = link->next;
    }
    return link == &letters->all.head ? NULL : letter_of(link);
}

struct sbx_letter *sbx_letters_find(const struct sbx_letters *letters, uint32_t number)
{
    struct sbx_link *link = letters->all.head.next;
    while (link != &letters->all.head && letter_of(link)->number != number) {
        link = link->next;
    }
    return link == &letters->all.head || letter_of(link)->answered ? NULL : letter_of(link);
}

struct sbx_batch *sbx_letter_release(struct sbx_letter *letter)
{
    struct sbx_batch *batch = letter->batch;
    if (batch != NULL) {
        batch->letter = NULL;
    }
    letter->batch = NULL;
    return batch;
}

struct sbx_batch *sbx_letter_answered(struct sbx_letter *letter)
{
    struct sbx_batch *batch = sbx_letter_release(letter);
    letter->answered = true;
    sbx_resident_cancel(&letter->file);
    if (letter->request == NULL) {
        destroy(letter);
    }
    return batch;
}

bool sbx_letter_posted(struct sbx_letter *letter)
{
    sbx_request_destroy(letter->request);
    letter->request = NULL;
    if (letter->answered) {
        destroy(letter);
        return false;
    }
    return true;
}
