/* SPDX-License-Identifier: Apache-2.0 */
/*
 * game - a room that ticks thirty times a second: players move, and all of
 * them are told where everybody is.  Players come by udp or by tcp; all are on
 * one strand (WEFT_SCOPE_PLUGIN), so the room has no lock.
 *
 *	build/weft run build/examples/game/.libs/game.so \
 *	    --listen tcp+line://127.0.0.1:4000 --listen udp://127.0.0.1:4000
 */
#include <stdio.h>
#include <stdlib.h>

#include <weft/weft.h>

#define PLAYERS 26 /* a .. z */
#define WIDTH 40
#define HEIGHT 20
#define TICK_MS 33

struct game {
	unsigned tick;
	unsigned nplayers;
	weft_timer timer; /* while there are players */
	struct player {
		weft_endpoint who; /* id 0: nobody */
		int x, y;
		char way; /* l, r, u, d; else: it stands */
	} players[PLAYERS];
};

static void
opened(struct weft_call *call, weft_endpoint from)
{
	const struct weft_signal tick = { .kind = 0 };
	struct game *game = weft_call_strand_state(call);
	unsigned i;

	if (game == NULL) {
		game = calloc(1, sizeof(*game));
		if (game == NULL ||
		    weft_call_set_strand_state(call, game) < 0) {
			free(game);
			weft_close(call, from);
			return;
		}
	}
	for (i = 0; i < PLAYERS && game->players[i].who.id != 0; i++)
		continue;
	if (i == PLAYERS) {
		weft_close(call, from);
		return;
	}
	game->players[i] = (struct player){ .who = from };
	weft_call_set_user(call, &game->players[i]);
	if (game->nplayers++ == 0)
		weft_signal_every(
		    weft_strand_of(call), TICK_MS, &tick, &game->timer);
}

static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct player *player = weft_call_user(call);

	(void)from;
	if (player != NULL && msg.len > 0)
		player->way = *(const char *)msg.data;
}

static void
closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	struct game *game = weft_call_strand_state(call);
	struct player *player = weft_call_user(call);

	(void)from;
	(void)why;
	if (player == NULL)
		return;
	player->who.id = 0;
	if (--game->nplayers == 0)
		weft_cancel(game->timer);
}

static void
move(struct player *player)
{
	player->x += (player->way == 'r' && player->x < WIDTH - 1) -
	    (player->way == 'l' && player->x > 0);
	player->y += (player->way == 'd' && player->y < HEIGHT - 1) -
	    (player->way == 'u' && player->y > 0);
}

/* A tick: everybody moves, and everybody is told. */
static void
ticked(struct weft_call *call, const struct weft_signal *signal)
{
	struct game *game = weft_call_strand_state(call);
	char text[32 + PLAYERS * 16];
	int len, i;

	(void)signal;
	len = snprintf(text, sizeof(text), "tick %u", ++game->tick);
	for (i = 0; i < PLAYERS; i++) {
		struct player *player = &game->players[i];

		if (player->who.id == 0)
			continue;
		move(player);
		len += snprintf(text + len, sizeof(text) - (size_t)len,
		    " %c %d,%d", 'a' + i, player->x, player->y);
	}
	/* Who does not read misses this tick; the next one is newer. */
	for (i = 0; i < PLAYERS; i++)
		if (game->players[i].who.id != 0)
			weft_send(call, game->players[i].who,
			    (struct weft_bytes){ text, (size_t)len });
}

static void
ended(struct weft_call *call, weft_strand strand, void *state)
{
	(void)call;
	(void)strand;
	free(state);
}

WEFT_PLUGIN(.name = "game", .opened = opened, .message = message,
    .closed = closed, .scope = WEFT_SCOPE_PLUGIN, .signal = ticked,
    .ended = ended);
