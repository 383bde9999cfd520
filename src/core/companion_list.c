/* companion_list.c: a directory in pages, each of which says where the next one begins; and a tree, of which a page
 * holds as many directories as fit, the others being asked for by themselves.
 *
 * Thread: pool (main for a synchronous method).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion_list.h"

#include "core/companion_fs.h"
#include "core/fs.h"
#include "core/path.h"

enum sbx_step sbx_companion_list_ask(struct sbx_op *op)
{
    struct sbx_args args;
    enum sbx_status status = sbx_companion_place(op, &args);
    if (status == SBX_OK) {
        status = sbx_gather_path(&op->gather, args.path);
    }
    args.path = sbx_bytes_span(&op->gather.path);
    return sbx_companion_ask(op, status, &args);
}

/* Only where the companion itself says so: words are of a way that failed. */
static bool is_lost_below(const struct sbx_op *op)
{
    return op->ask.words == NULL && sbx_gather_is_lost_below(&op->gather, op->ask.status);
}

/* Whether there is more to ask for after the page; its entries are kept. */
static enum sbx_status keep_page(struct sbx_op *op, bool *more)
{
    struct sbx_listing *page = &op->ask.answer.list;
    bool names = op->row->reply == SBX_REPLY_NAMES;
    bool tree = names ? !page->brief : op->row->reply == SBX_REPLY_TREE;
    uint64_t next = page->next;
    if (next > 0 && page->count == 0) {
        return SBX_EPROTO; /* it would go on for ever */
    }
    enum sbx_status status = sbx_gather_page(&op->gather, page, tree);
    op->args.offset = next;
    *more = next > 0;
    return status;
}

/* What was seen of the files in the listing. */
static void note_sizes(struct sbx_op *op)
{
    const struct sbx_list *list = &op->result.list;
    size_t top = sbx_path_is_root(sbx_bytes_span(&op->path)) ? 0 : op->path.length;
    size_t length = op->path.length;
    for (size_t i = 0; i < list->count + list->below && list->attributes; i++) {
        const struct sbx_entry *entry = &list->entries[i];
        op->path.length = top;
        sbx_bytes_append_text(&op->path, "/");
        sbx_bytes_append(&op->path, entry->name);
        if (op->path.status == SBX_OK) {
            uint64_t size = sbx_stat_is(&entry->stat, SBX_S_IFREG) ? entry->stat.size : 0;
            sbx_fs_note_size(op->fs, sbx_bytes_span(&op->path), size);
        }
    }
    op->path.length = length;
}

enum sbx_step sbx_companion_list_take(struct sbx_op *op)
{
    bool more = false;
    if (is_lost_below(op)) {
        op->args.offset = 0;
    } else {
        if (sbx_companion_need_answer(op) == SBX_STEP_END) {
            return SBX_STEP_END;
        }
        enum sbx_status status = keep_page(op, &more);
        if (status != SBX_OK) {
            return sbx_op_fail(op, status, NULL);
        }
    }
    if (more || (op->row->reply == SBX_REPLY_TREE && sbx_gather_next_directory(&op->gather))) {
        return sbx_op_again(op);
    }
    (op->row->reply == SBX_REPLY_NAMES ? sbx_gather_take_names : sbx_gather_take)(&op->gather,
                                                                                  &op->result.list);
    note_sizes(op);
    return sbx_op_succeed(op);
}
