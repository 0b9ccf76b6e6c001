/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_topics_model.c - io/topics beside a list of all filters and
 * the rules of MQTT 3.1.1, section 4.7, told once more.
 */
#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "check_random.h"
#include "io/topics.h"

#define SUBS 400u
#define TEXT 64u /* [bytes] of a filter or topic here */

struct model_sub {
	struct wi_subscription sub; /* the first member */
	char filter[TEXT];          /* "": not there */
	uint64_t added;
	unsigned found;
};

struct model {
	struct wi_topics topics;
	struct model_sub subs[SUBS];
	uint32_t count;   /* that are there */
	uint64_t added;   /* ever */
	uint64_t matched; /* ever */
	uint32_t levels;  /* at most, of what is made up */
	uint32_t words;   /* different ones */
	uint64_t random;
	struct model_sub *order[SUBS]; /* as they were found */
	uint32_t nfound;
};

/* The rules, for what is left of both. */
static bool
rest_matches(const char *filter, const char *topic)
{
	size_t filter_len = strcspn(filter, "/");
	size_t topic_len = strcspn(topic, "/");

	if (strcmp(filter, "#") == 0)
		return true;
	if (!(filter_len == 1 && filter[0] == '+') &&
	    (filter_len != topic_len ||
		strncmp(filter, topic, topic_len) != 0))
		return false;
	if (topic[topic_len] == '\0')
		return filter[filter_len] == '\0' ||
		    strcmp(filter + filter_len, "/#") == 0;
	return filter[filter_len] == '/' &&
	    rest_matches(filter + filter_len + 1, topic + topic_len + 1);
}

static bool
model_matches(const char *filter, const char *topic)
{
	if (topic[0] == '$' && (filter[0] == '+' || filter[0] == '#'))
		return false;
	return rest_matches(filter, topic);
}

/* A filter, or a topic. */
static void
model_text(struct model *model, char text[TEXT], bool is_filter)
{
	static const char *const words[] = { "", "a", "b", "$", "ab", "$a",
		"temperature", "c", "d", "e", "f", "g", "h", "i", "j", "k" };
	uint32_t n = 1 + check_below(&model->random, model->levels), i;
	unsigned pluses = 0;
	const char *word;
	size_t len = 0;

	for (i = 0; i < n; i++) {
		word = words[check_below(&model->random, model->words)];
		if (is_filter && pluses < WI_TOPIC_PLUSES &&
		    check_below(&model->random, 3) == 0) {
			word = "+";
			pluses++;
		}
		if (is_filter && i + 1 == n &&
		    check_below(&model->random, 4) == 0)
			word = "#";
		len += (size_t)snprintf(
		    text + len, TEXT - len, "%s%s", i > 0 ? "/" : "", word);
		ck_assert_uint_lt(len, TEXT);
	}
	if (len == 0)
		strcpy(text, "a");
}

/* Another one of the same filter? */
static bool
model_has_twin(const struct model *model, const struct model_sub *of)
{
	uint32_t i;

	for (i = 0; i < SUBS; i++)
		if (&model->subs[i] != of &&
		    strcmp(model->subs[i].filter, of->filter) == 0)
			return true;
	return false;
}

WI_ON_IO static void
model_toggle(struct model *model, struct model_sub *sub)
{
	char out[WI_TOPIC_BYTES + 1];
	bool first, last;

	if (sub->filter[0] != '\0') {
		check_holds(strcmp(wi_topics_filter(&sub->sub, out),
				sub->filter) == 0);
		last = wi_topics_remove(&model->topics, &sub->sub);
		check_holds(last == !model_has_twin(model, sub));
		sub->filter[0] = '\0';
		model->count--;
		return;
	}
	model_text(model, sub->filter, true);
	check_holds(wi_topics_add(&model->topics, sub->filter,
			strlen(sub->filter), &sub->sub, &first) == WEFT_OK);
	check_holds(first == !model_has_twin(model, sub));
	sub->added = ++model->added;
	model->count++;
}

static void
model_found(void *arg, struct wi_subscription *found)
{
	struct model_sub *sub = (struct model_sub *)found;
	struct model *model = arg;

	check_holds(model->nfound < SUBS && sub->filter[0] != '\0');
	sub->found++;
	model->order[model->nfound++] = sub;
}

/* Those of one filter come in the order in which they were added. */
static void
assert_order(const struct model *model)
{
	uint32_t i, j;

	for (i = 0; i < model->nfound; i++)
		for (j = i + 1; j < model->nfound; j++)
			check_holds(
			    model->order[i]->added < model->order[j]->added ||
			    strcmp(model->order[i]->filter,
				model->order[j]->filter) != 0);
}

