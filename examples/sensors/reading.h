/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reading.h - what sensors and their server tell each other.
 */
#ifndef SENSORS_READING_H
#define SENSORS_READING_H

#include <weft/type.h>

/* From a sensor. */
#define reading_MEMBERS(M)                                                    \
	M(str, sensor)                                                        \
	M(f64, celsius)
WEFT_TYPE(reading);

/* The answer. */
#define summary_MEMBERS(M)                                                    \
	M(str, sensor)                                                        \
	M(u32, readings)                                                      \
	M(f64, mean)                                                          \
	M(f64, highest)
WEFT_TYPE(summary);

#endif
