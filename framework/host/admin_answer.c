/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/admin_answer - what is answered on the admin socket.
 *
 * thread: who holds it.
 */
#include "host/admin_answer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_ROOM 4096u

static bool
answer_grow(struct wi_answer *answer, size_t more)
{
	size_t room = answer->room == 0 ? ANSWER_ROOM : answer->room;
	char *grown;

	while (room - answer->len < more)
		room *= 2;
	if (room == answer->room)
		return true;
	grown = realloc(answer->bytes, room);
	if (grown == NULL)
		return false;
	answer->bytes = grown;
	answer->room = room;
	return true;
}

static void
answer_bytes(struct wi_answer *answer, const char *bytes, size_t len)
{
	if (bytes == NULL || !answer_grow(answer, len + 1)) {
		answer->failed = true;
		return;
	}
	memcpy(answer->bytes + answer->len, bytes, len);
	answer->bytes[answer->len + len] = '\n';
	answer->len += len + 1;
}

void
wi_answer_line(struct wi_answer *answer, json_t *json)
{
	char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);

	/* All that has left makes room first. */
	if (answer->at == answer->len)
		answer->at = answer->len = 0;
	answer_bytes(answer, text, text == NULL ? 0 : strlen(text));
	free(text);
	json_decref(json);
}

void
wi_answer_outcome(
    struct wi_answer *answer, int code, const struct weft_error *err)
{
	const char *words = err == NULL || err->text[0] == '\0' ?
	    weft_strerror(code) :
	    err->text;

	if (code >= 0 && answer->failed) {
		code = -ENOMEM;
		words = "no memory for the whole answer";
	}
	answer->failed = false;
	wi_answer_line(answer,
	    code >= 0 ? json_pack("{s:s, s:b}", "is", "outcome", "ok", 1) :
			json_pack("{s:s, s:b, s:s, s:o}", "is", "outcome",
			    "ok", 0, "code", weft_errname(code), "error",
			    wi_answer_text(words)));
	answer->whole = true;
}

json_t *
wi_answer_text(const char *text)
{
	json_t *json = json_string(text);
	char copy[1024];
	size_t i;

	if (json != NULL)
		return json;
	(void)snprintf(copy, sizeof(copy), "%s", text);
	for (i = 0; copy[i] != '\0'; i++)
		if ((unsigned char)copy[i] >= 0x80)
			copy[i] = '?';
	return json_string(copy);
}

json_t *
wi_answer_id(uint64_t id)
{
	char text[20];

	(void)snprintf(text, sizeof(text), "%" PRIx64, id);
	return json_string(text);
}

void
wi_answer_fini(struct wi_answer *answer)
{
	free(answer->bytes);
	*answer = (struct wi_answer){ .bytes = NULL };
}
