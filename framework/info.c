/* SPDX-License-Identifier: Apache-2.0 */
/*
 * info - what is known of an endpoint: the public door, for every thread.
 *
 * thread: any, without a lock: see io/facts.h.
 */
#include <stdio.h>
#include <sys/socket.h>

#include <weft/weft.h>

#include "io/facts.h"
#include "node.h"
#include "work/node_hub.h"

static void
info_place(char *out, size_t size, const uint64_t *fact, const char *path,
    bool has_path)
{
	struct wi_address address;

	wi_fact_get_address(fact, &address);
	out[0] = '\0';
	/* A proxy that came by a Unix socket may speak for another. */
	if (path != NULL && address.family != AF_INET &&
	    address.family != AF_INET6)
		(void)snprintf(out, size, "%s", has_path ? path : "");
	else if (address.family != AF_UNSPEC)
		(void)wi_address_text(&address, out, size);
}

static uint64_t
info_since_ms(uint32_t then)
{
	int32_t passed = (int32_t)(wi_facts_now() - then);

	return passed < 0 ? 0 : (uint64_t)passed * WI_FACTS_TICK_MS;
}

static void
info_fill(const struct wi_facts *facts, struct weft_endpoint_info *info)
{
	const char *path = __atomic_load_n(&facts->path, __ATOMIC_RELAXED);
	bool ours = __atomic_load_n(&facts->ours, __ATOMIC_RELAXED) != 0;

	info->state = (enum weft_endpoint_state)__atomic_load_n(
	    &facts->state, __ATOMIC_RELAXED);
	info_place(
	    info->remote, sizeof(info->remote), facts->remote, path, ours);
	info_place(
	    info->local, sizeof(info->local), facts->local, path, !ours);
	info->bytes_in = __atomic_load_n(&facts->bytes_in, __ATOMIC_RELAXED);
	info->bytes_out = __atomic_load_n(&facts->bytes_out, __ATOMIC_RELAXED);
	info->messages_in =
	    __atomic_load_n(&facts->messages_in, __ATOMIC_RELAXED);
	info->messages_out =
	    __atomic_load_n(&facts->messages_out, __ATOMIC_RELAXED);
	info->age_ms =
	    info_since_ms(__atomic_load_n(&facts->opened, __ATOMIC_RELAXED));
	info->idle_ms =
	    info_since_ms(__atomic_load_n(&facts->heard, __ATOMIC_RELAXED));
}

int
weft_endpoint_info(const struct weft_node *node, weft_endpoint name,
    struct weft_endpoint_info *info)
{
	const struct wi_slots *slots = &node->hub.slots;
	const struct wi_endpoint *endpoint = wi_endpoint_find(slots, name.id);
	const struct weft_codec *codec;
	const struct wi_limits *limits;
	const struct wi_conn *conn;
	uint64_t load;

	if (endpoint == NULL)
		return WEFT_ENOENDPOINT;
	codec = __atomic_load_n(&endpoint->codec, __ATOMIC_RELAXED);
	limits = __atomic_load_n(&endpoint->limits, __ATOMIC_RELAXED);
	load = __atomic_load_n(&endpoint->out_load, __ATOMIC_RELAXED);
	conn = wi_slots_at(slots, 1, (uint32_t)(name.id & WI_ID_SLOT_MASK));
	info_fill(&conn->facts, info);
	/* What was read before is of this endpoint if it is still there:
	 * pairs with the release in wi_endpoint_shut(). */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (codec == NULL || limits == NULL ||
	    wi_endpoint_find(slots, name.id) == NULL)
		return WEFT_ENOENDPOINT;
	info->codec = codec->name;
	info->transport = limits->transport;
	info->queued_bytes = wi_load_bytes(load);
	info->queued_messages = wi_load_messages(load);
	return WEFT_OK;
}

struct wi_tls_facts **
wi_node_tls_facts(
    const struct weft_node *node, const struct wi_endpoint *endpoint)
{
	struct wi_conn *conn =
	    wi_slots_at(&node->hub.slots, 1, wi_endpoint_slot(endpoint));

	return &conn->facts.tls;
}

/* Its slot is not another's while an event of its is run. */
void
wi_node_peer(const struct weft_node *node, const struct wi_endpoint *endpoint,
    char *out, size_t size)
{
	const struct wi_conn *conn =
	    wi_slots_at(&node->hub.slots, 1, wi_endpoint_slot(endpoint));
	struct weft_endpoint_info info;

	info_fill(&conn->facts, &info);
	(void)snprintf(out, size, "%s", info.remote);
}
