/*
 * One exchange by libcurl on our loop, from addresses that were looked up before: a GET of a policy file, or a POST of a report. What
 * libcurl may do is told to it handle by handle, and nothing is left to its defaults that RFC 8461 3.3 has a word about: no redirects,
 * no proxies, no cookies, no coding, no other scheme, port or name server.
 */
#ifndef POLICY_ROOM_HTTPS_H
#define POLICY_ROOM_HTTPS_H

#include "policy/fetch.h"

#define HTTPS_PORT 443

struct https;
struct exchange;

struct https *https_new(void);
void https_free(struct https **https);	/* after the last exchange; tolerates NULL, leaves NULL */

/* From now on by this configuration, borrowed. Returns false and a sentence in why when it gives no TLS: what was before stays. */
bool https_configure(struct https *https, const struct conf_policy *conf, char *why, size_t size);
void https_set_port(struct https *https, uint16_t port);	/* another than 443, for tests */

/* What is asked for. All is borrowed until the exchange ends. */
struct https_request {
	const char *host;
	const char *url;		/* "https://HOST..." */
	uint16_t port;			/* that the URL means */
	const char *type;		/* of the body that is posted; NULL = a GET of a policy */
	struct span body;
	bool is_lax;			/* whoever answers, if but over TLS: its certificate is not looked at */
};

/*
 * Begin it at any of the addresses, for whole_ms at most. on_end comes later, once, never before this returns; body and seen are borrowed
 * for the call, in which the exchange is gone. FETCH_DONE is a policy file that was answered with 200, or a post with any 2xx; FETCH_STATUS
 * comes with the status, else status is 0.
 */
struct exchange *exchange_start(struct https *https, const struct https_request *request, const struct ip *addresses, unsigned count,
    int64_t whole_ms, void (*on_end)(void *arg, enum fetch_end end, unsigned status, struct span body, const char *seen), void *arg);
void exchange_cancel(struct exchange **exchange);	/* silent; tolerates NULL, leaves NULL */

#endif
