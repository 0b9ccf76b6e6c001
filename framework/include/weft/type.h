/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/type.h - messages that are values of a struct.
 *
 * A type is declared once, in a header that both sides include:
 *
 *	#define item_MEMBERS(M)        \
 *		M(str, name)           \
 *		M(u32, count, 1)
 *	WEFT_TYPE(item);
 *
 *	#define offer_MEMBERS(M)       \
 *		M(u64, price)          \
 *		M(list, items, item)
 *	WEFT_TYPE(offer);
 *
 * which makes struct item and struct offer, with these members, and item_type
 * and offer_type, which weft_send_typed() and the others are given.  A plugin
 * says which types it receives:
 *
 *	static void
 *	on_offer(struct weft_call *call, weft_endpoint from,
 *	    const struct offer *offer)
 *	{
 *		if (offer->items.len > 0)
 *			item_send(call, from, &offer->items.at[0]);
 *	}
 *
 *	static const struct weft_on receives[] = {
 *		WEFT_ON(offer, on_offer),
 *		WEFT_ON_END,
 *	};
 *	WEFT_PLUGIN(.name = "shop", .receives = receives);
 *
 * M(KIND, NAME) and what may follow:
 *
 *	u8 i16 u16 i32 u32 i64 u64 f64    a number [, default]
 *	str                               const char * [, default]; never NULL
 *	                                  when it was received
 *	bytes                             struct weft_bytes
 *	fixed, NAME, ELEMENT, COUNT       ELEMENT NAME[COUNT] of numbers
 *	array, NAME, ELEMENT              struct { const ELEMENT *at; uint32_t
 *	                                  len; } of numbers, str or bytes
 *	nested, NAME, TYPE                struct TYPE, declared before
 *	list, NAME, TYPE                  struct { const struct TYPE *at;
 *	                                  uint32_t len; }
 *
 * Types nest in each other at most 3 deep.
 *
 * On the wire a value is a tpl image (tpl 1.6): its format is that of the
 * members one after the other ("sUA(su)": 's' for the name, then offer), and
 * its first string is the name of the type, so any tpl program can write and
 * read it.  WEFT_TYPE_BARE() is a type without that name; a plugin that
 * receives one receives no other.
 *
 * Versions: members may be appended to a type that is sent by itself, or is in
 * a list.  Who knows fewer ignores the rest; who knows more finds the default
 * that it has declared (0, "" and nothing where none is).  A type that is
 * nested in another by value stays as it is.
 *
 * C11, and C++17 where __builtin_offsetof() is known.
 */
#ifndef WEFT_TYPE_H
#define WEFT_TYPE_H

#include <stddef.h>
#include <stdint.h>

#include <weft/endpoint.h>
#include <weft/error.h>
#include <weft/export.h>
#include <weft/type_macros.h>

WEFT_BEGIN_DECLS

struct weft_load; /* weft/plugin.h */
struct weft_save; /* weft/reload.h */

/* What a member is. */
enum weft_member_kind {
	WEFT_MEMBER_none,
	WEFT_MEMBER_u8,
	WEFT_MEMBER_i16,
	WEFT_MEMBER_u16,
	WEFT_MEMBER_i32,
	WEFT_MEMBER_u32,
	WEFT_MEMBER_i64,
	WEFT_MEMBER_u64,
	WEFT_MEMBER_f64,
	WEFT_MEMBER_str,
	WEFT_MEMBER_bytes,
	WEFT_MEMBER_fixed,
	WEFT_MEMBER_array,
	WEFT_MEMBER_nested,
	WEFT_MEMBER_list,
};

/* One member, as WEFT_TYPE() describes it. */
struct weft_member {
	size_t offset; /* [bytes] in the struct */
	const char *name;
	uint32_t kind;              /* enum weft_member_kind */
	uint32_t element;           /* fixed, array: that of each */
	uint32_t count;             /* fixed: elements; else 1 */
	const struct weft_type *of; /* nested, list; else NULL */
	uint64_t number;            /* default of an integer */
	double real;                /* of f64 */
	const char *text;           /* of str; else NULL */
};

#define WEFT_TYPE_IS_BARE 1u     /* no name in front */
#define WEFT_TYPE_IS_FLAT 2u     /* all values have one size on the wire */
#define WEFT_TYPE_HAS_STRINGS 4u /* among its members */
#define WEFT_TYPE_IS_PACKED 8u   /* flat, and the same bytes in memory */

/* A type, as WEFT_TYPE() makes it: constant, and never freed while it is in
 * use. */
