/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_listener.c - the blocks of listeners: options of a block become
 * part of its URL, which is judged by the library's own parser.
 *
 * thread: as host/conf.h.
 * from:   conf, with the plugins known.  to: struct wi_conf, listeners.
 */
#include <stdio.h>
#include <string.h>

#include "base/meant.h"
#include "base/percent.h"
#include "base/url.h"
#include "codec/url_codec.h"
#include "host/conf_read.h"
#include "host/conf_table.h"

/* Of one block. */
struct listener {
	struct wi_conf *conf;
	const struct wi_conf_block *block;
	struct wi_conf_problems *problems;
};

/* Can it be listened on?  A codec that is not built in may be a plugin's:
 * that is for wi_conf_check_plugin(). */
static int
listener_judge(const char *text, struct wi_url *url, struct weft_error *err)
{
	static const struct wi_codecs built_in = { NULL };
	const struct weft_codec *codec;
	int rc = wi_url_parse(text, WI_URL_LISTEN, url, err);

	if (rc < 0 ||
	    ((url->is & WI_URL_STREAM) != 0 && url->web == WI_URL_NO_WEB))
		return rc;
	return wi_url_codec(text, url, WI_URL_LISTEN, &built_in, &codec, err);
}

/* ---- the URL ---------------------------------------------------------- */

/* Files of TLS, several with commas between them: their paths are from the
 * folder of the configuration. */
static const char *
listener_paths(struct wi_conf *conf, const struct wi_conf_setting *setting)
{
	const char *paths = "", *at = setting->value, *one;
	size_t len;

	for (;; at += len + 1) {
		len = strcspn(at, ",");
		one = wi_conf_text(conf->source, "%.*s", (int)len, at);
		if (len > 0)
			one = wi_conf_path(conf->source, &setting->place, one);
		paths = wi_conf_text(conf->source, "%s%s%s", paths,
		    at == setting->value ? "" : ",", one);
		if (at[len] == '\0')
			return paths;
	}
}

static bool
listener_is_path(const char *name)
{
	return strcmp(name, "cert") == 0 || strcmp(name, "key") == 0 ||
	    strcmp(name, "client_ca") == 0;
}

/* url?name=value, url&name=value */
static const char *
listener_with(struct wi_conf *conf, const char *url,
    const struct wi_conf_setting *setting)
{
	const char *value = listener_is_path(setting->name) ?
	    listener_paths(conf, setting) :
	    setting->value;
	char *coded = wi_conf_keep(conf->source, 3 * strlen(value) + 1);

	if (coded == NULL)
		return url;
	(void)wi_percent_encode(value, coded);
	return wi_conf_text(conf->source, "%s%c%s=%s", url,
	    strchr(url, '?') == NULL ? '?' : '&', setting->name, coded);
}

/* Is it an option of URLs? */
static bool
listener_is_option(const struct wi_conf_setting *setting)
{
	return wi_conf_option_find(WI_CONF_LISTENER, setting->name) == NULL;
}

static bool
listener_is_known(const char *name)
{
	const char *known;
	unsigned i;

	for (i = 0; (known = wi_conf_name(WI_CONF_LISTENER, i)) != NULL; i++)
		if (strcmp(known, name) == 0)
			return true;
	return false;
}

/* Each option of the block is judged alone, so that all that is wrong is
 * said, and where; then it is part of the URL. */
static const char *
listener_options(struct listener *listener, const char *url, bool good)
{
	const struct wi_conf_setting *setting;
	const char *all = url;
	struct wi_url parts;
	struct weft_error err;

	for (setting = listener->block->settings; setting != NULL;
	     setting = setting->next) {
		if (!listener_is_option(setting))
			continue;
		if (!listener_is_known(setting->name))
			wi_conf_unknown(
			    listener->problems, listener->block, setting);
		else if (good &&
		    listener_judge(listener_with(listener->conf, url, setting),
			&parts, &err) != WEFT_OK)
			wi_conf_problem(listener->problems, &setting->place,
			    "%s: %s", setting->name, err.text);
		else if (wi_conf_setting(listener->block, setting->name) ==
		    setting)
			all = listener_with(listener->conf, all, setting);
	}
	return all;
}

static const char *
listener_url(struct listener *listener)
{
	const struct wi_conf_setting *setting =
	    wi_conf_setting(listener->block, "url");
	struct wi_url parts;
	struct weft_error err;
	bool good;

	if (setting == NULL) {
		wi_conf_problem(listener->problems, &listener->block->place,
		    "listener %s: expected url = \"...\", found none",
		    listener->block->title);
		return listener_options(listener, "", false);
	}
	good = listener_judge(setting->value, &parts, &err) == WEFT_OK;
	if (!good)
		wi_conf_problem(
		    listener->problems, &setting->place, "url: %s", err.text);
	return listener_options(listener, setting->value, good);
}

