/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/desk - what listeners and connects of all threads share.
 *
 * thread: any, under the desk's mutex.
 */
#include "handoff/desk.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <weft/error.h>

struct wi_desk_limits {
	struct wi_desk_limits *next;
	const struct wi_limits *now; /* atomic: see wi_desk_limits_now() */
	struct wi_limits limits;
};

_Static_assert(sizeof(struct wi_limits) ==
	7 * sizeof(const char *) + 32 * sizeof(uint32_t),
    "limits are compared by their bytes");

struct wi_desk_text {
	struct wi_desk_text *next;
	char text[];
};

struct wi_desk_web {
	struct wi_desk_web *next;
	uint64_t id;
	uint16_t port;
	uint8_t kind;                   /* enum wi_url_web */
	const struct wi_tls_terms *tls; /* NULL: none */
	char host[WI_URL_HOST_MAX];
	char target[WI_URL_TARGET_MAX];
	char proxy[WI_URL_TEXT_MAX];
};

int
wi_desk_init(struct wi_desk *desk, const struct weft_options *options)
{
	memset(desk, 0, sizeof(*desk));
	desk->options = *options;
	return -pthread_mutex_init(&desk->mutex, NULL);
}

void
wi_desk_fini(struct wi_desk *desk)
{
	struct wi_desk_limits *limits;
	struct wi_desk_text *text;
	struct wi_desk_web *web;

	while ((limits = desk->limits) != NULL) {
		desk->limits = limits->next;
		free(limits);
	}
	while ((text = desk->texts) != NULL) {
		desk->texts = text->next;
		free(text);
	}
	while ((web = desk->webs) != NULL) {
		desk->webs = web->next;
		free(web);
	}
	free(desk->listeners);
	(void)pthread_mutex_destroy(&desk->mutex);
}

/* ---- limits */

static const struct wi_limits *
desk_limits_find(const struct wi_desk *desk, const struct wi_limits *limits)
{
	const struct wi_desk_limits *kept;

	for (kept = desk->limits; kept != NULL; kept = kept->next)
		if (memcmp(&kept->limits, limits, sizeof(*limits)) == 0)
			return &kept->limits;
	return NULL;
}

static const struct wi_limits *
desk_limits_keep(struct wi_desk *desk, struct wi_desk_limits *kept,
    const struct wi_limits *limits)
{
	desk->nkept++;
	memcpy(&kept->limits, limits, sizeof(*limits));
	kept->now = &kept->limits;
	kept->next = desk->limits;
	desk->limits = kept;
	return &kept->limits;
}

static const struct wi_limits *
desk_limits(struct wi_desk *desk, const struct wi_limits *limits)
{
	const struct wi_limits *found = desk_limits_find(desk, limits);
	struct wi_desk_limits *kept;

	if (found != NULL)
		return found;
	if (desk->nkept == WI_DESK_KEEPS ||
	    (kept = malloc(sizeof(*kept))) == NULL)
		return NULL;
	return desk_limits_keep(desk, kept, limits);
}

const struct wi_limits *
wi_desk_limits(struct wi_desk *desk, const struct wi_limits *limits)
{
	const struct wi_limits *kept;
	struct wi_limits own;

	memcpy(&own, limits, sizeof(own)); /* padding, too */
	(void)pthread_mutex_lock(&desk->mutex);
	wi_limits_take(&own, &desk->options);
	kept = desk_limits(desk, &own);
	(void)pthread_mutex_unlock(&desk->mutex);
	return kept;
}

const struct wi_limits *
wi_desk_limits_now(const struct wi_limits *limits)
{
	const struct wi_desk_limits *kept =
	    (const void *)((const char *)limits -
		offsetof(struct wi_desk_limits, limits));

	/* Acquire: pairs with desk_follow(). */
	return __atomic_load_n(&kept->now, __ATOMIC_ACQUIRE);
}

void
wi_desk_options(struct wi_desk *desk, struct weft_options *options)
{
	(void)pthread_mutex_lock(&desk->mutex);
	*options = desk->options;
	(void)pthread_mutex_unlock(&desk->mutex);
}

