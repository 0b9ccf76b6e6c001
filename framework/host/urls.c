/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/urls.c - the command "weft urls": what a URL may be made of.
 *
 * Prints Markdown tables of transports, codecs and options.  The README has
 * the same ones, and tests/style/tables.sh sees to it.  Options and the names
 * of codecs come from the lists that the framework itself reads (base/url.h,
 * codec/codecs.h); a codec of which nothing is said here is a failure.
 *
 * thread: main.
 */
#include "host/urls.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/url.h"
#include "codec/codecs.h"
#include "host/usage.h"

#define URLS_NAME "weft urls"

struct urls_row {
	const char *name;
	const char *text;
};

static const struct urls_row urls_transports[] = {
	{ "tcp[+CODEC]://HOST:PORT", "a TCP connection" },
	{ "unix[+CODEC]:///PATH",
	    "a Unix stream connection, by a file that the listener makes" },
	{ "unix[+CODEC]://@NAME",
	    "the same by an abstract name: no file (Linux)" },
	{ "udp://HOST:PORT",
	    "datagrams; for a listener, each remote address is an endpoint" },
	{ "udp+multicast://GROUP:PORT",
	    "the same, received by all members of a group" },
	{ "ws[+text]://HOST:PORT[/PATH]",
	    "WebSocket (RFC 6455): browsers; sends binary messages, or text" },
	{ "tls[+CODEC]://HOST:PORT",
	    "TLS 1.3 or 1.2 over TCP; options of tcp hold, too" },
	{ "wss[+text]://HOST:PORT[/PATH]",
	    "WebSocket over TLS; options of tcp, ws and tls hold" },
};

static const struct urls_row urls_codecs[] = {
	{ "raw", "what one read returned; also meant where no codec is said" },
	{ "varint",
	    "unsigned LEB128 length, then that many bytes; message-io's "
	    "FramedTcp" },
	{ "u16", "big-endian length of 2 bytes, then that many bytes" },
	{ "u32", "big-endian length of 4 bytes, then that many bytes" },
	{ "line", "text that ends with LF or CRLF, without that ending" },
	{ "tpl", "a whole tpl image, which carries its own length" },
	{ "rpc", "unsigned LEB128 length, kind, id; endpoints can be asked" },
};

#define URLS_COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void
urls_print_transports(void)
{
	size_t i;

	(void)printf("| URL | what it is |\n|---|---|\n");
	for (i = 0; i < URLS_COUNT(urls_transports); i++)
		(void)printf("| `%s` | %s |\n", urls_transports[i].name,
		    urls_transports[i].text);
}

/* What is said of a codec, NULL if nothing is. */
static const char *
urls_codec_text(const char *name)
{
	size_t i;

	for (i = 0; i < URLS_COUNT(urls_codecs); i++)
		if (strcmp(urls_codecs[i].name, name) == 0)
			return urls_codecs[i].text;
	return NULL;
}

static int
urls_print_codecs(struct weft_error *err)
{
	char names[256], *name, *rest = names;
	const char *text;

	(void)printf("\n| codec | a message is |\n|---|---|\n");
	wi_codec_names(names, sizeof(names));
	while ((name = strsep(&rest, ",")) != NULL) {
		name += strspn(name, " ");
		text = urls_codec_text(name);
		if (text == NULL)
			return wi_fail(err, WEFT_EURL,
			    "expected host/urls.c to tell what codec %s is, "
			    "found nothing",
			    name);
		(void)printf("| `%s` | %s |\n", name, text);
	}
	return WEFT_OK;
}

static void
urls_print_options(void)
{
	const struct wi_url_option_info *info;
	char where[80], value[64];
	unsigned i;

	(void)printf("\n| option | applies to | value | default | meaning |\n"
		     "|---|---|---|---|---|\n");
	for (i = 0; (info = wi_url_option_info(i)) != NULL; i++) {
		wi_url_where(info->where, where, sizeof(where));
		wi_url_option_value(info, value, sizeof(value));
		(void)printf("| `%s` | %s | %s | %s | %s |\n", info->name,
		    where, value,
		    info->fallback[0] != '\0'            ? info->fallback :
			(info->where & WI_URL_NODE) != 0 ? "the node's" :
							   "-",
		    info->text);
	}
}

int
wi_urls_main(int argc, char **argv)
{
	static const struct argp argp = {
		.doc = "Print what a URL may be made of, as Markdown."
	};
	struct weft_error err;

	argp_err_exit_status = WI_EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	urls_print_transports();
	if (urls_print_codecs(&err) != WEFT_OK) {
		wi_complain(URLS_NAME, "%s", err.text);
		return WI_EXIT_FAILURE;
	}
	urls_print_options();
	if (fflush(stdout) != 0 || ferror(stdout)) {
		wi_complain(URLS_NAME, "cannot write to stdout");
		return WI_EXIT_FAILURE;
	}
	return WI_EXIT_OK;
}
