/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type/image - the head of a tpl image, before anything else is looked at.
 *
 * thread: any.
 */
#include "type/image.h"

static enum weft_fault
image_fault(enum weft_fault fault, size_t at, uint32_t *offset)
{
	*offset = (uint32_t)at;
	return fault;
}

enum weft_fault
wi_image_head(
    struct weft_bytes bytes, struct wi_image *image, uint32_t *offset)
{
	const uint8_t *data = bytes.data;

	if (bytes.len < 3 || memcmp(data, "tpl", 3) != 0)
		return image_fault(WEFT_FAULT_MAGIC, 0, offset);
	if (bytes.len < WI_IMAGE_HEAD + 1 || bytes.len > UINT32_MAX)
		return image_fault(WEFT_FAULT_LENGTH, 4, offset);
	if ((data[3] & ~(WI_IMAGE_BIG_ENDIAN | WI_IMAGE_STRINGS)) != 0)
		return image_fault(WEFT_FAULT_FLAGS, 3, offset);
	image->bytes = data;
	image->len = bytes.len;
	image->swap = (data[3] & WI_IMAGE_BIG_ENDIAN) != wi_image_host_order();
	image->strings = (data[3] & WI_IMAGE_STRINGS) != 0;
	if (wi_image_u32(data + 4, image->swap) != bytes.len)
		return image_fault(WEFT_FAULT_LENGTH, 4, offset);
	image->format = (const char *)data + WI_IMAGE_HEAD;
	return WEFT_FAULT_NONE;
}

enum weft_fault
wi_image_format(struct wi_image *image, uint32_t *offset)
{
	size_t room = image->len - WI_IMAGE_HEAD;
	const char *end;

	if (room > WI_IMAGE_FORMAT_MAX + 1)
		room = WI_IMAGE_FORMAT_MAX + 1;
	end = memchr(image->format, '\0', room);
	if (end == NULL)
		return image_fault(WEFT_FAULT_FORMAT, WI_IMAGE_HEAD, offset);
	image->format_len = (size_t)(end - image->format);
	image->dims = (const uint8_t *)end + 1;
	return WEFT_FAULT_NONE;
}