struct weft_type {
	uint32_t size; /* sizeof(struct weft_type) */
	uint32_t flags;
	const char *name;
	const char *format; /* of the whole image, the name's 's' included */
	size_t format_len;  /* [bytes] */
	uint32_t nmembers;
	const struct weft_member *members;
	uint32_t value_size;   /* [bytes] of the struct */
	uint32_t wire_min;     /* [bytes] of the members on the wire, at
	                          least; flat: always */
	uint32_t ndims;        /* fixed arrays */
	uint32_t max_elements; /* of all lists and arrays of a value together;
	                          0: 65536 */
	uint32_t max_bytes;    /* [bytes] of a value in memory, who receives
	                          it checks; 0: 4 MiB */
	uint32_t name_len;     /* [bytes] */
	const char *head;      /* format, NUL, and the name behind its length;
	                          bare: without the name */
	size_t head_len;       /* [bytes] */
};

/*
 * WEFT_TYPE() - declare struct TAG, TAG_type, TAG_send() and TAG_publish(),
 * from TAG_MEMBERS(M).
 * WEFT_TYPE_LIMITED() - with limits of its own, see struct weft_type.
 * WEFT_TYPE_BARE() - without the name on the wire.
 *
 *   tag      in       the name, in C and on the wire.
 */
#define WEFT_TYPE(tag) WEFT_TYPE_MAKE(tag, "s", 0, 0, 0)
#define WEFT_TYPE_LIMITED(tag, max_elements, max_bytes)                       \
	WEFT_TYPE_MAKE(tag, "s", 0, max_elements, max_bytes)
#define WEFT_TYPE_BARE(tag) WEFT_TYPE_MAKE(tag, "", 1, 0, 0)

/* What is wrong with an image: X(name, word, text). */
#define WEFT_FAULTS(X)                                                        \
	X(NONE, "none", "nothing")                                            \
	X(MAGIC, "magic", "it does not begin with \"tpl\"")                   \
	X(FLAGS, "flags", "its flags are not known")                          \
	X(OLD_STRINGS, "old-strings", "its strings are of tpl before 1.3")    \
	X(LENGTH, "length", "the length that it says is not its length")      \
	X(FORMAT, "format", "its format is not one of tpl, or too long")      \
	X(DEPTH, "depth", "its format nests too deep")                        \
	X(UNKNOWN, "unknown", "no type of that name is expected here")        \
	X(MISMATCH, "mismatch", "a member is not of the type's kind")         \
	X(DIMS, "dims", "a fixed array is not as long as the type's")         \
	X(SHORT, "short", "it ends within a member")                          \
	X(LONG, "long", "it goes on behind its last member")                  \
	X(COUNT, "count", "it counts more elements than it can hold")         \
	X(ELEMENTS, "elements", "more elements than max_elements")            \
	X(BYTES, "bytes", "the value is larger than max_bytes")               \
	X(ZERO, "zero", "a string holds a zero byte")

enum weft_fault {
#define WEFT_FAULT_ENUM(name, word, text) WEFT_FAULT_##name,
	WEFT_FAULTS(WEFT_FAULT_ENUM)
#undef WEFT_FAULT_ENUM
};

/*
 * weft_fault_name(), weft_fault_text() - a fault as a word, "old-strings", and
 * in words.
 *
 *   fault    in       one of enum weft_fault.
 *   returns           a constant string, never NULL.
 *   owner             the library.
 *   thread            any.
 */
WEFT_EXPORT const char *weft_fault_name(enum weft_fault fault);
WEFT_EXPORT const char *weft_fault_text(enum weft_fault fault);

/* A message that is no value of an expected type. */
struct weft_malformed {
	enum weft_fault fault;
	uint32_t offset;    /* [bytes] in msg where that was seen */
	const char *type;   /* whose value it would be; NULL: of none */
	const char *member; /* that it was seen at, or NULL */
	struct weft_bytes msg;
};

/* What is done about it: the listener's policy (malformed= in its URL: close,
 * the default, or skip), or as malformed() of the plugin answers. */
enum weft_malformed_answer {
	WEFT_MALFORMED_DEFAULT, /* as the URL says */
	WEFT_MALFORMED_CLOSE,   /* abort the endpoint: reason MALFORMED */
	WEFT_MALFORMED_SKIP,    /* go on with its next message */
};

/*
 * weft_pack() - write a value as it goes on the wire.
 *
 *   type     in       its type.
 *   value    in       a struct of that type.  A str may be NULL, and is ""
 *                     to who receives it.
 *   out      out      undefined on error; may be NULL if size is 0.
 *   size     in       [bytes] of out.
 *   len      out      [bytes] that the image has, or would have.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_EFULL    *len bytes are needed.
 *                     WEFT_ETOOBIG  more elements than the type's limit, or an
 *                                   image of 4 GiB.
 *                     -EINVAL       an array or list without a place, but with
 *                                   a len.
 *   thread            any.
 */
