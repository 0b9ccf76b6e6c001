/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/table.c - the codecs that a node knows.
 *
 * thread: as table.h says.
 * owns:   a copy of each table that a plugin brought; not its functions, which
 *         are the plugin's code.
 *
 * A codec is shown to nobody until its plugin is in use: what a plugin brought
 * that then refuses to load can be taken out again, because no listener and no
 * connection has it.
 */
#include "codec/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "codec/codecs.h"

/* Words behind the "+" of a URL that say something else than a codec. */
static const char *const table_reserved[] = { "multicast" };

void
wi_codecs_init(struct wi_codecs *codecs)
{
	codecs->first = NULL;
}

void
wi_codecs_fini(struct wi_codecs *codecs)
{
	struct wi_codec_entry *entry;

	while ((entry = codecs->first) != NULL) {
		codecs->first = entry->next;
		free(entry);
	}
}

/* ---- check ------------------------------------------------------------ */

static int
table_check_size(uint32_t size, struct weft_error *err)
{
	/* All members behind the numbers are as wide as a pointer: another
	 * size would end in the middle of one. */
	if (size >= WI_CODEC_SIZE_1_0 && size <= sizeof(struct weft_codec) &&
	    size % sizeof(void *) == 0)
		return WEFT_OK;
	return wi_fail(err, -EINVAL,
	    "codec: expected weft_codec.size to be %zu to %zu in steps of "
	    "%zu, found %u: begin with WEFT_CODEC() or WEFT_CODEC_INIT()",
	    WI_CODEC_SIZE_1_0, sizeof(struct weft_codec), sizeof(void *),
	    size);
}

static int
table_check_name(const char *name, struct weft_error *err)
{
	size_t i, len;

	if (name == NULL)
		return wi_fail(err, -EINVAL,
		    "codec: expected weft_codec.name to be set, found NULL");
	len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
	if (len == 0 || len > WI_CODEC_NAME_MAX || name[len] != '\0')
		return wi_fail(err, -EINVAL,
		    "codec: expected weft_codec.name to be 1 to %d of "
		    "[a-z0-9_-], found \"%.40s\"",
		    WI_CODEC_NAME_MAX, name);
	for (i = 0; i < sizeof(table_reserved) / sizeof(table_reserved[0]);
	     i++)
		if (strcmp(name, table_reserved[i]) == 0)
			return wi_fail(err, -EINVAL,
			    "codec: expected weft_codec.name to be a word "
			    "that has no other meaning in a URL, found \"%s\"",
			    name);
	return WEFT_OK;
}

/* head() or tail(), and what it says of its length. */
static int
table_check_end(const struct weft_codec *codec, const char *what, bool set,
    uint32_t max, struct weft_error *err)
{
	if (max > WI_CODEC_HEAD_MAX)
		return wi_fail(err, -EINVAL,
		    "codec %s: expected %s_max to be at most %d, found %u",
		    codec->name, what, WI_CODEC_HEAD_MAX, max);
	if (set && max == 0)
		return wi_fail(err, -EINVAL,
		    "codec %s: expected %s_max to say how many bytes %s() "
		    "writes, found 0",
		    codec->name, what, what);
	if (!set && max > 0)
		return wi_fail(err, -EINVAL,
		    "codec %s: expected %s() to be set, as %s_max is %u, "
		    "found NULL",
		    codec->name, what, what, max);
	return WEFT_OK;
}

static int
table_check_functions(const struct weft_codec *codec, struct weft_error *err)
{
	int rv;

	if (codec->decode == NULL)
		return wi_fail(err, -EINVAL,
		    "codec %s: expected decode() to be set, found NULL",
		    codec->name);
	rv = table_check_end(
	    codec, "head", codec->head != NULL, codec->head_max, err);
	if (rv == WEFT_OK)
		rv = table_check_end(
		    codec, "tail", codec->tail != NULL, codec->tail_max, err);
	if (rv < 0)
		return rv;
	if ((codec->encode != NULL) != (codec->encode_max != NULL))
		return wi_fail(err, -EINVAL,
		    "codec %s: expected encode() and encode_max() or neither, "
		    "found %s() alone",
		    codec->name,
		    codec->encode != NULL ? "encode" : "encode_max");
	if ((codec->seal != NULL) != (codec->open != NULL))
		return wi_fail(err, -EINVAL,
		    "codec %s: expected seal() and open() or neither, found "
		    "%s() alone",
		    codec->name, codec->seal != NULL ? "seal" : "open");
	if (codec->seal != NULL &&
	    (codec->head_max == 0 || codec->encode != NULL))
		return wi_fail(err, -EINVAL,
		    "codec %s: expected head_max to say how many bytes seal() "
		    "writes, and no encode(), found %u and %s",
		    codec->name, codec->head_max,
		    codec->encode != NULL ? "one" : "none");
	if (codec->state_size > WI_CODEC_STATE_MAX)
		return wi_fail(err, -EINVAL,
		    "codec %s: expected state_size to be at most %u, found %u",
		    codec->name, WI_CODEC_STATE_MAX, codec->state_size);
	return WEFT_OK;
}

