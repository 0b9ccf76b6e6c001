/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/table.h - the codecs that a node knows: those that are built in, and
 * those that its plugins brought.
 *
 * thread: written by the one that sets the node up, and in a reload under the
 * lock of struct wi_plugins, which who looks one up holds too.  An entry that
 * was found stays.
 */
#ifndef WI_TABLE_H
#define WI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include <weft/codec.h>
#include <weft/error.h>

#define WI_CODEC_NAME_MAX 15      /* [bytes] */
#define WI_CODEC_STATE_MAX 65536u /* [bytes] of state per endpoint */

/* [bytes] of struct weft_codec as ABI 1.0 knew it: fixed for ever. */
#define WI_CODEC_SIZE_1_0                                                     \
	(offsetof(struct weft_codec, tail) +                                  \
	    sizeof(((struct weft_codec *)0)->tail))

/* One that a plugin brought.  owned by: the table. */
struct wi_codec_entry {
	struct wi_codec_entry *next; /* newest last */
	const void *owner;           /* who brought it */
	const char *file;            /* the same for people */
	bool kept;                   /* its owner is in use, it can be found */
	bool past;                   /* another of its owner has its name */
	struct weft_codec codec;     /* copy, full size: members that an older
	                                plugin did not know are 0 */
	char name[WI_CODEC_NAME_MAX + 1]; /* codec.name */
};

/* owned by: the node, through its plugins. */
struct wi_codecs {
	struct wi_codec_entry *first;
};

/* wi_codecs_init() - the built-in ones. */
void wi_codecs_init(struct wi_codecs *codecs);

/* wi_codecs_fini() - no endpoint is left that has one of them. */
void wi_codecs_fini(struct wi_codecs *codecs);

/*
 * wi_codecs_add() - one more, which is not found before wi_codecs_keep().
 *
 *   codec    in       copied, its name too; what its functions are must stay
 *                     until wi_codecs_drop() or wi_codecs_fini().
 *   owner    in       for wi_codecs_keep() and wi_codecs_drop().
 *   file     in       for the error of one that wants the same name; must stay
 *                     as long as the owner.
 *   err      out      names the codec, what was expected and what was found,
 *                     but not file; may be NULL.
 *   returns           WEFT_OK, or an error below.
 *   errors            -EINVAL  not a codec that this library can use.
 *                     -EEXIST  the name is taken, by another owner or by one
 *                              that was not kept yet.
 *                     -ENOMEM
 */
int wi_codecs_add(struct wi_codecs *codecs, const struct weft_codec *codec,
    const void *owner, const char *file, struct weft_error *err);

/* wi_codecs_keep() - all that owner brought can be found from now on. */
void wi_codecs_keep(struct wi_codecs *codecs, const void *owner);

/* wi_codecs_drop() - forget all that owner brought and that was not kept. */
void wi_codecs_drop(struct wi_codecs *codecs, const void *owner);

/* wi_codecs_replace() - what owner brought and was not kept takes the place of
 * what was: that is not found any more, and stays for who has it. */
void wi_codecs_replace(struct wi_codecs *codecs, const void *owner);

/*
 * wi_codecs_find() - a codec by name; "" is raw.
 *
 *   returns           a table of full size, or NULL if there is none.
 *   owner             the table, until wi_codecs_fini().
 */
const struct weft_codec *wi_codecs_find(
    const struct wi_codecs *codecs, const char *name);

/* wi_codecs_names() - "raw, varint, resp", for error texts; cut at size. */
void wi_codecs_names(const struct wi_codecs *codecs, char *out, size_t size);

#endif
