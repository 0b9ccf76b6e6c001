/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/serve.h - weft serve: a service that stays up.
 */
#ifndef WI_SERVE_H
#define WI_SERVE_H

int wi_serve_main(int argc, char **argv);

#endif
