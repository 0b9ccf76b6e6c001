/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/codec.h - how a codec is described: bytes into messages, and back.
 *
 * A codec is pure: no sockets, no threads, no globals, no allocation.  It is
 * shown the bytes that have arrived and cuts the first message off them, in
 * place.  It may be stopped and resumed at any byte: when it asks for more, it
 * is called again later with the same bytes at the front and more behind them.
 * What it wants to remember in between (how far it has looked) it keeps in its
 * state, which is one small zeroed area per endpoint, aligned for a pointer.
 *
 * The codecs that are built in fill the same table.  What ws:// does to make
 * messages smaller (RFC 7692) is not asked of a codec: to inflate one is the
 * framework's, on the worker, and what deflate works in is the thread's.
 */
#ifndef WEFT_CODEC_H
#define WEFT_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include <weft/endpoint.h>
#include <weft/export.h>

WEFT_BEGIN_DECLS

/* What decode() answers besides a negative error. */
enum weft_cut_result {
	WEFT_CUT_MORE = 0,    /* the first message is not whole yet */
	WEFT_CUT_MESSAGE = 1, /* one message was cut; call for the next */
	WEFT_CUT_SKIP = 2,    /* bytes were used up that carry no message */
	WEFT_CUT_OPEN = 3,    /* the handshake is over: [offset, len) is what
	                         weft_call_hello() gives in opened() */
	WEFT_CUT_END = 4      /* the peer has ended, or is to be: what was cut
	                         before is run, answered, and closed */
};

struct weft_codec_place;

/* What decode() found.  Positions count from the start of the bytes given. */
struct weft_cut {
	size_t offset;  /* MESSAGE: its first byte */
	size_t len;     /* MESSAGE: its length [bytes], may be 0 */
	size_t used;    /* MESSAGE, SKIP: bytes used up, framing included */
	size_t need;    /* MORE: bytes needed in all, from the start of the
	                   bytes given; 0 if not known yet */
	uint32_t flags; /* MESSAGE: WEFT_TEXT, and higher bits of the codec's
	                   own meaning, else 0 */

	/* Any result: what goes to the peer at once; it must stay until the
	 * next call, be it in the state or in the bytes given.  At most 1024
	 * bytes. */
	const uint8_t *answer;
	size_t answer_len;

	/* OPEN: which of the places it is; NULL: the first. */
	const struct weft_codec_place *place;

	/* END: WEFT_OK, or the error that is to be told; what the peer said of
	 * it, for weft_call_status(); and why, in words that stay ("expected
	 * ..., found ..."), or NULL. */
	int error;
	uint32_t status;
	const char *why;
};

/* Of a message: it is text, and valid UTF-8 (RFC 3629). */
#define WEFT_TEXT 1u

/* The option deflate: are messages made smaller (RFC 7692)? */
enum weft_deflate {
	WEFT_DEFLATE_NO = 0,
	WEFT_DEFLATE_YES = 1,     /* each by itself */
	WEFT_DEFLATE_TAKEOVER = 2 /* what the peer sends may refer to what it
	                             sent before */
};

/* Where a conversation takes place, for begin(). */
struct weft_codec_place {
	const char *authority; /* "a.example:8080"; NULL: a listener */
	const char *target;  /* "/chat?room=a", as the URL has it; "": none */
	const char *origins; /* options of that name; "": not written */
	const char *protocols;
	const struct weft_codec_place *next; /* another path of the same
	                                        listener, or NULL */
	uint32_t deflate;      /* enum weft_deflate: option of that name */
	uint32_t deflate_bits; /* likewise, 9 to 15 */
	uint32_t plain;    /* 1: what is no handshake goes there, whole (used
	                   is 0 at WEFT_CUT_OPEN); the codec is another's from
	                   then on.  (ABI 1.7) */
	uint32_t reserved; /* 0 */
};

/* What a message is, where a codec carries ids (weft/request.h); as the codec
 * rpc writes it. */
