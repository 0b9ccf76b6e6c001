/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/privileges.c - to be another user, for good.
 *
 * thread: main, while it is the only one: what is given up is each thread's.
 *
 * who_note: the host is the user of the configuration before it loads the
 * first plugin, so no line of a plugin ever runs with more.  What it reads
 * then must be readable for that user, private keys as well: SIGHUP reads
 * these again, when there is no going back.  The supervisor stays who it is:
 * it opens the sockets of a port below 1024 at a reload and starts each next
 * host as root, and it runs nothing that others bring and reads nothing that
 * comes from a client.
 */
#include "host/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/fail.h"

struct privileges {
	char name[256]; /* of the user, for initgroups(); "": has none */
	uid_t uid;
	gid_t gid;
	bool other; /* than we are */
};

/* A number as it is written in /etc/passwd; false: it is none. */
static bool
privileges_number(const char *text, unsigned *number)
{
	char more;

	return text[0] >= '0' && text[0] <= '9' &&
	    sscanf(text, "%10u%c", number, &more) == 1;
}

static int
privileges_user(
    const char *user, struct privileges *to, struct weft_error *err)
{
	const struct passwd *found;
	unsigned number;

	found = privileges_number(user, &number) ? getpwuid(number) :
						   getpwnam(user);
	if (found != NULL) {
		to->uid = found->pw_uid;
		to->gid = found->pw_gid;
		(void)snprintf(
		    to->name, sizeof(to->name), "%s", found->pw_name);
		return WEFT_OK;
	}
	if (privileges_number(user, &number)) {
		to->uid = number;
		return WEFT_OK;
	}
	return wi_fail(err, -EINVAL,
	    "user: expected a user of this machine, found \"%s\"", user);
}

static int
privileges_group(
    const char *group, struct privileges *to, struct weft_error *err)
{
	const struct group *found = getgrnam(group);
	unsigned number;

	if (found != NULL)
		to->gid = found->gr_gid;
	else if (privileges_number(group, &number))
		to->gid = number;
	else
		return wi_fail(err, -EINVAL,
		    "group: expected a group of this machine, found \"%s\"",
		    group);
	return WEFT_OK;
}

static int
privileges_find(const char *user, const char *group, struct privileges *to,
    struct weft_error *err)
{
	int rv = WEFT_OK;

	*to = (struct privileges){ .uid = getuid(), .gid = getgid() };
	if (user[0] != '\0')
		rv = privileges_user(user, to, err);
	if (rv == WEFT_OK && group[0] != '\0')
		rv = privileges_group(group, to, err);
	to->other = to->uid != getuid() || to->uid != geteuid() ||
	    to->gid != getgid() || to->gid != getegid();
	if (rv == WEFT_OK && to->other && geteuid() != 0)
		rv = wi_fail(err, -EPERM,
		    "user: expected root, who may become \"%s\", found user "
		    "%u",
		    user, (unsigned)geteuid());
	return rv;
}

int
wi_privileges_check(
    const char *user, const char *group, struct weft_error *err)
{
	struct privileges to;

	return privileges_find(user, group, &to, err);
}

int
wi_privileges_drop(const char *user, const char *group, struct weft_error *err)
{
	struct privileges to;
	int rv = privileges_find(user, group, &to, err);

	if (rv < 0)
		return rv;
	if (to.other &&
	    ((to.name[0] != '\0' ? initgroups(to.name, to.gid) :
				   setgroups(1, &to.gid)) < 0 ||
		setresgid(to.gid, to.gid, to.gid) < 0 ||
		setresuid(to.uid, to.uid, to.uid) < 0))
		return wi_fail(err, -errno, "user: cannot become \"%s\": %s",
		    user, weft_strerror(-errno));
	/* That there is a way back would be a fault worth more than a log. */
	if (to.other && to.uid != 0 && setuid(0) == 0)
		return wi_fail(err, -EPERM,
		    "user: expected root to be given up, found it is not");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return wi_fail(err, -errno, "user: no_new_privs: %s",
		    weft_strerror(-errno));
	return WEFT_OK;
}
