/*
 * One GET of a policy file by libcurl on our loop, from addresses that were looked up before. What libcurl may do is told to it handle
 * by handle, and nothing is left to its defaults that RFC 8461 3.3 has a word about: no redirects, no proxies, no cookies, no coding,
 * no other scheme, port or name server.
 */
#ifndef POLICY_ROOM_HTTPS_H
#define POLICY_ROOM_HTTPS_H

#include "policy/fetch.h"

#define HTTPS_PORT 443

struct https;
struct get;

struct https *https_new(void);
void https_free(struct https **https);	/* after the last get; tolerates NULL, leaves NULL */

/* From now on by this configuration, borrowed. Returns false and a sentence in why when it gives no TLS: what was before stays. */
bool https_configure(struct https *https, const struct conf_policy *conf, char *why, size_t size);
void https_set_port(struct https *https, uint16_t port);	/* for tests */

/*
 * Get https://HOST/.well-known/mta-sts.txt from any of the addresses, in whole_ms at most. on_end comes later, once, never before this
 * returns; body and seen are borrowed for the call, in which the get is gone.
 */
struct get *get_start(struct https *https, const char *host, const struct ip *addresses, unsigned count, int64_t whole_ms,
    void (*on_end)(void *arg, enum fetch_end end, struct span body, const char *seen), void *arg);
void get_cancel(struct get **get);	/* silent; tolerates NULL, leaves NULL */

#endif
