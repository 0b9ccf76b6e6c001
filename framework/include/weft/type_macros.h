/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/type_macros.h - what WEFT_TYPE() is made of; nothing here is to be
 * used by itself.
 *
 * TAG_MEMBERS(M) is expanded several times, each time with another M: for the
 * struct, for what is known of it at compile time, for the format, and for the
 * table.  An M is given (kind, ...) and passes on what follows the kind, with
 * two empty arguments behind it, so that each of these macros has as many as
 * it names and a default that was not said is empty.
 *
 * open_note: the table needs offsetof() with the struct's tag, which no M is
 * given.  So the M that makes it begins with an open parenthesis and the tag,
 * and what it is called with closes it.
 *
 * depth_note: a macro is not expanded within its own expansion, so the format
 * of what is nested is made by another set of them for each level.
 */
#ifndef WEFT_TYPE_MACROS_H
#define WEFT_TYPE_MACROS_H

/* ---- elements: their C type, and [bytes] on the wire, at least */

#define WEFT_C_u8 uint8_t
#define WEFT_C_i16 int16_t
#define WEFT_C_u16 uint16_t
#define WEFT_C_i32 int32_t
#define WEFT_C_u32 uint32_t
#define WEFT_C_i64 int64_t
#define WEFT_C_u64 uint64_t
#define WEFT_C_f64 double
#define WEFT_C_str const char *
#define WEFT_C_bytes struct weft_bytes

#define WEFT_WIRE_u8 1
#define WEFT_WIRE_i16 2
#define WEFT_WIRE_u16 2
#define WEFT_WIRE_i32 4
#define WEFT_WIRE_u32 4
#define WEFT_WIRE_i64 8
#define WEFT_WIRE_u64 8
#define WEFT_WIRE_f64 8

#define WEFT_IS_STR_u8 0
#define WEFT_IS_STR_i16 0
#define WEFT_IS_STR_u16 0
#define WEFT_IS_STR_i32 0
#define WEFT_IS_STR_u32 0
#define WEFT_IS_STR_i64 0
#define WEFT_IS_STR_u64 0
#define WEFT_IS_STR_f64 0
#define WEFT_IS_STR_str 1
#define WEFT_IS_STR_bytes 0

#define WEFT_LETTER_u8 "c"
#define WEFT_LETTER_i16 "j"
#define WEFT_LETTER_u16 "v"
#define WEFT_LETTER_i32 "i"
#define WEFT_LETTER_u32 "u"
#define WEFT_LETTER_i64 "I"
#define WEFT_LETTER_u64 "U"
#define WEFT_LETTER_f64 "f"
#define WEFT_LETTER_str "s"
#define WEFT_LETTER_bytes "B"

/* ---- the struct */

#define WEFT_DECLARE(kind, ...) WEFT_DECLARE_##kind(__VA_ARGS__, , )
#define WEFT_DECLARE_u8(name, ...) uint8_t name;
#define WEFT_DECLARE_i16(name, ...) int16_t name;
#define WEFT_DECLARE_u16(name, ...) uint16_t name;
#define WEFT_DECLARE_i32(name, ...) int32_t name;
#define WEFT_DECLARE_u32(name, ...) uint32_t name;
#define WEFT_DECLARE_i64(name, ...) int64_t name;
#define WEFT_DECLARE_u64(name, ...) uint64_t name;
#define WEFT_DECLARE_f64(name, ...) double name;
#define WEFT_DECLARE_str(name, ...) const char *name;
#define WEFT_DECLARE_bytes(name, ...) struct weft_bytes name;
#define WEFT_DECLARE_fixed(name, element, count, ...)                         \
	WEFT_C_##element name[count];
#define WEFT_DECLARE_array(name, element, ...)                                \
	struct {                                                              \
		WEFT_C_##element const *at;                                   \
		uint32_t len;                                                 \
	} name;
#define WEFT_DECLARE_nested(name, tag, ...) struct tag name;
#define WEFT_DECLARE_list(name, tag, ...)                                     \
	struct {                                                              \
		const struct tag *at;                                         \
		uint32_t len;                                                 \
	} name;