/* ---- the plugin ------------------------------------------------------- */

static const char *
listener_plugin(struct listener *listener)
{
	const struct wi_conf *conf = listener->conf;
	const struct wi_conf_setting *setting =
	    wi_conf_setting(listener->block, "plugin");
	struct wi_meant meant;
	size_t i;

	if (setting == NULL) {
		wi_conf_problem(listener->problems, &listener->block->place,
		    "listener %s: expected plugin = \"NAME\", found none",
		    listener->block->title);
		return "";
	}
	wi_meant_begin(&meant, setting->value);
	for (i = 0; i < conf->nplugins; i++) {
		if (strcmp(conf->plugins[i].title, setting->value) == 0)
			return conf->plugins[i].title;
		wi_meant_try(&meant, conf->plugins[i].title);
	}
	/* It may be in what could not be read. */
	if (!conf->source->partial)
		wi_conf_problem(listener->problems, &setting->place,
		    "plugin: expected the name of a plugin's block, found "
		    "\"%s\"%s%s%s",
		    setting->value,
		    meant.best != NULL ? ": did you mean " : "",
		    meant.best != NULL ? meant.best : "",
		    meant.best != NULL ? "?" : "");
	return setting->value;
}

/* ---- beside the other listeners --------------------------------------- */

/* Would the second of them be refused its address? */
static bool
listener_collide(const struct wi_url *a, const struct wi_url *b)
{
	if (a->is == WI_URL_UNIX || b->is == WI_URL_UNIX)
		return a->is == b->is && a->abstract == b->abstract &&
		    strcmp(a->path, b->path) == 0;
	if ((a->is == WI_URL_TCP) != (b->is == WI_URL_TCP) || a->port == 0 ||
	    a->port != b->port || strcmp(a->host, b->host) != 0)
		return false;
	if (a->web == WI_URL_WEB_WS && b->web == WI_URL_WEB_WS &&
	    strcmp(a->target, b->target) != 0)
		return false; /* they share it */
	return a->is == WI_URL_TCP ?
	    a->numbers[WI_URL_reuseport] == 0 ||
		b->numbers[WI_URL_reuseport] == 0 :
	    a->is == WI_URL_UDP && b->is == WI_URL_UDP &&
		(a->numbers[WI_URL_reuseport] == 0 ||
		    b->numbers[WI_URL_reuseport] == 0);
}

static const struct wi_conf_place *
listener_place(const struct wi_conf_block *block)
{
	const struct wi_conf_setting *url = wi_conf_setting(block, "url");

	return url != NULL ? &url->place : &block->place;
}

/* What concerns the whole URL, and those before it. */
static void
listener_whole(struct listener *listener, size_t index)
{
	const struct wi_conf_listener *list = listener->conf->listeners;
	const struct wi_conf_place *place = listener_place(listener->block);
	struct wi_url url, other;
	size_t i;

	if (listener_judge(list[index].url, &url, NULL) != WEFT_OK)
		return;
	if (url.tls && url.cert[0] == '\0')
		wi_conf_problem(listener->problems, place,
		    "url: expected the option cert, with the file of the "
		    "certificate, found none");
	for (i = 0; i < index; i++) {
		if (listener_judge(list[i].url, &other, NULL) != WEFT_OK ||
		    !listener_collide(&other, &url))
			continue;
		wi_conf_problem(listener->problems, place,
		    "url: expected an address that is free, found that of "
		    "listener %s",
		    list[i].title);
		return;
	}
}

/* ---- blocks ----------------------------------------------------------- */

void
wi_conf_listeners(struct wi_conf *conf, struct wi_conf_problems *problems)
{
	struct wi_conf_source *source = conf->source;
	struct listener listener = { conf, NULL, problems };
	struct wi_conf_listener *one;
	size_t n = 0;

	for (listener.block = source->blocks; listener.block != NULL;
	     listener.block = listener.block->next)
		n += listener.block->section == WI_CONF_LISTENER;
	conf->listeners = wi_conf_keep(source, n * sizeof(*conf->listeners));
	if (conf->listeners == NULL)
		return;
	for (listener.block = source->blocks; listener.block != NULL;
	     listener.block = listener.block->next) {
		if (listener.block->section != WI_CONF_LISTENER)
			continue;
		one = &conf->listeners[conf->nlisteners++];
		one->title = listener.block->title;
		one->url = listener_url(&listener);
		one->plugin = listener_plugin(&listener);
		listener_whole(&listener, conf->nlisteners - 1);
	}
}
