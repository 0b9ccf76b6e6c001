/* SPDX-License-Identifier: Apache-2.0 */
/*
 * embed.cc - the same from C++17: says stdin to a server, a line a message,
 * and prints as many answers.
 *
 *	g++ -std=c++17 -Wall -Wextra $(pkg-config --cflags weft) embed.cc \
 *	    $(pkg-config --libs weft) -o embed-cc
 *	weft run echo --listen tcp+varint://127.0.0.1:3042
 *	printf 'one\ntwo\n' | ./embed-cc tcp+varint://127.0.0.1:3042
 */
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <weft/weft.h>

/* Ends a node that has run, whichever way this scope is left. */
struct stop_and_free {
	void
	operator()(weft_node *node) const
	{
		weft_node_stop(node);
		if (weft_node_join(node, nullptr) < 0)
			std::cerr << "embed-cc: not ended in order\n";
		weft_node_free(&node);
	}
};

static void
must(int rv, const weft_error &err)
{
	if (rv < 0)
		throw std::runtime_error(err.text);
}

static void
run(const char *url)
{
	weft_node *made = nullptr;
	weft_error err;
	weft_endpoint server;

	must(weft_node_new(&made, nullptr, &err), err);
	std::unique_ptr<weft_node, stop_and_free> node(made);
	must(weft_node_start(node.get(), &err), err);
	must(weft_node_connect_wait(
		 node.get(), url, WEFT_PULL, 10000, &server, &err),
	    err);
	for (std::string line; std::getline(std::cin, line);) {
		weft_event event;

		if (weft_node_send(node.get(), server,
			{ line.data(), line.size() }) < 0)
			throw std::runtime_error("not sent");
		do {
			if (weft_node_receive(node.get(), 10000, &event) < 0 ||
			    event.kind == WEFT_EVENT_CLOSED)
				throw std::runtime_error("no answer");
		} while (event.kind != WEFT_EVENT_MESSAGE);
		std::cout << std::string_view(
				 static_cast<const char *>(event.msg.data),
				 event.msg.len)
			  << std::endl;
	}
}

int
main(int argc, char **argv)
try {
	if (argc != 2)
		throw std::runtime_error("expected embed-cc URL");
	run(argv[1]);
} catch (const std::exception &e) {
	std::cerr << "embed-cc: " << e.what() << "\n";
	return 1;
}