/* ---- what is known of it: its members, [bytes] of its wire form at least,
 * its fixed arrays, whether it has one size, whether it has strings */

#define WEFT_COUNT(kind, ...) +1

#define WEFT_MIN(kind, ...) +WEFT_MIN_##kind(__VA_ARGS__, , )
#define WEFT_MIN_u8(...) 1
#define WEFT_MIN_i16(...) 2
#define WEFT_MIN_u16(...) 2
#define WEFT_MIN_i32(...) 4
#define WEFT_MIN_u32(...) 4
#define WEFT_MIN_i64(...) 8
#define WEFT_MIN_u64(...) 8
#define WEFT_MIN_f64(...) 8
#define WEFT_MIN_str(...) 4
#define WEFT_MIN_bytes(...) 4
#define WEFT_MIN_array(...) 4
#define WEFT_MIN_list(...) 4
#define WEFT_MIN_fixed(name, element, count, ...) WEFT_WIRE_##element *(count)
#define WEFT_MIN_nested(name, tag, ...) tag##_weft_min

#define WEFT_DIMS(kind, ...) +WEFT_DIMS_##kind(__VA_ARGS__, , )
#define WEFT_DIMS_u8(...) 0
#define WEFT_DIMS_i16(...) 0
#define WEFT_DIMS_u16(...) 0
#define WEFT_DIMS_i32(...) 0
#define WEFT_DIMS_u32(...) 0
#define WEFT_DIMS_i64(...) 0
#define WEFT_DIMS_u64(...) 0
#define WEFT_DIMS_f64(...) 0
#define WEFT_DIMS_str(...) 0
#define WEFT_DIMS_bytes(...) 0
#define WEFT_DIMS_array(...) 0
#define WEFT_DIMS_fixed(...) 1
#define WEFT_DIMS_nested(name, tag, ...) tag##_weft_dims
#define WEFT_DIMS_list(name, tag, ...) tag##_weft_dims

/* Declared defaults that their member can hold: else an enum's value is none,
 * whose name says so. */