WI_ON_IO static void
model_publish(struct model *model)
{
	char topic[TEXT];
	uint32_t i, n;

	model_text(model, topic, false);
	model->nfound = 0;
	n = (uint32_t)wi_topics_match(
	    &model->topics, topic, strlen(topic), model_found, model);
	check_holds(n == model->nfound);
	model->matched += n;
	for (i = 0; i < SUBS; i++) {
		check_holds(model->subs[i].found ==
		    (model->subs[i].filter[0] != '\0' &&
			model_matches(model->subs[i].filter, topic)));
		model->subs[i].found = 0;
	}
	assert_order(model);
}

static int
model_compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Nodes: the different paths from the root, without '#'. */
WI_ON_IO static void
assert_nodes(const struct model *model)
{
	static char paths[SUBS * WI_TOPIC_LEVELS][TEXT];
	size_t len, n = 0, i, different = 0;
	const char *filter;

	for (i = 0; i < SUBS; i++) {
		filter = model->subs[i].filter;
		for (len = 0; filter[0] != '\0'; len++) {
			if (filter[len] != '/' && filter[len] != '\0')
				continue;
			if (filter[len] == '\0' && filter[len - 1] == '#')
				break;
			/* An empty level at the end is not an empty path. */
			memcpy(paths[n], filter, len);
			memcpy(paths[n++] + len, "/", 2);
			if (filter[len] == '\0')
				break;
		}
	}
	qsort(paths, n, TEXT, model_compare);
	for (i = 0; i < n; i++)
		different += i == 0 || strcmp(paths[i], paths[i - 1]) != 0;
	check_holds(different ==
	    model->topics.nodes.hashed + model->topics.nodes.pluses);
	check_holds(model->topics.count == model->count);
	check_holds((model->topics.nodes.root == NULL) == (model->count == 0));
}

/* Grow, stay, shrink, grow again, and all away. */
WI_ON_IO static void
model_run(struct model *model, uint32_t steps)
{
	static const uint32_t wanted[] = { SUBS, SUBS / 2, 10, SUBS, 0 };
	struct model_sub *sub;
	uint32_t phase, i;

	wi_topics_init(&model->topics);
	for (phase = 0; phase < CHECK_COUNT(wanted); phase++) {
		for (i = 0; i < steps || model->count > wanted[phase]; i++) {
			sub = &model->subs[check_below(&model->random, SUBS)];
			if (check_below(&model->random, 4) == 0 ||
			    (sub->filter[0] == '\0') ==
				(model->count < wanted[phase]))
				if (i < steps || sub->filter[0] != '\0')
					model_toggle(model, sub);
			if (i % 4 == 0)
				model_publish(model);
			if (i % 64 == 0)
				assert_nodes(model);
		}
		assert_nodes(model);
	}
	ck_assert_uint_eq(model->topics.count, 0);
	ck_assert_ptr_null(model->topics.nodes.buckets);
	wi_topics_fini(&model->topics);
}

START_TEST(few_words_do_what_a_list_of_filters_does)
{
	static struct model model;
	uint64_t seed;

	wi_become_io();
	for (seed = 1; seed <= 40; seed++) {
		memset(&model, 0, sizeof(model));
		model.levels = 1 + (uint32_t)seed % 5;
		model.words = 2 + (uint32_t)seed % 6;
		model.random = seed;
		model_run(&model, 600);
		ck_assert_uint_gt(model.matched, 1000);
	}
}
END_TEST

START_TEST(deep_filters_do_what_a_list_of_filters_does)
{
	static struct model model;
	uint64_t seed;

	wi_become_io();
	for (seed = 1; seed <= 20; seed++) {
		memset(&model, 0, sizeof(model));
		model.levels = WI_TOPIC_LEVELS;
		model.words = 2;
		model.random = seed;
		model_run(&model, 600);
		ck_assert_uint_gt(model.matched, 100);
	}
}
END_TEST

START_TEST(many_words_do_what_a_list_of_filters_does)
{
	static struct model model;
	uint64_t seed;

	wi_become_io();
	for (seed = 1; seed <= 20; seed++) {
		memset(&model, 0, sizeof(model));
		model.levels = 4;
		model.words = 16;
		model.random = seed;
		model_run(&model, 1000);
		ck_assert_uint_gt(model.matched, 100);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		few_words_do_what_a_list_of_filters_does,
		deep_filters_do_what_a_list_of_filters_does,
		many_words_do_what_a_list_of_filters_does,
	};

	return check_main("topics_model", tests, CHECK_COUNT(tests));
}
