/* limits.h: every cap, with its unit and its reason, on one screen.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_WIRE_LIMITS_H
#define SBX_WIRE_LIMITS_H

#define SBX_KIB ((size_t)1024)
#define SBX_MIB (1024 * SBX_KIB)

/* Bytes of a path without its NUL: Linux's PATH_MAX - 1. */
#define SBX_PATH_MAX ((size_t)4095)

/* Bytes of a frame or a reply, header and all: no carrier brings more at once (see SBX_BATCH_MAX). */
#define SBX_FRAME_MAX SBX_BATCH_MAX

/* Bytes of a batch of frames: as base64 it fills a request's body of 2 MiB. */
#define SBX_BATCH_MAX (1536 * SBX_KIB)

/* Bytes of a batch in one argument or variable of a program: as base64, with the variable's name, it stays
 * below Linux's 128 KiB for one. Divisible by three: no padding. */
#define SBX_PIECE_MAX ((size_t)98280)

/* Frames of a batch: each has a place for its reply kept free. */
#define SBX_BATCH_FRAMES_MAX 4096

/* Bytes of a batch of replies: the server cuts a program's output at 1 MiB, and it is base64. */
#define SBX_REPLIES_MAX (700 * SBX_KIB)

/* Bytes of a content in one reply: what is larger goes by another way than frames. */
#define SBX_REPLY_CONTENT_MAX (512 * SBX_KIB)

/* Bytes of a batch of frames that the client makes: as base64 they are the variables of a program, for which
 * Linux has 2 MiB in all where a stack may have 8. */
#define SBX_BATCH_FILL_MAX SBX_MIB

/* However little a proxy lets through, batches are not made smaller than that. */
#define SBX_BATCH_FILL_MIN (16 * SBX_KIB)

/* Batches at once on the way to a companion, as many as there are connections for them. */
#define SBX_BATCHES_MAX 24

/* Batches at once of one operation each that takes long, beside the others. */
#define SBX_LONG_BATCHES_MAX 16

/* ms between two batches: the time that one takes, within these bounds (core/companion/pace.h). */
#define SBX_BATCH_PACE_MIN_MS 1
#define SBX_BATCH_PACE_MAX_MS 4

/* How often a question is sent in vain before it fails. */
#define SBX_ASK_TRIES 4

/* ms before a question that was lost is asked again, the first time; then so many times that, each time. */
#define SBX_ASK_AGAIN_MS 50
#define SBX_ASK_AGAIN_GROWTH 4

/* How often a content is read that changes its length, or its file, while it is. */
#define SBX_READ_TRIES 4

/* ms: a sandbox whose companion cannot be had is asked again after this long. */
#define SBX_COMPANION_AGAIN_MS 60000

/* ms: deadline of each request while the companion is looked for and put in place. */
#define SBX_FIND_TIMEOUT_MS 10000

/* Bytes of a request's body: the server answers 413 to one byte more. */
#define SBX_BODY_MAX (2 * SBX_MIB)

/* Bytes of a content that pread reads whole in order to cut a range out of it (HTTP has no ranges). */
#define SBX_PREAD_WHOLE_MAX (64 * SBX_MIB)

/* Bytes of the longest content that the server is asked for whole, where a companion can cut a longer one into parts; and
 * no more than this share of the memory that the sandbox has left, but for what is no longer than a part. */
#define SBX_WHOLE_MAX (64 * SBX_MIB)
#define SBX_MEMORY_SHARE 8

/* Bytes of such a part, at most and at least. */
#define SBX_EXTRACT_MAX (8 * SBX_MIB)
#define SBX_EXTRACT_MIN SBX_BODY_MAX

/* Bytes of a content read whole where the caller set no maxFullReadBytes: what a Node 20 Buffer can hold. */
#define SBX_CONTENT_MAX (4096 * SBX_MIB - 1)

/* Bytes of a JSON reply: a listing of 100,000 entries has 14 MB; output of a program is 1 MiB a stream,
 * six times that when every byte is escaped. */
#define SBX_JSON_MAX (256 * SBX_MIB)

/* Bytes of an error's body that are kept: the server's own are below 1 KiB. */
#define SBX_PROBLEM_MAX (16 * SBX_KIB)

/* Bytes of the words that an error carries to JavaScript. */
#define SBX_DETAIL_MAX ((size_t)1024)

/* Entries of a directory that come with their attributes where their names alone are asked for. So many are 30 KiB, and
 * 1 ms of the sandbox: no more than one of the questions that they save, where that is 20 ms and the line has 25 Mbit/s. */
#define SBX_AROUND_ENTRIES 512

/* Bytes of the entries of directories below that come with them, some 300. */
#define SBX_AROUND_BYTES (16 * SBX_KIB)

/* Bytes of the path that it is asked for by, and of a path below that: so that what comes has no path that is too long. */
#define SBX_AROUND_PATH_MAX ((size_t)1024)

/* Connections at once for files: sixteen saturate a server near by, more only add to the tail. */
#define SBX_FILE_CONNECTIONS 24

/* Connections at once that wait for programs, beside those for files. */
#define SBX_PROGRAM_CONNECTIONS 256

/* ms: deadline of an operation where the caller gave none. */
#define SBX_TIMEOUT_MS 30000

/* ms: longest deadline that can be asked for (a day). */
#define SBX_TIMEOUT_MAX_MS 86400000

/* ms: longest time a synchronous method blocks the main thread. */
#define SBX_SYNC_TIMEOUT_MS 5000

/* ms: a write that met its deadline may hang in a FIFO, where it holds a thread of the server for good:
 * for this long it is not repeated on that path. */
#define SBX_STUCK_WRITE_MS 60000

/* Paths with such a write that are remembered at once. */
#define SBX_STUCK_WRITES 64

#endif