enum weft_kind {
	WEFT_KIND_MESSAGE = 0, /* no id */
	WEFT_KIND_REQUEST = 1, /* to be answered, under its id */
	WEFT_KIND_REPLY = 2,   /* to the request of that id */
	WEFT_KIND_REFUSAL = 3  /* likewise: there is no reply */
};

/* What open() found. */
struct weft_envelope {
	enum weft_kind kind;
	uint64_t id;            /* unless MESSAGE */
	const uint8_t *payload; /* in the message, or all of it */
	size_t payload_len;     /* [bytes] */
};

/*
 * One codec.  Members that a later minor version adds come last; size tells
 * which of them the writer knew.
 */
struct weft_codec {
	uint32_t size;       /* sizeof(struct weft_codec) */
	uint32_t state_size; /* [bytes] of decode state per endpoint */
	uint32_t head_max;   /* most bytes that head() writes, <= 32 */
	uint32_t tail_max;   /* most bytes that tail() writes, <= 32 */
	const char *name;    /* what a URL says: "varint" in tcp+varint:// */

	/*
	 * decode() - cut the first message off the bytes that have arrived.
	 *
	 *   state        in,out  state_size bytes, zero when the endpoint
	 *                        opens; NULL if state_size is 0.
	 *   data, len    in,out  all bytes not used up yet, len >= 1; may be
	 *                        changed in place (unmasked, joined).
	 *   max_message  in      [bytes] longest message allowed, the same at
	 *                        every call for an endpoint.
	 *   cut          out     zeroed before the call.
	 *   returns              an enum weft_cut_result, or an error below.
	 *   errors               WEFT_ETOOBIG     a longer message announces
	 *                                         itself: as soon as it can be
	 *                                         known, not when it is whole.
	 *                        WEFT_EMALFORMED  no message can follow.
	 *
	 * A message ends where used ends, or before.  Who answers MORE with
	 * more than 2 * max_message + 1024 bytes at hand, or needs more than
	 * that (in a handshake: than 16384 if that is more), has answered
	 * WEFT_ETOOBIG; what cannot be (CODEC-BROKEN in the log) is taken as
	 * WEFT_EMALFORMED.
	 *
	 *   thread               the I/O thread; must not block.
	 */
	int (*decode)(void *state, uint8_t *data, size_t len,
	    size_t max_message, struct weft_cut *cut);

	/*
	 * head(), tail() - write what stands before and behind a message.
	 *
	 *   out      out      room for head_max (tail_max) bytes.
	 *   len      in       [bytes] of the message between them.
	 *   flags    in       of the codec's own meaning, 0 from weft_send().
	 *   returns           bytes written.
	 *   thread            any, several at a time.
	 *
	 * Either may be NULL: nothing stands there.
	 */
	size_t (*head)(uint8_t *out, size_t len, uint32_t flags);
	size_t (*tail)(uint8_t *out, size_t len, uint32_t flags);

	/*
	 * encode(), encode_max() - write a whole message as it goes on the
	 * wire, for codecs that change its bytes (escapes, checksums); head()
	 * and tail() are not called then.  Both or neither.
	 *
	 *   out      out      room for encode_max(len) bytes.
	 *   msg, len in       the message; not in out; msg may be NULL if len
	 *                     is 0.
	 *   flags    in       as above.
	 *   returns           bytes written; encode_max(): the most that any
	 *                     message of len bytes becomes, at most
	 *                     8 * len + 1024, else the message is WEFT_ETOOBIG
	 *                     to its sender.
	 *   thread            any, several at a time.
	 */
	size_t (*encode_max)(size_t len);
	size_t (*encode)(
	    uint8_t *out, const uint8_t *msg, size_t len, uint32_t flags);

	/*
	 * message_max - [bytes] the longest message that this codec can frame,
	 * for codecs whose wire format has such an end (65535 where a length
	 * is 16 bits); 0: none but the endpoint's max_message.  A longer
	 * message is WEFT_ETOOBIG to its sender; head(), tail(), encode() and
	 * encode_max() never see one.
	 */
	size_t message_max;

