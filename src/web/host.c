/* "localhost", or a loopback address, with a port or without. */
#include "web/host.h"

#include "base/ip.h"

/* Up to the port; false when what stands behind the colon is none. */
static bool
port_cut(struct span *host)
{
	struct span port = span_behind_last(*host, ':');
	uint64_t number;

	if (host->length > 0 && host->data[host->length - 1] == ']')
		return true;
	if (span_find(*host, ':') == host->length)
		return true;
	if (!span_to_u64(port, 65535, &number))
		return false;
	*host = span_first(*host, host->length - port.length - 1);
	return true;
}

bool
host_is_loopback(struct span host)
{
	struct ip ip;

	if (!port_cut(&host))
		return false;
	if (span_equal_nocase(host, SPAN("localhost")))
		return true;
	if (host.length > 2 && host.data[0] == '[' && host.data[host.length - 1] == ']')
		return ip_parse(span_first(span_skip(host, 1), host.length - 2), &ip) && ip.family == 6 && ip_is_loopback(ip);
	return ip_parse(host, &ip) && ip.family == 4 && ip_is_loopback(ip);
}