WEFT_EXPORT WEFT_CHECK int weft_pack(const struct weft_type *type,
    const void *value, void *out, size_t size, size_t *len);

/*
 * weft_unpack() - check an image, and make the value of it.
 *
 *   type     in       what it is to be.
 *   image    in       any bytes.
 *   value    out      a struct of that type; undefined on error.  What its
 *                     members point to lies in memory, or is a default.
 *   memory   out      aligned as malloc() does; may be NULL if size is 0.
 *   size     in       [bytes] of memory.
 *   why      out      on WEFT_EMALFORMED, what is wrong; may be NULL.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_EMALFORMED  it is no value of the type.
 *                     WEFT_EFULL       memory is too small; weft_unpack_need()
 *                                      says how much it takes.
 *   thread            any.
 */
WEFT_EXPORT WEFT_CHECK int weft_unpack(const struct weft_type *type,
    struct weft_bytes image, void *value, void *memory, size_t size,
    struct weft_malformed *why);

/*
 * weft_unpack_need() - check an image, and say what memory its value takes.
 *
 *   type, image, why  as weft_unpack().
 *   need     out      [bytes] of memory; never above the type's max_bytes.
 *   returns           WEFT_OK or WEFT_EMALFORMED.
 *   thread            any.
 */
WEFT_EXPORT WEFT_CHECK int weft_unpack_need(const struct weft_type *type,
    struct weft_bytes image, size_t *need, struct weft_malformed *why);

/*
 * weft_send_typed(), weft_publish_typed() - weft_send() and weft_publish() of
 * a value.  TAG_send() and TAG_publish() are these for one type, and take
 * nothing else.
 *
 *   call     in       the call that the handler was given.
 *   to       in       any endpoint of this node.
 *   topic    in       as weft_publish() (weft/topic.h).
 *   type     in       of the value.
 *   value    in       a struct of that type; nothing of it is kept.
 *   returns           as weft_send() and weft_publish().
 *   errors            as those, and those of weft_pack() but WEFT_EFULL,
 *                     which is that of weft_send().
 *   thread            any, until the handler returns.  Does not block.
 */
WEFT_EXPORT int weft_send_typed(struct weft_call *call, weft_endpoint to,
    const struct weft_type *type, const void *value);
WEFT_EXPORT int weft_publish_typed(struct weft_call *call, const char *topic,
    const struct weft_type *type, const void *value);

/*
 * weft_node_send_typed(), weft_node_publish_typed() - the same without a call,
 * from a thread of one's own.
 *
 *   node     in       must not be freed meanwhile.
 *   others            as weft_send_typed() and weft_publish_typed().
 *   returns           as those.
 *   errors            as those.
 *   thread            any.  Does not block.
 */
WEFT_EXPORT int weft_node_send_typed(struct weft_node *node, weft_endpoint to,
    const struct weft_type *type, const void *value);
WEFT_EXPORT int weft_node_publish_typed(struct weft_node *node,
    const char *topic, const struct weft_type *type, const void *value);

/* A handler of values of one type: value lives until it returns.  Any other
 * than of that type does not compile with WEFT_ON(). */
typedef void weft_on_cb(
    struct weft_call *call, weft_endpoint from, const void *value);

/* See weft/reload.h. */
WEFT_EXPORT WEFT_CHECK int weft_save_typed(
    struct weft_save *save, const struct weft_type *type, const void *value);
WEFT_EXPORT WEFT_CHECK int weft_load_typed(
    struct weft_load *load, const struct weft_type *type, void *value);

/* One type that a plugin receives. */
struct weft_on {
	const struct weft_type *type;
	weft_on_cb *function;
};

#define WEFT_ON(tag, function)                                                \
	{                                                                     \
		&tag##_type, WEFT_ON_FUNCTION(tag, function)                  \
	}
#define WEFT_ON_END                                                           \
	{                                                                     \
		0, 0                                                          \
	}

/*
 * weft_dispatch_typed() - give a message to the handler of its type, as it is
 * done with the messages of a listener whose codec is tpl: for message() of a
 * plugin that gets values elsewhere, too.
 *
 *   call     in       the call that message() was given.
 *   msg      in       the message.
 *   returns           WEFT_OK: the handler has run; or an error below.
 *   errors            WEFT_EMALFORMED  it is no value of a type that the
 *                                      plugin receives; what is done about
 *                                      that is done.
 *                     WEFT_ESTATE      not in message(), or the plugin
 *                                      receives no types.
 *                     -ENOMEM
 *   thread            the worker that runs call.
 */
WEFT_EXPORT int weft_dispatch_typed(
    struct weft_call *call, struct weft_bytes msg);

WEFT_END_DECLS

#endif
