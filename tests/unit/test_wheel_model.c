/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_wheel_model.c - base/wheel beside a plain list of what is
 * set,
 * for random lives of all lengths.
 */
#include <stdbool.h>
#include <string.h>

#include "check_main.h"
#include "check_random.h"
#include "base/wheel.h"

#define ENTRIES 200u
#define NONE ENTRIES
#define STEPS 4000u

/* An entry, and what the list knows of it. */
struct entry {
	struct wi_tick tick;
	bool set;
	uint64_t at;
	uint64_t order; /* the how manyth that was set */
};

struct model {
	struct wi_wheel wheel;
	struct entry entries[ENTRIES];
	bool clears; /* entries are cleared and moved: next may be early */
	uint64_t now;
	uint64_t norders;
	uint64_t nfired;
	uint64_t meeting; /* a date that many are set for */
	uint64_t random;
};

/* A span of time of all kinds; one is as likely as one 256 times as long. */
static uint64_t
model_span(struct model *model)
{
	uint64_t *random = &model->random;
	uint32_t bits = check_below(random, 36);
	uint64_t span = check_random(random) >> 20;

	switch (check_below(random, 4)) {
	case 0: /* beside a border */
		return (UINT64_C(1) << bits) - 1 + check_below(random, 3);
	case 1:
		return check_below(random, 12);
	default:
		return span & ((UINT64_C(1) << bits) - 1);
	}
}

static uint64_t
model_date(struct model *model)
{
	uint64_t span = model_span(model);

	switch (check_below(&model->random, 8)) {
	case 0: /* it has passed, perhaps before there was time */
		return model->now > span ? model->now - span : 0;
	case 1: /* where blocks begin */
		span = (model->now + span) &
		    (UINT64_MAX << 8 * check_below(&model->random, 5));
		return span > model->now ? span : model->now;
	case 2:
	case 3:
		return model->now + span;
	default:
		if (model->meeting <= model->now)
			model->meeting = model->now + span;
		return model->meeting;
	}
}

static void
model_touch(struct model *model)
{
	struct entry *entry =
	    &model->entries[check_below(&model->random, ENTRIES)];
	uint64_t at;

	if (entry->set && !model->clears)
		return;
	if (model->clears && check_below(&model->random, 4) == 0) {
		wi_wheel_clear(&model->wheel, &entry->tick);
		entry->set = false;
	} else {
		at = model_date(model);
		wi_wheel_set(&model->wheel, &entry->tick, at);
		entry->set = true;
		entry->at = at > model->now ? at : model->now;
		entry->order = model->norders++;
	}
	check_holds(wi_tick_is_set(&entry->tick) == entry->set);
}

/* The one that is first, by date and by order of setting; NONE. */
static uint32_t
model_first(const struct model *model)
{
	const struct entry *entry, *first = NULL;
	uint32_t i;

	for (i = 0; i < ENTRIES; i++) {
		entry = &model->entries[i];
		if (!entry->set)
			continue;
		if (first == NULL || entry->at < first->at ||
		    (entry->at == first->at && entry->order < first->order))
			first = entry;
	}
	return first == NULL ? NONE : (uint32_t)(first - model->entries);
}

static void
assert_as_model(const struct model *model)
{
	uint32_t i, n = 0, first = model_first(model);
	uint64_t next = wi_wheel_next(&model->wheel);

	for (i = 0; i < ENTRIES; i++)
		n += model->entries[i].set;
	check_holds(model->wheel.count == n);
	check_holds((next == UINT64_MAX) == (n == 0));
	if (n == 0)
		return;
	check_holds(next <= model->entries[first].at);
	if (!model->clears)
		check_holds(next == model->entries[first].at);
}

/* Let time pass, and take up to so many, but one at least: only that tells
 * the wheel what time it is. */
static void
model_pass(struct model *model, uint64_t now, uint32_t most)
{
	struct wi_tick *tick;
	struct entry *entry;
	uint32_t first;

	model->now = now;
	for (; most > 0; most--) {
		tick = wi_wheel_take(&model->wheel, now);
		first = model_first(model);
		if (first == NONE || model->entries[first].at > now) {
			check_holds(tick == NULL);
			return;
		}
		entry = &model->entries[first];
		check_holds(tick == &entry->tick);
		check_holds(tick->at == entry->at);
		check_holds(!wi_tick_is_set(tick));
		entry->set = false;
		model->nfired++;
		if (check_below(&model->random, 4) == 0)
			model_touch(model);
	}
}

static void
model_step(struct model *model)
{
	uint32_t i, first;
	uint64_t now = model->now;

	switch (check_below(&model->random, 10)) {
	case 0:
		model_pass(model, now + model_span(model), UINT32_MAX);
		break;
	case 1: /* it leaves some that are due */
		model_pass(model, now + model_span(model),
		    1 + check_below(&model->random, 4));
		break;
	case 2: /* as who sleeps until then, or a little less */
		first = model_first(model);
		if (first == NONE || model->entries[first].at <= now + 1)
			break;
		now = model->entries[first].at;
		model_pass(model, now - 1, 1);
		model_pass(model, now, UINT32_MAX);
		break;
	case 3:
	case 4:
		model_pass(
		    model, now + check_below(&model->random, 300), UINT32_MAX);
		break;
	default:
		for (i = check_below(&model->random, 8); i > 0; i--)
			model_touch(model);
		break;
	}
}

START_TEST(wheel_does_what_a_sorted_list_does)
{
	static struct model model;
	uint64_t seed;
	uint32_t i;

	for (seed = 1; seed <= 24; seed++) {
		memset(&model, 0, sizeof(model));
		model.random = seed;
		model.clears = seed % 2;
		model.now = check_random(&model.random) >> 14;
		wi_wheel_init(&model.wheel, model.now);
		for (i = 0; i < STEPS; i++) {
			model_step(&model);
			assert_as_model(&model);
		}
		ck_assert_uint_gt(model.nfired, STEPS / 4);
		while (wi_wheel_any(&model.wheel) != NULL)
			;
		for (i = 0; i < ENTRIES; i++)
			check_holds(!wi_tick_is_set(&model.entries[i].tick));
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		wheel_does_what_a_sorted_list_does,
	};

	return check_main("wheel_model", tests, CHECK_COUNT(tests));
}
