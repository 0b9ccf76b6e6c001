/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/urls.h - the command "weft urls": what a URL may be made of.
 *
 * thread: main.
 */
#ifndef WI_URLS_H
#define WI_URLS_H

/* wi_urls_main() - as main(); argv[0] is "weft urls". */
int wi_urls_main(int argc, char **argv);

#endif
