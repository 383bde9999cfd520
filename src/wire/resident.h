/* resident.h: how batches reach a companion that stays, and how their replies come back: each as the payload of a frame
 * (frame.h) around it.
 *
 *   asked      id: the number of the batch, 1 for the first, one more for each    payload: u64 hash of its frames; those,
 *                                    or u32 number of the file in its box that they are in
 *   answered   id: that number       payload: the replies; or u64 hash of them, u32 how many bytes they are, and the path
 *                                    of a file that holds them
 *
 * A batch whose hash is another one is not done, and none behind it: what a write that was cut off has left in the pipe is
 * its beginning, then. One whose frames are not in the file is refused, and those behind it are done.
 *
 * Batches are done in the order of their numbers, whatever the order in which they come, each once: one that comes again
 * has the reply that was kept, and one that is ahead waits for those before it. So whoever asks has SBX_RESIDENT_WINDOW
 * unanswered ones at most.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_WIRE_RESIDENT_H
#define SBX_WIRE_RESIDENT_H

#include "wire/frame.h"
#include "wire/limits.h"

/* The code of what is asked, and what may be added to it. Of a batch that only reads, long replies are left in a file, which
 * the server gives out as it is: what is printed, it makes base64 in JSON of. What is lost with the file can be asked again.
 * Likewise long frames are in a file when they are asked for, which goes when it has been read. */
enum { SBX_RESIDENT_BATCH = 1, SBX_RESIDENT_READS = 2, SBX_RESIDENT_BOXED = 4 };

/* The codes of what it says. */
enum sbx_resident_code {
    SBX_RESIDENT_REPLIES, /* to batch `id`; with number 0: it is there, and has a box of that path; empty: none */
    SBX_RESIDENT_REFUSED, /* batch `id` was none: nothing of it was done */
    SBX_RESIDENT_LEFT,    /* it reads no more; `id` is the last batch that it did */
    SBX_RESIDENT_FILED, /* the replies to batch `id` are in a file, until SBX_RESIDENT_WINDOW more were asked */
};

/* Bytes before the frames of a batch. */
#define SBX_RESIDENT_HEAD (SBX_FRAME_HEADER + sizeof(uint64_t))

/* Batches under way at once; and bytes of the replies of one. The server's stream of a log loses what is more than 512
 * pieces behind. A piece has 8 KiB, and half of that at least, where more follows: so many replies are fewer. */
#define SBX_RESIDENT_WINDOW 4
#define SBX_RESIDENT_REPLIES_MAX (448 * SBX_KIB)

/* Bytes of the replies of a batch that only reads which are printed all the same: that is sooner there than a file. */
#define SBX_RESIDENT_PRINTED_MAX (6 * SBX_KIB)

/* Bytes of one reply, and of a content read whole, that come this way; in a file more of both do. A longer reply is answered
 * SBX_ENOBUFS, before anything is done, and a listing that does not end in it, wherever it would come; of a longer content its
 * size alone is told. Both are sooner there by another way, and a long listing would hold up those behind it. */
#define SBX_RESIDENT_REPLY_MAX (64 * SBX_KIB)
#define SBX_RESIDENT_CONTENT_MAX (8 * SBX_KIB)
#define SBX_RESIDENT_FILED_CONTENT_MAX (64 * SBX_KIB)

/* Bytes of a batch with all that stands around it: what one request may write to a process, decoded. */
#define SBX_RESIDENT_MAX (64 * SBX_KIB)

/* Bytes of frames that are worth a file of their own; and of those that share one. One that is longer has one alone, up to
 * SBX_BATCH_MAX. */
#define SBX_RESIDENT_BOXED_MIN (12 * SBX_KIB)
#define SBX_RESIDENT_BOXED_MAX (288 * SBX_KIB)

/* Files of a box, one after the other, and again from 0: so many may be left behind by what was given up. */
#define SBX_RESIDENT_BOX_FILES 16

#endif
