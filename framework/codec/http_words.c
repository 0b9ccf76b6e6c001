/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/http_words - status lines and dates.
 *
 * thread: any (pure).
 */
#include <stdio.h>
#include <time.h>

#include "codec/http.h"

/* RFC 9110, section 15, and RFC 6585. */
static const struct {
	unsigned status;
	const char *reason;
} words_reasons[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 206, "Partial Content" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 307, "Temporary Redirect" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 411, "Length Required" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Range Not Satisfiable" },
	{ 417, "Expectation Failed" },
	{ 422, "Unprocessable Content" },
	{ 426, "Upgrade Required" },
	{ 428, "Precondition Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
};

const char *
wi_http_reason(unsigned status)
{
	size_t i;

	for (i = 0; i < sizeof(words_reasons) / sizeof(words_reasons[0]); i++)
		if (words_reasons[i].status == status)
			return words_reasons[i].reason;
	return "";
}

void
wi_http_date(int64_t seconds, char out[WI_HTTP_DATE + 1])
{
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu",
		"Fri", "Sat" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t when = (time_t)seconds;
	struct tm tm;

	/* Not strftime(): it speaks the program's language. */
	(void)gmtime_r(&when, &tm);
	(void)snprintf(out, WI_HTTP_DATE + 1,
	    "%s, %02u %s %04u %02u:%02u:%02u GMT", days[tm.tm_wday % 7],
	    (unsigned)tm.tm_mday % 100, months[tm.tm_mon % 12],
	    (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)tm.tm_hour % 100,
	    (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
}