	/*
	 * seal(), open() - for codecs that carry an id, so that endpoints can
	 * be asked (weft/request.h).  Both or neither; not with encode().
	 *
	 * seal() is head() for a request or a reply: tail() follows as ever.
	 *
	 *   out      out      room for head_max bytes.
	 *   len      in       [bytes] of the payload.
	 *   kind     in       not WEFT_KIND_MESSAGE.
	 *   id       in       any 64 bits; open() on the other side gives it.
	 *   returns           bytes written.
	 *
	 * open() says what a message is that decode() has cut.
	 *
	 *   msg, len in       the message; what decode() used up in front of
	 *                     it is still there.
	 *   flags    in       as decode() set them.
	 *   envelope out      zeroed before the call.
	 *   returns           WEFT_OK; or an error, or what cannot be, and
	 *                     the endpoint is aborted (CODEC-BROKEN).
	 *
	 *   thread            any, several at a time.
	 */
	size_t (*seal)(
	    uint8_t *out, size_t len, enum weft_kind kind, uint64_t id);
	int (*open)(const uint8_t *msg, size_t len, uint32_t flags,
	    struct weft_envelope *envelope);

	/*
	 * begin() - for codecs that begin with a handshake, on both sides:
	 * opened() waits for WEFT_CUT_OPEN, what is sent before waits too, and
	 * who has not come to it after the option handshake is let go of.
	 *
	 *   state        in,out  zeroed.
	 *   place        in      stays until WEFT_CUT_OPEN or the end.
	 *   out, size    out     what is said first; size is 1024.
	 *   len          out     [bytes] of it; 0 before the call.
	 *   returns              WEFT_OK, or the error that the endpoint ends
	 *                        with.
	 *   thread               I/O.
	 *
	 * leave(), end() - for codecs that say goodbye.  leave() is told of
	 * weft_close_status(), in its words, before closed() is run; end()
	 * writes what leaves last, behind all replies, unless the connection
	 * is lost or has not come to WEFT_CUT_OPEN.
	 *
	 *   why      in       what closed() was told.
	 *   out      out      room for 256 bytes.
	 *   returns           end(): bytes written.
	 *   thread            I/O.
	 *
	 * ping() - for codecs that can ask whether the peer is there: written
	 * when nothing has arrived for as long as the option ping says.
	 *
	 *   out      out      room for 32 bytes.
	 *   returns           bytes written.
	 *   thread            I/O.
	 */
	int (*begin)(void *state, const struct weft_codec_place *place,
	    uint8_t *out, size_t size, size_t *len);
	void (*leave)(
	    void *state, uint32_t status, const char *text, size_t len);
	size_t (*end)(void *state, enum weft_reason why, uint8_t *out);
	size_t (*ping)(void *state, uint8_t *out);
};

/*
 * WEFT_CODEC() - a codec that comes with a plugin: URLs may name it once the
 * plugin is loaded, for any plugin's listeners and connections of that node.
 *
 *	WEFT_CODEC(.name = "resp", .decode = decode);
 *	WEFT_PLUGIN(.name = "kv", .message = message);
 *
 *   ...      in       members by name, in the order of the struct.  The name
 *                     is 1 to 15 of [a-z0-9_-] and not one that is there.
 *
 * A plugin with several codecs gives them to weft_load_codec() in load().
 * WEFT_CODEC_INIT() is the value, for those.
 */
#define WEFT_CODEC_INIT(...)                                                  \
	{                                                                     \
		.size = sizeof(struct weft_codec), __VA_ARGS__                \
	}
#ifdef __cplusplus
#define WEFT_CODEC_SYMBOL                                                     \
	extern "C" WEFT_EXPORT const struct weft_codec weft_codec;            \
	const struct weft_codec weft_codec
#else
#define WEFT_CODEC_SYMBOL                                                     \
	extern WEFT_EXPORT const struct weft_codec weft_codec;                \
	const struct weft_codec weft_codec
#endif
#define WEFT_CODEC(...)                                                       \
	WEFT_DEFINE(extern const struct weft_codec weft_codec,                \
	    WEFT_CODEC_SYMBOL = WEFT_CODEC_INIT(__VA_ARGS__))

WEFT_END_DECLS

#endif
