/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/trust.h - files that decide what this process does: may others write
 * them?
 *
 * Others are users who are neither this process's (effective) user nor root.
 * They may write what they own; what all may write; and what a group may
 * write, unless that is this process's own group.  Access control lists
 * (acl(5)) show as bits of the group, and so count as that.
 *
 * thread: any; reads the file system.
 */
#ifndef WI_TRUST_H
#define WI_TRUST_H

#include <weft/error.h>

/*
 * wi_trust_folder() - can nobody else put files into a folder, or another
 * folder in its place?
 *
 *   what     in       for the error: "--admin", "plugin".
 *   path     in       links are followed.
 *   returns           WEFT_OK, or an error below.
 *   errors            -EPERM     others can; err says who, of which folder.
 *                     -ENOENT, -ENOTDIR, -EACCES, ...  as the system says.
 *
 * Folders above it may be writable if they are sticky, as /tmp is; it itself
 * may not: somebody else's files could lie in it.
 */
WEFT_CHECK int wi_trust_folder(
    const char *what, const char *path, struct weft_error *err);

/*
 * wi_trust_file() - likewise of a file, and of the folder that it lies in.  If
 * it is a link, that lies in a folder of that kind, too.
 */
WEFT_CHECK int wi_trust_file(
    const char *what, const char *path, struct weft_error *err);

#endif
