/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensors - a server whose messages are values: a reading comes in, a summary
 * goes out, and no line of it looks at a byte.
 *
 *	build/weft run build/examples/sensors/.libs/sensors.so \
 *	    --listen tcp+tpl://127.0.0.1:4100
 */
#include <stdlib.h>
#include <string.h>

#include "reading.h"

#include <weft/weft.h>

#define SENSORS 256
#define NAME_MAX_LEN 31

struct sensor {
	char name[NAME_MAX_LEN + 1];
	uint32_t readings;
	double sum;
	double highest;
};

/* All clients are on one strand (WEFT_SCOPE_PLUGIN): no lock. */
static struct sensor *
sensor_of(struct weft_call *call, const char *name)
{
	struct sensor *all = weft_call_strand_state(call);
	size_t i;

	if (strlen(name) > NAME_MAX_LEN)
		return NULL;
	if (all == NULL) {
		all = calloc(SENSORS, sizeof(*all));
		if (all == NULL || weft_call_set_strand_state(call, all) < 0) {
			free(all);
			return NULL;
		}
	}
	for (i = 0; i < SENSORS; i++) {
		if (all[i].readings == 0)
			strcpy(all[i].name, name);
		if (strcmp(all[i].name, name) == 0)
			return &all[i];
	}
	return NULL;
}

static void
on_reading(
    struct weft_call *call, weft_endpoint from, const struct reading *reading)
{
	struct sensor *sensor = sensor_of(call, reading->sensor);

	if (sensor == NULL) {
		weft_close(call, from);
		return;
	}
	if (sensor->readings++ == 0 || reading->celsius > sensor->highest)
		sensor->highest = reading->celsius;
	sensor->sum += reading->celsius;
	summary_send(call, from,
	    &(struct summary){ .sensor = sensor->name,
		.readings = sensor->readings,
		.mean = sensor->sum / sensor->readings,
		.highest = sensor->highest });
}

static void
ended(struct weft_call *call, weft_strand strand, void *state)
{
	(void)call;
	(void)strand;
	free(state);
}

static const struct weft_on receives[] = {
	WEFT_ON(reading, on_reading),
	WEFT_ON_END,
};

static const struct weft_type *const sends[] = { &summary_type, NULL };

WEFT_PLUGIN(.name = "sensors", .scope = WEFT_SCOPE_PLUGIN, .ended = ended,
    .receives = receives, .sends = sends);
