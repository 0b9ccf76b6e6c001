/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_versions.c - what one version of a type makes of the images
 * of another (../unit/two_versions.h).
 *
 * Checked besides what the sanitizers see:
 * - what version 1 takes in its own format, version 2 takes with defaults;
 * - what version 2 takes, in any format, version 1 takes, and the members that
 *   both have are the same;
 * - what version 1 takes and version 2 does not is wrong only in what version
 *   2 alone looks at;
 * - a value packed by either is the same one to the other.
 */
#include "fuzz_image.h"

#include "../unit/same_value.h"
#include "../unit/two_versions.h"

static struct weft_type old_type, new_type;

/* What version 1 writes of a value, version 2 reads. */
static void
is_read_by_new(const struct fuzz_value *old)
{
	struct fuzz_value made = { NULL, NULL, 0 };
	struct weft_malformed why;
	struct weft_bytes packed = fuzz_pack(&old_type, old->value);

	CHECK(fuzz_unpack(&new_type, packed, &made, &why));
	CHECK(same_value(&old_type, old->value, &new_type, made.value, true));
	fuzz_free(&made);
	fuzz_free_image(packed);
}

/* And the reverse. */
static void
is_read_by_old(const struct fuzz_value *newer)
{
	struct fuzz_value made = { NULL, NULL, 0 };
	struct weft_malformed why;
	struct weft_bytes packed = fuzz_pack(&new_type, newer->value);

	CHECK(fuzz_unpack(&old_type, packed, &made, &why));
	CHECK(
	    same_value(&old_type, made.value, &new_type, newer->value, false));
	fuzz_free(&made);
	fuzz_free_image(packed);
}

/* Version 1 has taken what version 2 has not. */
static void
is_refused_for_more(struct weft_bytes image, const struct weft_malformed *why)
{
	CHECK(!fuzz_is_format(image, old_type.format));
	CHECK(!fuzz_is_format(image, new_type.format) ||
	    why->fault != WEFT_FAULT_MISMATCH);
	switch (why->fault) {
	case WEFT_FAULT_MISMATCH:
	case WEFT_FAULT_DIMS:
	case WEFT_FAULT_ELEMENTS:
	case WEFT_FAULT_BYTES:
	case WEFT_FAULT_ZERO:
		break;
	default:
		fprintf(stderr, "%s\n", weft_fault_name(why->fault));
		abort();
	}
}

size_t
LLVMFuzzerCustomMutator(
    uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return fuzz_mutate_image(data, size, max_size, seed, 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct weft_bytes image = { data, size };
	struct fuzz_value old, newer;
	struct weft_malformed why, whynot;
	bool is_old, is_new;

	old_type = version_of_offer(&offer1_type);
	new_type = version_of_offer(&offer2_type);
	is_old = fuzz_unpack(&old_type, image, &old, &why);
	is_new = fuzz_unpack(&new_type, image, &newer, &whynot);
	if (is_new)
		CHECK(is_old);
	else if (is_old)
		is_refused_for_more(image, &whynot);
	if (is_old && is_new)
		CHECK(same_value(&old_type, old.value, &new_type, newer.value,
		    fuzz_is_format(image, old_type.format)));
	if (is_old) {
		is_read_by_new(&old);
		fuzz_free(&old);
	}
	if (is_new) {
		is_read_by_old(&newer);
		fuzz_free(&newer);
	}
	return 0;
}
