/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/url_texts - where the options that are texts are kept.
 *
 * thread: any (pure).
 */
#include <stddef.h>

#include "base/url.h"
#include "base/url_cut.h"

char *
wi_url_text(struct wi_url *url, unsigned option)
{
	switch (option) {
	case WI_URL_bind_device:
		return url->bind_device;
	case WI_URL_source:
		return url->source;
	case WI_URL_owner:
		return url->owner;
	case WI_URL_interface:
		return url->interface;
	case WI_URL_origin:
		return url->origin;
	case WI_URL_protocols:
		return url->protocols;
	case WI_URL_query:
		return url->query;
	case WI_URL_proxy:
		return url->proxy;
	case WI_URL_cert:
		return url->cert;
	case WI_URL_key:
		return url->key;
	case WI_URL_client_ca:
		return url->client_ca;
	case WI_URL_ca:
		return url->ca;
	case WI_URL_server_name:
		return url->server_name;
	case WI_URL_alpn:
		return url->alpn;
	default:
		return NULL;
	}
}