/* Whoever connects has other constants: true, and these. */
static bool
desk_differs(const struct wi_limits *limits,
    const struct weft_options *options, struct wi_limits *next)
{
	memcpy(next, limits, sizeof(*next)); /* padding, too */
	wi_limits_take(next, options);
	return next->max_message != limits->max_message ||
	    next->slow_reader != limits->slow_reader;
}

static void
desk_free(struct wi_desk_limits *list)
{
	struct wi_desk_limits *next;

	for (; list != NULL; list = next) {
		next = list->next;
		free(list);
	}
}

/* As many as could be needed, so that nothing can fail from there on. */
static int
desk_spare(const struct wi_desk *desk, const struct weft_options *options,
    struct wi_desk_limits **sparep)
{
	const struct wi_desk_limits *kept;
	struct wi_desk_limits *one;
	struct wi_limits next;
	uint32_t n = desk->nkept;

	*sparep = NULL;
	for (kept = desk->limits; kept != NULL; kept = kept->next) {
		if (!desk_differs(&kept->limits, options, &next))
			continue;
		one = n++ == WI_DESK_KEEPS ? NULL : malloc(sizeof(*one));
		if (one == NULL) {
			desk_free(*sparep);
			return -ENOMEM;
		}
		one->next = *sparep;
		*sparep = one;
	}
	return WEFT_OK;
}

/* Each leads to what whoever connects has from now on. */
static void
desk_follow(struct wi_desk *desk, struct wi_desk_limits **sparep)
{
	struct wi_desk_limits *kept = desk->limits, *one;
	const struct wi_limits *now;
	struct wi_limits next;

	for (; kept != NULL; kept = kept->next) {
		now = &kept->limits;
		if (desk_differs(now, &desk->options, &next))
			now = desk_limits_find(desk, &next);
		if (now == NULL) {
			one = *sparep;
			*sparep = one->next;
			now = desk_limits_keep(desk, one, &next);
		}
		/* Release: a new one is whole. */
		__atomic_store_n(&kept->now, now, __ATOMIC_RELEASE);
	}
}

int
wi_desk_change(struct wi_desk *desk, const struct weft_options *options)
{
	struct wi_desk_limits *kept, *spare;
	int rv;

	(void)pthread_mutex_lock(&desk->mutex);
	rv = desk_spare(desk, options, &spare);
	if (rv == WEFT_OK) {
		desk->options = *options;
		for (kept = desk->limits; kept != NULL; kept = kept->next)
			wi_limits_change(&kept->limits, options);
		desk_follow(desk, &spare);
		desk_free(spare);
	}
	(void)pthread_mutex_unlock(&desk->mutex);
	return rv;
}

/* ---- texts */

static const char *
desk_text(struct wi_desk *desk, const char *text)
{
	size_t size = strlen(text) + 1;
	struct wi_desk_text *kept;

	for (kept = desk->texts; kept != NULL; kept = kept->next)
		if (strcmp(kept->text, text) == 0)
			return kept->text;
	if (desk->nkept == WI_DESK_KEEPS ||
	    (kept = malloc(sizeof(*kept) + size)) == NULL)
		return NULL;
	desk->nkept++;
	memcpy(kept->text, text, size);
	kept->next = desk->texts;
	desk->texts = kept;
	return kept->text;
}

const char *
wi_desk_text(struct wi_desk *desk, const char *text)
{
	const char *kept;

	(void)pthread_mutex_lock(&desk->mutex);
	kept = desk_text(desk, text);
	(void)pthread_mutex_unlock(&desk->mutex);
	return kept;
}

/* ---- listeners */

static uint64_t
desk_listener_add(struct wi_desk *desk)
{
	uint32_t capacity = desk->capacity == 0 ? 8 : 2 * desk->capacity;
	uint64_t *grown;

	if (desk->nlisteners == desk->capacity) {
		grown = realloc(desk->listeners, capacity * sizeof(*grown));
		if (grown == NULL)
			return 0;
		desk->listeners = grown;
		desk->capacity = capacity;
	}
	desk->listeners[desk->nlisteners++] = ++desk->last_listener;
	return desk->last_listener;
}