#define WEFT_FITS(kind, ...) WEFT_FITS_##kind(__VA_ARGS__, , )
#define WEFT_FITS_IN(kind, missing)                                           \
	&&(int64_t)(missing + 0) == (int64_t)(WEFT_C_##kind)(missing + 0)
#define WEFT_FITS_u8(name, missing, ...) WEFT_FITS_IN(u8, missing)
#define WEFT_FITS_i16(name, missing, ...) WEFT_FITS_IN(i16, missing)
#define WEFT_FITS_u16(name, missing, ...) WEFT_FITS_IN(u16, missing)
#define WEFT_FITS_i32(name, missing, ...) WEFT_FITS_IN(i32, missing)
#define WEFT_FITS_u32(name, missing, ...) WEFT_FITS_IN(u32, missing)
#define WEFT_FITS_i64(...)
#define WEFT_FITS_u64(...)
#define WEFT_FITS_f64(...)
#define WEFT_FITS_str(...)
#define WEFT_FITS_bytes(...)
#define WEFT_FITS_fixed(...)
#define WEFT_FITS_array(...)
#define WEFT_FITS_nested(...)
#define WEFT_FITS_list(...)

#define WEFT_FLAT(kind, ...) &WEFT_FLAT_##kind(__VA_ARGS__, , )
#define WEFT_FLAT_u8(...) 1
#define WEFT_FLAT_i16(...) 1
#define WEFT_FLAT_u16(...) 1
#define WEFT_FLAT_i32(...) 1
#define WEFT_FLAT_u32(...) 1
#define WEFT_FLAT_i64(...) 1
#define WEFT_FLAT_u64(...) 1
#define WEFT_FLAT_f64(...) 1
#define WEFT_FLAT_str(...) 0
#define WEFT_FLAT_bytes(...) 0
#define WEFT_FLAT_array(...) 0
#define WEFT_FLAT_list(...) 0
#define WEFT_FLAT_fixed(...) 1
#define WEFT_FLAT_nested(name, tag, ...) tag##_weft_flat

#define WEFT_STRINGS(kind, ...) | WEFT_STRINGS_##kind(__VA_ARGS__, , )
#define WEFT_STRINGS_u8(...) 0
#define WEFT_STRINGS_i16(...) 0
#define WEFT_STRINGS_u16(...) 0
#define WEFT_STRINGS_i32(...) 0
#define WEFT_STRINGS_u32(...) 0
#define WEFT_STRINGS_i64(...) 0
#define WEFT_STRINGS_u64(...) 0
#define WEFT_STRINGS_f64(...) 0
#define WEFT_STRINGS_str(...) 1
#define WEFT_STRINGS_bytes(...) 0
#define WEFT_STRINGS_fixed(...) 0
#define WEFT_STRINGS_array(name, element, ...) WEFT_IS_STR_##element
#define WEFT_STRINGS_nested(name, tag, ...) tag##_weft_strings
#define WEFT_STRINGS_list(name, tag, ...) tag##_weft_strings

/* ---- the format: see depth_note */

#define WEFT_F0(kind, ...) WEFT_F0_##kind(__VA_ARGS__, , )
#define WEFT_F0_u8(...) "c"
#define WEFT_F0_i16(...) "j"
#define WEFT_F0_u16(...) "v"
#define WEFT_F0_i32(...) "i"
#define WEFT_F0_u32(...) "u"
#define WEFT_F0_i64(...) "I"
#define WEFT_F0_u64(...) "U"
#define WEFT_F0_f64(...) "f"
#define WEFT_F0_str(...) "s"
#define WEFT_F0_bytes(...) "B"
#define WEFT_F0_fixed(name, element, ...) WEFT_LETTER_##element "#"
#define WEFT_F0_array(name, element, ...) "A(" WEFT_LETTER_##element ")"
#define WEFT_F0_nested(name, tag, ...) tag##_MEMBERS(WEFT_F1)
#define WEFT_F0_list(name, tag, ...) "A(" tag##_MEMBERS(WEFT_F1) ")"

#define WEFT_F1(kind, ...) WEFT_F1_##kind(__VA_ARGS__, , )
#define WEFT_F1_u8(...) "c"
#define WEFT_F1_i16(...) "j"
#define WEFT_F1_u16(...) "v"
#define WEFT_F1_i32(...) "i"
#define WEFT_F1_u32(...) "u"
#define WEFT_F1_i64(...) "I"
#define WEFT_F1_u64(...) "U"
#define WEFT_F1_f64(...) "f"
#define WEFT_F1_str(...) "s"
#define WEFT_F1_bytes(...) "B"
#define WEFT_F1_fixed(name, element, ...) WEFT_LETTER_##element "#"
#define WEFT_F1_array(name, element, ...) "A(" WEFT_LETTER_##element ")"
#define WEFT_F1_nested(name, tag, ...) tag##_MEMBERS(WEFT_F2)
#define WEFT_F1_list(name, tag, ...) "A(" tag##_MEMBERS(WEFT_F2) ")"

#define WEFT_F2(kind, ...) WEFT_F2_##kind(__VA_ARGS__, , )
#define WEFT_F2_u8(...) "c"
#define WEFT_F2_i16(...) "j"
#define WEFT_F2_u16(...) "v"
#define WEFT_F2_i32(...) "i"
#define WEFT_F2_u32(...) "u"
#define WEFT_F2_i64(...) "I"
#define WEFT_F2_u64(...) "U"
#define WEFT_F2_f64(...) "f"
#define WEFT_F2_str(...) "s"
#define WEFT_F2_bytes(...) "B"
#define WEFT_F2_fixed(name, element, ...) WEFT_LETTER_##element "#"
#define WEFT_F2_array(name, element, ...) "A(" WEFT_LETTER_##element ")"
#define WEFT_F2_nested(name, tag, ...) tag##_MEMBERS(WEFT_F3)
#define WEFT_F2_list(name, tag, ...) "A(" tag##_MEMBERS(WEFT_F3) ")"

/* The deepest: nothing nests in it. */
#define WEFT_F3(kind, ...) WEFT_F3_##kind(__VA_ARGS__, , )
#define WEFT_F3_u8(...) "c"
#define WEFT_F3_i16(...) "j"
#define WEFT_F3_u16(...) "v"
#define WEFT_F3_i32(...) "i"
#define WEFT_F3_u32(...) "u"
#define WEFT_F3_i64(...) "I"
#define WEFT_F3_u64(...) "U"
#define WEFT_F3_f64(...) "f"
#define WEFT_F3_str(...) "s"
#define WEFT_F3_bytes(...) "B"
#define WEFT_F3_fixed(name, element, ...) WEFT_LETTER_##element "#"
#define WEFT_F3_array(name, element, ...) "A(" WEFT_LETTER_##element ")"

/* ---- the table: see open_note.  clang-format does not follow a brace that
 * another macro closes. */

/* clang-format off */
#define WEFT_MEMBER(tag) { __builtin_offsetof(struct tag, WEFT_MEMBER_OF
#define WEFT_MEMBER_OF(kind, ...) WEFT_MEMBER_OF_##kind(__VA_ARGS__, , )
#define WEFT_MEMBER_NUMBER(kind, name, missing)                               \
	name), #name, WEFT_MEMBER_##kind, WEFT_MEMBER_none, 1, 0,             \
	    (uint64_t)(WEFT_C_##kind)(missing + 0), 0, 0 },
#define WEFT_MEMBER_PLAIN(kind, name, element, count, of)                     \
	name), #name, WEFT_MEMBER_##kind, WEFT_MEMBER_##element, count, of,   \
	    0, 0, 0 },
