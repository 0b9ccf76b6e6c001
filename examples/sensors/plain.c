/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plain - a sensor that has libtpl and nothing of Weft: the name of the type
 * is the first string of the image, its members follow.
 *
 *	build/examples/sensors/plain 4100 cellar 8.5
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <tpl.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct sockaddr_in server = { .sin_family = AF_INET };
	char name[] = "reading", *type = name, *sensor;
	char asks[] = "ssf", answers[] = "ssuff";
	double celsius, mean, highest;
	uint32_t readings;
	tpl_node *map;
	int fd;

	if (argc != 4) {
		fprintf(stderr, "usage: plain PORT SENSOR CELSIUS\n");
		return 2;
	}
	sensor = argv[2];
	celsius = strtod(argv[3], NULL);
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server.sin_port = htons((uint16_t)atoi(argv[1]));
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&server, sizeof(server)) < 0) {
		perror("plain: cannot connect");
		return 1;
	}

	map = tpl_map(asks, &type, &sensor, &celsius);
	tpl_pack(map, 0);
	tpl_dump(map, TPL_FD, fd);
	tpl_free(map);

	map = tpl_map(answers, &type, &sensor, &readings, &mean, &highest);
	if (tpl_load(map, TPL_FD, fd) < 0) {
		fprintf(stderr, "plain: expected a summary, found none\n");
		return 1;
	}
	tpl_unpack(map, 0);
	tpl_free(map);
	printf("%s %s: %u readings, mean %g, highest %g\n", type, sensor,
	    readings, mean, highest);
	free(type);
	free(sensor);
	close(fd);
	return 0;
}
