/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/wake - sleeping, and the only ways to be woken.
 *
 * thread: as the header says per function.  See wake_note and post_note there.
 */
#include "handoff/wake.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <weft/error.h>

#include "base/assert.h"

/* The async handle carries nothing: waking the poller is all it does.  What
 * has come is looked at before the next poll. */
static void
wake_on_async(uv_async_t *async)
{
	(void)async;
}

int
wi_io_door_init(struct wi_io_door *door, uv_loop_t *loop)
{
	door->asleep = 0;
	return uv_async_init(loop, &door->async, wake_on_async);
}

bool
wi_wake_io(struct wi_io_door *door)
{
	/* Orders the caller's push before the load of asleep; pairs with the
	 * fence in wi_io_lie_down(). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&door->asleep, __ATOMIC_RELAXED) == 0)
		return false;
	if (__atomic_exchange_n(&door->asleep, 0, __ATOMIC_SEQ_CST) == 0)
		return false;
	/* libuv's own look at "pending" comes after the exchange, which is a
	 * full barrier: it cannot see a wake-up that was consumed before. */
	(void)uv_async_send(&door->async);
	return true;
}

void
wi_io_lie_down(struct wi_io_door *door)
{
	__atomic_store_n(&door->asleep, 1, __ATOMIC_RELAXED);
	/* Orders the store before the caller's second look; pairs with the
	 * fence in wi_wake_io(). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void
wi_io_get_up(struct wi_io_door *door)
{
	__atomic_store_n(&door->asleep, 0, __ATOMIC_RELAXED);
}

int
wi_bed_init(struct wi_bed *bed)
{
	bed->asleep = 0;
	return sem_init(&bed->sem, 0, 0) < 0 ? -errno : WEFT_OK;
}

void
wi_bed_fini(struct wi_bed *bed)
{
	(void)sem_destroy(&bed->sem);
}

bool
wi_bed_used(const struct wi_bed *bed)
{
	return __atomic_load_n(&bed->asleep, __ATOMIC_RELAXED) != WI_AWAKE;
}

/* Whoever turns ASLEEP into something else has the sleeper. */
static bool
bed_turn(struct wi_bed *bed, enum wi_asleep to)
{
	uint32_t asleep = WI_ASLEEP;

	return __atomic_compare_exchange_n(&bed->asleep, &asleep, to, false,
	    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

bool
wi_wake_worker(struct wi_bed *bed)
{
	/* Orders the caller's push before the load of asleep; pairs with the
	 * fence in wi_bed_lie_down(). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&bed->asleep, __ATOMIC_RELAXED) == WI_AWAKE)
		return false;
	if (!bed_turn(bed, WI_AWAKE))
		return false;
	wi_assert(sem_post(&bed->sem) == 0);
	return true;
}

void
wi_bed_lie_down(struct wi_bed *bed)
{
	__atomic_store_n(&bed->asleep, WI_ASLEEP, __ATOMIC_RELAXED);
	/* Orders the store before the caller's second look; pairs with the
	 * fence in wi_wake_worker(). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void
wi_bed_sleep(struct wi_bed *bed)
{
	while (sem_wait(&bed->sem) < 0)
		wi_assert(errno == EINTR);
}

bool
wi_bed_sleep_or_leave(struct wi_bed *bed, uint32_t ms)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	while (sem_timedwait(&bed->sem, &until) < 0) {
		if (errno == EINTR)
			continue;
		wi_assert(errno == ETIMEDOUT);
		if (bed_turn(bed, WI_LEFT))
			return true;
		wi_bed_sleep(bed); /* it was woken: take the post */
		return false;
	}
	return false;
}

bool
wi_bed_left(const struct wi_bed *bed)
{
	return __atomic_load_n(&bed->asleep, __ATOMIC_ACQUIRE) == WI_LEFT;
}

void
wi_bed_man(struct wi_bed *bed)
{
	__atomic_store_n(&bed->asleep, WI_AWAKE, __ATOMIC_RELAXED);
}

void
wi_bed_get_up(struct wi_bed *bed)
{
	/* Somebody may have woken us in between: then the post is ours to
	 * take, or the next sleep would end at once. */
	if (!bed_turn(bed, WI_AWAKE))
		wi_bed_sleep(bed);
}

int
wi_fd_bed_init(struct wi_fd_bed *bed)
{
	bed->asleep = 1;
	bed->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return bed->fd < 0 ? -errno : WEFT_OK;
}

void
wi_fd_bed_fini(struct wi_fd_bed *bed)
{
	if (bed->fd >= 0)
		(void)close(bed->fd);
	bed->fd = -1;
}

bool
wi_wake_fd(struct wi_fd_bed *bed)
{
	const uint64_t one = 1;

	/* Orders the caller's push before the load of asleep; pairs with the
	 * fence in wi_fd_bed_lie_down(). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&bed->asleep, __ATOMIC_RELAXED) == 0)
		return false;
	if (__atomic_exchange_n(&bed->asleep, 0, __ATOMIC_SEQ_CST) == 0)
		return false;
	wi_assert(write(bed->fd, &one, sizeof(one)) == sizeof(one));
	return true;
}

/* See post_note: asleep already means that there is nothing to read. */
bool
wi_fd_bed_lie_down(struct wi_fd_bed *bed)
{
	uint64_t posts;

	if (__atomic_load_n(&bed->asleep, __ATOMIC_RELAXED) == 0) {
		if (read(bed->fd, &posts, sizeof(posts)) < 0) {
			wi_assert(errno == EAGAIN);
			return false;
		}
		__atomic_store_n(&bed->asleep, 1, __ATOMIC_RELAXED);
	}
	/* Orders the store before the caller's second look; pairs with the
	 * fence in wi_wake_fd(). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return true;
}

bool
wi_fd_bed_sleep(struct wi_fd_bed *bed, int timeout_ms)
{
	struct pollfd pollfd = { .fd = bed->fd, .events = POLLIN };
	int rv;

	if (timeout_ms == 0)
		return false;
	rv = poll(&pollfd, 1, timeout_ms);
	wi_assert(rv >= 0 || errno == EINTR || errno == ENOMEM);
	return rv != 0;
}