#define WEFT_MEMBER_OF_u8(name, missing, ...)                                 \
	WEFT_MEMBER_NUMBER(u8, name, missing)
#define WEFT_MEMBER_OF_i16(name, missing, ...)                                \
	WEFT_MEMBER_NUMBER(i16, name, missing)
#define WEFT_MEMBER_OF_u16(name, missing, ...)                                \
	WEFT_MEMBER_NUMBER(u16, name, missing)
#define WEFT_MEMBER_OF_i32(name, missing, ...)                                \
	WEFT_MEMBER_NUMBER(i32, name, missing)
#define WEFT_MEMBER_OF_u32(name, missing, ...)                                \
	WEFT_MEMBER_NUMBER(u32, name, missing)
#define WEFT_MEMBER_OF_i64(name, missing, ...)                                \
	WEFT_MEMBER_NUMBER(i64, name, missing)
#define WEFT_MEMBER_OF_u64(name, missing, ...)                                \
	WEFT_MEMBER_NUMBER(u64, name, missing)
#define WEFT_MEMBER_OF_f64(name, missing, ...)                                \
	name), #name, WEFT_MEMBER_f64, WEFT_MEMBER_none, 1, 0, 0,             \
	    missing + 0, 0 },
#define WEFT_MEMBER_OF_str(name, missing, ...)                                \
	name), #name, WEFT_MEMBER_str, WEFT_MEMBER_none, 1, 0, 0, 0,          \
	    "" missing },
#define WEFT_MEMBER_OF_bytes(name, ...)                                       \
	WEFT_MEMBER_PLAIN(bytes, name, none, 1, 0)
#define WEFT_MEMBER_OF_fixed(name, element, count, ...)                       \
	WEFT_MEMBER_PLAIN(fixed, name, element, count, 0)
#define WEFT_MEMBER_OF_array(name, element, ...)                              \
	WEFT_MEMBER_PLAIN(array, name, element, 1, 0)
