/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/check_table.c - what a plugin exports, judged: its members.
 *
 * thread: any; pure.
 */
#include "host/check_table.h"

/* What one rule says of a table. */
struct table_rule {
	enum wi_level level;
	const char *what;
	const char *text;
};

#define TABLE_UNREAD(save, load)                                              \
	{                                                                     \
		WI_LEVEL_ERROR, save,                                         \
		    "expected " load                                          \
		    " to read what it writes, found none: a reload would "    \
		    "lose it"                                                 \
	}
#define TABLE_UNWRITTEN(save, load)                                           \
	{                                                                     \
		WI_LEVEL_WARNING, load,                                       \
		    "expected " save " to write what it reads, found none"    \
	}
#define TABLE_UNFREED(save, drop)                                             \
	{                                                                     \
		WI_LEVEL_WARNING, save,                                       \
		    "expected " drop                                          \
		    " to free what this version had, found none: a reload "   \
		    "may leak it"                                             \
	}

void
wi_check_table(const struct weft_plugin *api, bool codec,
    void (*add)(
	void *arg, enum wi_level level, const char *what, const char *text),
    void *arg)
{
	const struct {
		bool broken;
		struct table_rule rule;
	} rules[] = {
		{ api->message == NULL && api->receives == NULL &&
			api->routes == NULL && api->opened == NULL &&
			api->signal == NULL && api->load == NULL && !codec,
		    { WI_LEVEL_WARNING, "handlers",
			"expected message(), receives or routes, found no "
			"handler at all" } },
		{ api->save != NULL && api->load == NULL,
		    TABLE_UNREAD("save()", "load()") },
		{ api->save_strand != NULL && api->load_strand == NULL,
		    TABLE_UNREAD("save_strand()", "load_strand()") },
		{ api->save_endpoint != NULL && api->load_endpoint == NULL,
		    TABLE_UNREAD("save_endpoint()", "load_endpoint()") },
		{ api->load_strand != NULL && api->save_strand == NULL,
		    TABLE_UNWRITTEN("save_strand()", "load_strand()") },
		{ api->load_endpoint != NULL && api->save_endpoint == NULL,
		    TABLE_UNWRITTEN("save_endpoint()", "load_endpoint()") },
		{ api->save != NULL && api->unload == NULL,
		    TABLE_UNFREED("save()", "unload()") },
		{ api->save_strand != NULL && api->drop_strand == NULL,
		    TABLE_UNFREED("save_strand()", "drop_strand()") },
		{ api->save_endpoint != NULL && api->drop_endpoint == NULL,
		    TABLE_UNFREED("save_endpoint()", "drop_endpoint()") },
	};
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].broken)
			add(arg, rules[i].rule.level, rules[i].rule.what,
			    rules[i].rule.text);
}
