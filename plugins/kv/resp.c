/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resp - the RESP2 codec: bytes to commands.
 *
 * thread: decode on the I/O thread, the rest on workers; all of it is pure.
 *
 * What is refused, and with which words, is what networking.c of Redis 7.0
 * does, whose order of looking is kept: a line's end is awaited before its
 * first byte is judged.
 */
#include "resp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RESP_BULK_MIN 6u /* "$0\r\n\r\n" */

enum resp_stage {
	RESP_START, /* zero: at the front of a command */
	RESP_BULKS, /* of an array, .left of them */
	RESP_DEAD   /* after a fault */
};

enum resp_line {
	RESP_LINE_MORE,
	RESP_LINE_OK,
	RESP_LINE_LONG,
	RESP_LINE_BAD
};

bool
kv_number_parse(const void *text, size_t len, int64_t *number)
{
	const uint8_t *at = text, *end = at + len;
	uint64_t value = 0, max = INT64_MAX;
	bool minus = false;

	if (len == 1 && *at == '0') {
		*number = 0;
		return true;
	}
	if (len > 0 && *at == '-') {
		minus = true;
		max++;
		at++;
	}
	if (at == end || *at < '1' || *at > '9')
		return false;
	for (; at < end; at++) {
		uint64_t digit = (uint64_t)*at - '0';

		if (digit > 9 || value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*number = minus ? (int64_t)(0 - value) : (int64_t)value;
	return true;
}

size_t
kv_number_write(char out[KV_NUMBER_CHARS], int64_t number)
{
	char digits[KV_NUMBER_CHARS];
	uint64_t value = (uint64_t)number;
	size_t n = 0, len = 0;

	if (number < 0) {
		value = 0 - value;
		out[len++] = '-';
	}
	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	while (n > 0)
		out[len++] = digits[--n];
	return len;
}

/* A line whose end must come within KV_INLINE_MAX bytes. */
static const uint8_t *
resp_line_end(const uint8_t *data, size_t len, size_t from, int end)
{
	size_t max = KV_INLINE_MAX + 1;

	if (len < max)
		max = len;
	return from < max ? memchr(data + from, end, max - from) : NULL;
}

/* The number behind the first byte, when it is no short one that is whole. */
static enum resp_line
resp_number_slow(
    const uint8_t *data, size_t len, size_t *used, int64_t *number)
{
	const uint8_t *end = resp_line_end(data, len, 0, '\r');

	if (end == NULL)
		return len > KV_INLINE_MAX ? RESP_LINE_LONG : RESP_LINE_MORE;
	*used = (size_t)(end - data) + 2;
	if (*used > len)
		return RESP_LINE_MORE;
	/* "\r\n", of the first byte nothing is known. */
	if (end == data ||
	    !kv_number_parse(data + 1, (size_t)(end - data) - 1, number))
		return RESP_LINE_BAD;
	return RESP_LINE_OK;
}

static inline enum resp_line
resp_number(const uint8_t *data, size_t len, size_t *used, int64_t *number)
{
	uint32_t value = 0, digit;
	size_t i;

	for (i = 1; i < len && i < 9; i++) {
		digit = (uint32_t)data[i] - '0';
		if (digit > 9)
			break;
		value = value * 10 + digit;
	}
	if (i == 1 || i + 1 >= len || data[i] != '\r' ||
	    (data[1] == '0' && i > 2))
		return resp_number_slow(data, len, used, number);
	*used = i + 2;
	*number = value;
	return RESP_LINE_OK;
}

/* "$5\r\n" and nothing of what follows. */
static inline enum resp_line
resp_bulk(const uint8_t *data, size_t len, size_t *used, int64_t *number,
    enum kv_fault *fault)
{
	enum resp_line line = resp_number(data, len, used, number);

	if (line == RESP_LINE_LONG)
		*fault = KV_FAULT_BULK_LONG;
	else if (line != RESP_LINE_MORE && data[0] != '$')
		*fault = KV_FAULT_DOLLAR;
	else if (line == RESP_LINE_BAD ||
	    (line == RESP_LINE_OK && *number < 0))
		*fault = KV_FAULT_BULK;
	return line;
}

/* fault_note of resp.h. */
static int
resp_refuse(struct kv_resp_state *state, uint8_t *data, size_t len,
    size_t max_message, enum kv_fault fault, uint8_t odd, struct weft_cut *cut)
{
	if (len < KV_FAULT_LEN || max_message < KV_FAULT_LEN)
		return WEFT_EMALFORMED;
	state->stage = RESP_DEAD;
	data[0] = '*';
	data[1] = (uint8_t)('A' + fault);
	data[2] = odd;
	cut->len = KV_FAULT_LEN;
	cut->used = len;
	return WEFT_CUT_MESSAGE;
}

static int
resp_inline(struct kv_resp_state *state, uint8_t *data, size_t len,
    size_t max_message, struct weft_cut *cut)
{
	const uint8_t *end = resp_line_end(data, len, state->at, '\n');
	size_t line;

	if (end == NULL) {
		state->at = len;
		/* A '\r' at the end may belong to the line's end. */
		line = len - (data[len - 1] == '\r');
		if (line > max_message)
			return WEFT_ETOOBIG;
		return len <= KV_INLINE_MAX ?
		    WEFT_CUT_MORE :
		    resp_refuse(state, data, len, max_message,
			KV_FAULT_INLINE_LONG, 0, cut);
	}
	state->at = 0;
	line = (size_t)(end - data);
	cut->used = line + 1;
	if (line > 0 && data[line - 1] == '\r')
		line--;
	if (line > max_message)
		return WEFT_ETOOBIG;
	cut->len = line;
	return line == 0 ? WEFT_CUT_SKIP : WEFT_CUT_MESSAGE;
}

/* "*3\r\n".  WEFT_CUT_MESSAGE if bulk strings follow it. */
static int
resp_count(struct kv_resp_state *state, uint8_t *data, size_t len,
    size_t max_message, struct weft_cut *cut)
{
	int64_t count;
	size_t used;

	switch (resp_number(data, len, &used, &count)) {
	case RESP_LINE_MORE:
		return WEFT_CUT_MORE;
	case RESP_LINE_LONG:
		return resp_refuse(state, data, len, max_message,
		    KV_FAULT_COUNT_LONG, 0, cut);
	case RESP_LINE_BAD:
		return resp_refuse(
		    state, data, len, max_message, KV_FAULT_COUNT, 0, cut);
	case RESP_LINE_OK:
		break;
	}
	if (count > KV_ARGS_MAX)
		return resp_refuse(
		    state, data, len, max_message, KV_FAULT_COUNT, 0, cut);
	if (count <= 0) {
		cut->used = used;
		return WEFT_CUT_SKIP;
	}
	if (used + (uint64_t)count * RESP_BULK_MIN > max_message)
		return WEFT_ETOOBIG;
	state->stage = RESP_BULKS;
	state->left = (uint32_t)count;
	state->at = used;
	return WEFT_CUT_MORE;
}

static int
resp_bulks(struct kv_resp_state *state, uint8_t *data, size_t len,
    size_t max_message, struct weft_cut *cut)
{
	enum kv_fault fault = KV_FAULT_NONE;
	size_t at = state->at, used;
	enum resp_line line;
	int64_t bulk;

	while (state->left > 0) {
		state->at = at;
		if (at >= len)
			return WEFT_CUT_MORE;
		line = resp_bulk(data + at, len - at, &used, &bulk, &fault);
		if (line == RESP_LINE_MORE)
			return WEFT_CUT_MORE;
		if (fault == KV_FAULT_NONE && (uint64_t)bulk > max_message)
			fault = KV_FAULT_BULK;
		if (fault != KV_FAULT_NONE)
			return resp_refuse(state, data, len, max_message,
			    fault, data[at], cut);
		at += used + (size_t)bulk + 2;
		if (at + (state->left - 1) * RESP_BULK_MIN > max_message)
			return WEFT_ETOOBIG;
		if (at > len) {
			/* Seen again as the same bytes, .at unmoved. */
			cut->need = at;
			return WEFT_CUT_MORE;
		}
		state->left--;
	}
	state->stage = RESP_START;
	state->at = 0;
	cut->len = at;
	cut->used = at;
	return WEFT_CUT_MESSAGE;
}

int
kv_resp_decode(void *state_area, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut)
{
	struct kv_resp_state *state = state_area;
	int rv;

	if (state->stage == RESP_START) {
		if (data[0] != '*')
			return resp_inline(state, data, len, max_message, cut);
		rv = resp_count(state, data, len, max_message, cut);
		if (state->stage != RESP_BULKS)
			return rv;
	}
	if (state->stage == RESP_BULKS)
		return resp_bulks(state, data, len, max_message, cut);
	cut->used = len;
	return WEFT_CUT_SKIP;
}

const char *
kv_fault_text(enum kv_fault fault)
{
	static const char *const texts[] = {
#define KV_FAULT_TEXT(name, text) [KV_FAULT_##name] = "Protocol error: " text,
		KV_FAULTS(KV_FAULT_TEXT)
#undef KV_FAULT_TEXT
	};

	return texts[fault];
}

/* Room for count arguments. */
static int
args_room(struct kv_args *args, size_t count)
{
	if (count <= KV_ARGS_FEW)
		return WEFT_OK;
	args->many = malloc(count * sizeof(*args->many));
	if (args->many == NULL)
		return -ENOMEM;
	args->argv = args->many;
	return WEFT_OK;
}

static int
args_array(struct kv_args *args, const uint8_t *data, size_t len,
    enum kv_fault *fault)
{
	size_t at, used;
	int64_t number;
	uint32_t i;

	*fault = KV_FAULT_COUNT;
	if (resp_number(data, len, &at, &number) != RESP_LINE_OK ||
	    number > KV_ARGS_MAX)
		return WEFT_OK;
	if (number > (int64_t)((len - at) / RESP_BULK_MIN)) {
		*fault = KV_FAULT_CUT;
		return WEFT_OK;
	}
	*fault = KV_FAULT_NONE;
	if (number <= 0)
		return WEFT_OK;
	if (args_room(args, (size_t)number) < 0)
		return -ENOMEM;
	for (i = 0; i < (uint32_t)number; i++) {
		int64_t bulk;

		if (at >= len ||
		    resp_bulk(data + at, len - at, &used, &bulk, fault) ==
			RESP_LINE_MORE)
			*fault = KV_FAULT_CUT;
		else if (*fault == KV_FAULT_NONE &&
		    (uint64_t)bulk + 2 > len - at - used)
			*fault = KV_FAULT_CUT;
		if (*fault != KV_FAULT_NONE) {
			args->odd = at < len ? data[at] : 0;
			return WEFT_OK;
		}
		args->argv[i].data = data + at + used;
		args->argv[i].len = (size_t)bulk;
		at += used + (size_t)bulk + 2;
	}
	args->argc = (uint32_t)number;
	return WEFT_OK;
}

static int
inline_hex(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
inline_blank(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Fewer than isspace(): as Redis has it, '\v' and '\f' stay in a word. */
static bool
inline_ends_word(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The byte of an escape within "": *at is behind the backslash. */
static uint8_t
inline_escape(const uint8_t **at, const uint8_t *end)
{
	static const char letters[] = "nrtba", bytes[] = "\n\r\t\b\a";
	const uint8_t *p = *at;
	const char *found;

	if (*p == 'x' && end - p >= 3 && inline_hex(p[1]) >= 0 &&
	    inline_hex(p[2]) >= 0) {
		*at += 3;
		return (uint8_t)(inline_hex(p[1]) << 4 | inline_hex(p[2]));
	}
	*at += 1;
	found = memchr(letters, *p, sizeof(letters) - 1);
	return found != NULL ? (uint8_t)bytes[found - letters] : *p;
}

/*
 * One word of an inline command, quotes and escapes taken off; as Redis's
 * sdssplitargs(): a closing quote must be followed by a blank or the end.
 * false: quotes are not balanced.
 */
static bool
inline_word(const uint8_t **atp, const uint8_t *end, uint8_t **outp)
{
	const uint8_t *at = *atp;
	uint8_t *out = *outp;
	int quote = 0;

	while (at < end && (quote != 0 || !inline_ends_word(*at))) {
		if (quote == 0 && (*at == '"' || *at == '\'')) {
			quote = *at++;
		} else if (quote != 0 && *at == quote) {
			at++;
			if (at < end && !inline_blank(*at))
				return false;
			quote = 0;
			break;
		} else if (quote == '"' && *at == '\\' && end - at > 1) {
			at++;
			*out++ = inline_escape(&at, end);
		} else if (quote == '\'' && *at == '\\' && end - at > 1 &&
		    at[1] == '\'') {
			*out++ = '\'';
			at += 2;
		} else {
			*out++ = *at++;
		}
	}
	*atp = at;
	*outp = out;
	return quote == 0;
}

static int
args_inline(struct kv_args *args, const uint8_t *data, size_t len,
    enum kv_fault *fault)
{
	const uint8_t *nul = memchr(data, '\0', len);
	const uint8_t *at = data, *end = nul != NULL ? nul : data + len;
	uint8_t *out;

	/* Words need a blank between them, and taking quotes off shortens. */
	if (args_room(args, len / 2 + 1) < 0)
		return -ENOMEM;
	args->scratch = out = malloc(len + 1);
	if (out == NULL)
		return -ENOMEM;
	for (;;) {
		while (at < end && inline_blank(*at))
			at++;
		if (at == end)
			return WEFT_OK;
		args->argv[args->argc].data = out;
		if (!inline_word(&at, end, &out)) {
			*fault = KV_FAULT_QUOTES;
			args->argc = 0;
			return WEFT_OK;
		}
		args->argv[args->argc].len = (size_t)(out -
		    (const uint8_t *)args->argv[args->argc].data);
		args->argc++;
	}
}

int
kv_args_parse(
    struct kv_args *args, struct weft_bytes msg, enum kv_fault *fault)
{
	const uint8_t *data = msg.data;

	args->argv = args->few;
	args->argc = 0;
	args->scratch = NULL;
	args->many = NULL;
	args->odd = 0;
	*fault = KV_FAULT_NONE;
	if (msg.len == 0)
		return WEFT_OK;
	if (data[0] != '*')
		return args_inline(args, data, msg.len, fault);
	if (msg.len == KV_FAULT_LEN && data[1] >= 'A' &&
	    data[1] < 'A' + KV_FAULT_NONE) {
		*fault = (enum kv_fault)(data[1] - 'A');
		args->odd = data[2];
		return WEFT_OK;
	}
	return args_array(args, data, msg.len, fault);
}

void
kv_args_fini(struct kv_args *args)
{
	free(args->scratch);
	free(args->many);
}