bool
wi_desk_place(struct wi_desk *desk, const struct wi_url *url, bool ours,
    struct weft_codec_place *place)
{
	char authority[WI_URL_HOST_MAX + 16];
	char target[WI_URL_TARGET_MAX + WI_URL_TEXT_MAX];

	place->authority = NULL;
	if (ours) {
		wi_url_authority(url, authority, sizeof(authority));
		place->authority = wi_desk_text(desk, authority);
		if (place->authority == NULL)
			return false;
	}
	wi_url_target(url, target, sizeof(target));
	place->target = wi_desk_text(desk, target);
	place->origins = wi_desk_text(desk, url->origin);
	place->protocols = wi_desk_text(desk, url->protocols);
	place->next = NULL;
	place->plain = url->web == WI_URL_WEB_HTTP;
	place->deflate = (uint32_t)url->numbers[WI_URL_deflate];
	place->deflate_bits = (uint32_t)url->numbers[WI_URL_deflate_bits];
	return place->target != NULL && place->origins != NULL &&
	    place->protocols != NULL;
}

uint64_t
wi_desk_listener_add(struct wi_desk *desk)
{
	uint64_t id;

	(void)pthread_mutex_lock(&desk->mutex);
	id = desk_listener_add(desk);
	(void)pthread_mutex_unlock(&desk->mutex);
	return id;
}

static void
desk_web_remove(struct wi_desk *desk, uint64_t id)
{
	struct wi_desk_web *web, **link = &desk->webs;

	while ((web = *link) != NULL && web->id != id)
		link = &web->next;
	if (web == NULL)
		return;
	*link = web->next;
	free(web);
}

bool
wi_desk_listener_remove(struct wi_desk *desk, uint64_t id)
{
	bool found = false;
	uint32_t i;

	(void)pthread_mutex_lock(&desk->mutex);
	for (i = 0; i < desk->nlisteners && !found; i++)
		if (desk->listeners[i] == id) {
			desk->listeners[i] =
			    desk->listeners[--desk->nlisteners];
			found = true;
		}
	desk_web_remove(desk, id);
	(void)pthread_mutex_unlock(&desk->mutex);
	return found;
}

bool
wi_desk_listener_is(struct wi_desk *desk, uint64_t id)
{
	bool found = false;
	uint32_t i;

	(void)pthread_mutex_lock(&desk->mutex);
	for (i = 0; i < desk->nlisteners && !found; i++)
		found = desk->listeners[i] == id;
	(void)pthread_mutex_unlock(&desk->mutex);
	return found;
}

bool
wi_desk_web_add(struct wi_desk *desk, uint64_t id, const struct wi_url *url,
    const struct wi_tls_terms *tls, uint16_t port)
{
	struct wi_desk_web *web = malloc(sizeof(*web));

	if (web == NULL)
		return false;
	web->id = id;
	web->port = port;
	web->tls = tls;
	memcpy(web->host, url->host, sizeof(web->host));
	memcpy(web->target, url->target, sizeof(web->target));
	memcpy(web->proxy, url->proxy, sizeof(web->proxy));
	web->kind = url->web;
	(void)pthread_mutex_lock(&desk->mutex);
	web->next = desk->webs;
	desk->webs = web;
	(void)pthread_mutex_unlock(&desk->mutex);
	return true;
}

uint64_t
wi_desk_web_find(struct wi_desk *desk, const struct wi_url *url,
    const struct wi_tls_terms *tls, bool *taken, bool *differs)
{
	const struct wi_desk_web *web;
	uint64_t id = 0;

	*taken = false;
	*differs = false;
	(void)pthread_mutex_lock(&desk->mutex);
	for (web = desk->webs; web != NULL; web = web->next)
		if (web->port == url->port && web->tls == tls &&
		    strcmp(web->host, url->host) == 0) {
			id = web->id;
			*taken |= web->kind == url->web &&
			    (web->kind == WI_URL_WEB_HTTP ||
				strcmp(web->target, url->target) == 0);
			*differs |= strcmp(web->proxy, url->proxy) != 0;
		}
	(void)pthread_mutex_unlock(&desk->mutex);
	return id;
}
