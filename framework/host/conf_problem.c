/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_problem.c - all that is wrong with a configuration.
 *
 * thread: as host/conf.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "host/conf_read.h"

void
wi_conf_problem_add(struct wi_conf_problems *problems, const char *place,
    int line, int column, const char *text)
{
	struct wi_conf_problem *problem;

	if (problems->n == WI_CONF_PROBLEMS_MAX) {
		problems->more++;
		return;
	}
	problem = &problems->list[problems->n++];
	problem->place = strdup(place);
	problem->line = line;
	problem->column = column;
	(void)snprintf(problem->text, sizeof(problem->text), "%s", text);
}

void
wi_conf_problem(struct wi_conf_problems *problems,
    const struct wi_conf_place *place, const char *format, ...)
{
	char text[sizeof(problems->list[0].text)];
	va_list args;

	va_start(args, format);
	(void)wi_line_format(text, sizeof(text), format, args);
	va_end(args);
	wi_conf_problem_add(
	    problems, place->file, place->line, place->column, text);
}

/* Does a stand behind b?  rank: of its file. */
static bool
problem_is_behind(const struct wi_conf_problem *a, size_t a_rank,
    const struct wi_conf_problem *b, size_t b_rank)
{
	if (a_rank != b_rank)
		return a_rank > b_rank;
	return a->line > b->line ||
	    (a->line == b->line && a->column > b->column);
}

static size_t
problem_rank(const struct wi_conf_problems *problems, size_t i)
{
	const struct wi_conf_problem *list = problems->list;
	size_t rank;

	for (rank = 0; rank < i; rank++)
		if (list[rank].place != NULL && list[i].place != NULL &&
		    strcmp(list[rank].place, list[i].place) == 0)
			break;
	return rank;
}

/* A hundred at most, and stable. */
void
wi_conf_problems_sort(struct wi_conf_problems *problems)
{
	struct wi_conf_problem *list = problems->list, one;
	size_t ranks[WI_CONF_PROBLEMS_MAX], rank, i, j;

	for (i = 0; i < problems->n; i++)
		ranks[i] = problem_rank(problems, i);
	for (i = 1; i < problems->n; i++) {
		one = list[i];
		rank = ranks[i];
		for (j = i; j > 0; j--) {
			if (!problem_is_behind(
				&list[j - 1], ranks[j - 1], &one, rank))
				break;
			list[j] = list[j - 1];
			ranks[j] = ranks[j - 1];
		}
		list[j] = one;
		ranks[j] = rank;
	}
}

void
wi_conf_problem_text(
    const struct wi_conf_problem *problem, char *out, size_t size)
{
	const char *place = problem->place != NULL ? problem->place : "?";

	if (problem->line == 0)
		(void)snprintf(out, size, "%s: %s", place, problem->text);
	else if (problem->column == 0)
		(void)snprintf(out, size, "%s:%d: %s", place, problem->line,
		    problem->text);
	else
		(void)snprintf(out, size, "%s:%d:%d: %s", place, problem->line,
		    problem->column, problem->text);
}

void
wi_conf_problems_fini(struct wi_conf_problems *problems)
{
	size_t i;

	for (i = 0; i < problems->n; i++)
		free(problems->list[i].place);
	memset(problems, 0, sizeof(*problems));
}
