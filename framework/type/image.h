/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type/image.h - the head of a tpl image.
 *
 *	0    "tpl"
 *	3    flags: bit 0, numbers are big-endian; bit 1, strings as tpl writes
 *	     them since 1.3
 *	4    the length of the whole image, 32 bits
 *	8    the format, ended by NUL
 *	     the length of each fixed array ('#') of the format, 32 bits
 *	     the data
 *
 * thread: any.
 */
#ifndef WI_IMAGE_H
#define WI_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <weft/type.h>

#define WI_IMAGE_HEAD 8u          /* [bytes] before the format */
#define WI_IMAGE_BIG_ENDIAN 0x01u /* flags */
#define WI_IMAGE_STRINGS 0x02u
#define WI_IMAGE_FORMAT_MAX 1023u /* [bytes] */

/* An image that begins well.  owned by: whoever has its bytes. */
struct wi_image {
	const uint8_t *bytes;
	size_t len;
	bool swap;          /* numbers are of the other byte order */
	bool strings;       /* of tpl 1.3 and later */
	const char *format; /* ended by NUL */
	size_t format_len;  /* [bytes] */
	const uint8_t *dims;
};

/*
 * wi_image_head() - judge the first 8 bytes; behind them is one at least.
 *
 *   image    out      format_len and dims are not known yet.
 *   offset   out      [bytes] where the fault is.
 *   returns           NONE, MAGIC, FLAGS or LENGTH.
 */
enum weft_fault wi_image_head(
    struct weft_bytes bytes, struct wi_image *image, uint32_t *offset);

/*
 * wi_image_format() - find the end of the format, which is only known to end
 * then, not to be one.
 *
 *   returns           NONE or FORMAT.
 */
enum weft_fault wi_image_format(struct wi_image *image, uint32_t *offset);

/* wi_image_open() - both. */
static inline enum weft_fault
wi_image_open(
    struct weft_bytes bytes, struct wi_image *image, uint32_t *offset)
{
	enum weft_fault fault = wi_image_head(bytes, image, offset);

	return fault != WEFT_FAULT_NONE ? fault :
					  wi_image_format(image, offset);
}

/* wi_image_host_order() - the flag of this machine's byte order. */
static inline uint8_t
wi_image_host_order(void)
{
	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? WI_IMAGE_BIG_ENDIAN :
							0;
}

/* wi_image_u32() - a number, from any address. */
static inline uint32_t
wi_image_u32(const uint8_t *at, bool swap)
{
	uint32_t number;

	memcpy(&number, at, sizeof(number));
	return swap ? __builtin_bswap32(number) : number;
}

#endif
