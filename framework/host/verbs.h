/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/verbs.h - the commands that talk to a host that runs: weft status,
 * endpoints, explain, suspend, resume, drain, stop, reload, rollback.
 */
#ifndef WI_VERBS_H
#define WI_VERBS_H

/* wi_verbs_main() - argv[0] is "weft status" or one of the others; returns the
 * exit status of the program. */
int wi_verbs_main(int argc, char **argv);

#endif
