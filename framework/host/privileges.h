/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/privileges.h - to be another user, for good.
 */
#ifndef WI_PRIVILEGES_H
#define WI_PRIVILEGES_H

#include <weft/error.h>

/*
 * wi_privileges_check() - do the user and the group exist, and may this
 * process become them?
 * wi_privileges_drop() - become them: group, supplementary groups as the
 * system has them for the user (initgroups(3)), user; and no execve(2) gives
 * back what was given up (PR_SET_NO_NEW_PRIVS), also if nothing was.
 *
 *   user     in       a name or a number; "": stay who we are.
 *   group    in       likewise; "": the user's own.
 *   returns           WEFT_OK, or an error below.
 *   errors            -EINVAL  there is none of that name.
 *                     -EPERM   we are not root, and are somebody else.
 *                     a negated errno
 *   thread            main, while it is the only one.
 */
int wi_privileges_check(
    const char *user, const char *group, struct weft_error *err);
int wi_privileges_drop(
    const char *user, const char *group, struct weft_error *err);

#endif