static int
table_check_free(const struct wi_codecs *codecs, const char *name,
    const void *owner, struct weft_error *err)
{
	const struct wi_codec_entry *entry;

	if (wi_codec_find(name) != NULL)
		return wi_fail(err, -EEXIST,
		    "codec %s: expected a name that is free, found a codec "
		    "that is built in",
		    name);
	for (entry = codecs->first; entry != NULL; entry = entry->next)
		if (!entry->past &&
		    !(entry->kept && !entry->past && entry->owner == owner) &&
		    strcmp(entry->name, name) == 0)
			return wi_fail(err, -EEXIST,
			    "codec %s: expected a name that is free, found "
			    "the codec that %s brought",
			    name, entry->file);
	return WEFT_OK;
}

static int
table_check(const struct wi_codecs *codecs, const struct weft_codec *codec,
    const void *owner, struct weft_error *err)
{
	int rv = table_check_name(codec->name, err);

	if (rv == WEFT_OK)
		rv = table_check_functions(codec, err);
	if (rv == WEFT_OK)
		rv = table_check_free(codecs, codec->name, owner, err);
	return rv;
}

/* ---- in and out ------------------------------------------------------- */

int
wi_codecs_add(struct wi_codecs *codecs, const struct weft_codec *codec,
    const void *owner, const char *file, struct weft_error *err)
{
	struct wi_codec_entry *entry, **last;
	struct weft_codec whole;
	int rv;

	if (codec == NULL)
		return wi_fail(
		    err, -EINVAL, "codec: expected a codec, found NULL");
	rv = table_check_size(codec->size, err);
	if (rv < 0)
		return rv;
	memset(&whole, 0, sizeof(whole));
	memcpy(&whole, codec, codec->size);
	rv = table_check(codecs, &whole, owner, err);
	if (rv < 0)
		return rv;
	entry = calloc(1, sizeof(*entry));
	if (entry == NULL)
		return wi_fail(
		    err, -ENOMEM, "codec %s: no memory", whole.name);
	memcpy(entry->name, whole.name, strlen(whole.name));
	entry->codec = whole;
	entry->codec.name = entry->name;
	entry->owner = owner;
	entry->file = file;
	for (last = &codecs->first; *last != NULL; last = &(*last)->next)
		continue;
	*last = entry;
	return WEFT_OK;
}

void
wi_codecs_keep(struct wi_codecs *codecs, const void *owner)
{
	struct wi_codec_entry *entry;

	for (entry = codecs->first; entry != NULL; entry = entry->next)
		if (entry->owner == owner)
			entry->kept = true;
}

void
wi_codecs_replace(struct wi_codecs *codecs, const void *owner)
{
	struct wi_codec_entry *entry;

	for (entry = codecs->first; entry != NULL; entry = entry->next)
		if (entry->owner == owner && entry->kept)
			entry->past = true;
	wi_codecs_keep(codecs, owner);
}

void
wi_codecs_drop(struct wi_codecs *codecs, const void *owner)
{
	struct wi_codec_entry *entry, **link = &codecs->first;

	while ((entry = *link) != NULL) {
		if (entry->owner != owner || entry->kept) {
			link = &entry->next;
			continue;
		}
		*link = entry->next;
		free(entry);
	}
}

/* ---- look up ---------------------------------------------------------- */

const struct weft_codec *
wi_codecs_find(const struct wi_codecs *codecs, const char *name)
{
	const struct weft_codec *codec = wi_codec_find(name);
	const struct wi_codec_entry *entry;

	if (codec != NULL)
		return codec;
	for (entry = codecs->first; entry != NULL; entry = entry->next)
		if (entry->kept && !entry->past &&
		    strcmp(entry->name, name) == 0)
			return &entry->codec;
	return NULL;
}

void
wi_codecs_names(const struct wi_codecs *codecs, char *out, size_t size)
{
	const struct wi_codec_entry *entry;
	size_t used;

	wi_codec_names(out, size);
	if (size == 0)
		return;
	for (entry = codecs->first; entry != NULL; entry = entry->next) {
		if (!entry->kept || entry->past)
			continue;
		used = strlen(out);
		(void)snprintf(out + used, size - used, ", %s", entry->name);
	}
}