#define WEFT_MEMBER_OF_nested(name, tag, ...)                                 \
	WEFT_MEMBER_PLAIN(nested, name, none, 1, &tag##_type)
#define WEFT_MEMBER_OF_list(name, tag, ...)                                   \
	WEFT_MEMBER_PLAIN(list, name, none, 1, &tag##_type)
/* clang-format on */

/* ---- the whole */

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define WEFT_TYPE_LENGTH(n)                                                   \
	{                                                                     \
		0, 0, 0, n                                                    \
	}
#else
#define WEFT_TYPE_LENGTH(n)                                                   \
	{                                                                     \
		n, 0, 0, 0                                                    \
	}
#endif

#define WEFT_TYPE_MAKE(tag, envelope, bare, elements, bytes)                  \
	struct tag {                                                          \
		tag##_MEMBERS(WEFT_DECLARE)                                   \
	};                                                                    \
	enum {                                                                \
		tag##_weft_members = 0 tag##_MEMBERS(WEFT_COUNT),             \
		tag##_weft_min = 0 tag##_MEMBERS(WEFT_MIN),                   \
		tag##_weft_dims = 0 tag##_MEMBERS(WEFT_DIMS),                 \
		tag##_weft_flat = 1 tag##_MEMBERS(WEFT_FLAT),                 \
		tag##_weft_strings = 0 tag##_MEMBERS(WEFT_STRINGS),           \
		tag##_weft_defaults_fit = 1 / (1 tag##_MEMBERS(WEFT_FITS))    \
	};                                                                    \
	WEFT_TYPE_UNUSED static const struct weft_member tag##_members[] = {  \
		tag##_MEMBERS(WEFT_MEMBER(tag))                               \
	};                                                                    \
	WEFT_TYPE_UNUSED static const struct {                                \
		char format[sizeof(envelope tag##_MEMBERS(WEFT_F0))];         \
		unsigned char length[4];                                      \
		char name[sizeof(#tag)];                                      \
	} tag##_head = { envelope tag##_MEMBERS(WEFT_F0),                     \
		WEFT_TYPE_LENGTH(sizeof(#tag)), #tag };                       \
	WEFT_TYPE_UNUSED static const struct weft_type tag##_type = {         \
		sizeof(struct weft_type),                                     \
		((bare) ? WEFT_TYPE_IS_BARE : 0) |                            \
		    (tag##_weft_flat ? WEFT_TYPE_IS_FLAT : 0) |               \
		    (tag##_weft_strings ? WEFT_TYPE_HAS_STRINGS : 0) |        \
		    (tag##_weft_flat &&                                       \
				tag##_weft_min == (int)sizeof(struct tag) ?   \
			    WEFT_TYPE_IS_PACKED :                             \
			    0),                                               \
		#tag, tag##_head.format, sizeof(tag##_head.format) - 1,       \
		tag##_weft_members, tag##_members, sizeof(struct tag),        \
		tag##_weft_min, tag##_weft_dims, elements, bytes,             \
		sizeof(#tag) - 1, tag##_head.format,                          \
		sizeof(tag##_head.format) + ((bare) ? 0 : 3 + sizeof(#tag))   \
	};                                                                    \
	WEFT_TYPE_UNUSED static inline int tag##_send(struct weft_call *call, \
	    weft_endpoint to, const struct tag *value)                        \
	{                                                                     \
		return weft_send_typed(call, to, &tag##_type, value);         \
	}                                                                     \
	WEFT_TYPE_UNUSED static inline int tag##_publish(                     \
	    struct weft_call *call, const char *topic,                        \
	    const struct tag *value)                                          \
	{                                                                     \
		return weft_publish_typed(call, topic, &tag##_type, value);   \
	}                                                                     \
	WEFT_TYPE_UNUSED static inline int tag##_save(                        \
	    struct weft_save *save, const struct tag *value)                  \
	{                                                                     \
		return weft_save_typed(save, &tag##_type, value);             \
	}                                                                     \
	WEFT_TYPE_UNUSED static inline int tag##_load(                        \
	    struct weft_load *load, struct tag *value)                        \
	{                                                                     \
		return weft_load_typed(load, &tag##_type, value);             \
	}                                                                     \
	struct tag

#define WEFT_TYPE_UNUSED __attribute__((unused))

/* A handler as the table has it; any other than of that type does not compile.
 */
#ifdef __cplusplus
#define WEFT_ON_FUNCTION(tag, function)                                       \
	[](struct weft_call *call, weft_endpoint from, const void *value) {   \
		function(call, from, static_cast<const struct tag *>(value)); \
	}
#else
#define WEFT_ON_FUNCTION(tag, function)                                       \
	(weft_on_cb *)_Generic(                                               \
	    (function),                                                       \
	    void (*)(struct weft_call *, weft_endpoint, const struct tag *)   \
	    : (function))
#endif

#endif
