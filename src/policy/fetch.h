/*
 * Fetching policy files (RFC 8461 3.3): GET https://mta-sts.DOMAIN/.well-known/mta-sts.txt, and posting reports (RFC 8460 5.4). Addresses
 * are looked up by our own resolver, the rest is libcurl's on our loop. So many at a time, and only a part of them at one address, so
 * that a host that is slow holds nobody else; those that mail waits for go before those of the background.
 */
#ifndef POLICY_ROOM_FETCH_H
#define POLICY_ROOM_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "conf/policy.h"
#include "dns/resolver.h"

#define FETCH_WHOLE_MS 60000	/* from the first question for an address to the last octet (M14) */
#define FETCH_ADDRESSES 8	/* of a policy host, at most; half of them of each family */
#define FETCH_SEEN 256

struct fetcher;
struct fetch;

enum fetch_end {
	FETCH_DONE,		/* the file is there; or the post was taken: any 2xx (R40) */
	FETCH_NO_ADDRESS,	/* the DNS says that there is none */
	FETCH_DNS_FAILED,	/* it says nothing */
	FETCH_SPECIAL_ADDRESS,	/* only addresses that no public host has (MX8) */
	FETCH_UNREACHABLE,	/* nobody takes the connection, or it breaks */
	FETCH_TIMED_OUT,
	FETCH_TLS_FAILED,	/* no handshake above our floor */
	FETCH_CERTIFICATE,	/* not valid for the name (M12) */
	FETCH_STATUS,		/* another one than 200 (M11), for a post than 2xx; redirects are not followed */
	FETCH_TYPE,		/* not text/plain (M13) */
	FETCH_ENCODED,		/* a content coding that was not asked for */
	FETCH_TOO_LARGE,	/* body or header */
	FETCH_BROKEN,		/* not HTTP, or not all of it */
	FETCH_ENDS
};

struct fetch_result {
	enum fetch_end end;
	unsigned status;		/* FETCH_STATUS; else 0 */
	struct span body;		/* FETCH_DONE of a file; borrowed for the call */
	char seen[FETCH_SEEN];		/* what the sentence leaves out: "404", "certificate has expired"; "" */
	struct ip address;		/* tried first; family 0 = none */
	int64_t took_ms;
};

const char *fetch_word(enum fetch_end end);	/* "certificate" */
const char *fetch_text(enum fetch_end end);	/* a sentence without its stop */
const char *fetch_report(enum fetch_end end);	/* result type of RFC 8460 4.3: a reason of policy/reason.h, too */

/* Let libcurl and OpenSSL read their own files now, before the sandbox. */
void fetch_prepare(void);

struct fetcher *fetcher_new(void);
void fetcher_free(struct fetcher **fetcher);	/* fetches end silently; tolerates NULL, leaves NULL */

/*
 * From now on by this configuration and resolver, both borrowed; those under way look for addresses anew where they still do.
 * Returns false and a sentence in why when there is no TLS to be had from it: what was before stays.
 */
bool fetcher_configure(struct fetcher *fetcher, const struct conf_policy *conf, struct resolver *resolver, char *why, size_t size);

/* Another port than 443, and another time than FETCH_WHOLE_MS, for tests. */
void fetcher_set_limits(struct fetcher *fetcher, uint16_t port, int64_t whole_ms);

struct fetcher_load {
	unsigned running, waiting;
	uint64_t done, failed;		/* since the start */
};

void fetcher_load(const struct fetcher *fetcher, struct fetcher_load *load);

/*
 * Fetch the policy of a domain (lower case, A-labels: mail/pattern.h calls it a name). on_end comes later, once, never before this
 * returns. It may have to wait for others first; from when it begins it takes no longer than FETCH_WHOLE_MS.
 */
struct fetch *fetch_start(struct fetcher *fetcher, const char *domain, bool is_urgent,
    void (*on_end)(void *arg, const struct fetch_result *result), void *arg);

/* A report for a host. */
struct fetch_post {
	struct span url;		/* "https://HOST[:PORT]/...": as policy/tlsrpt.h has it */
	struct span host;		/* of it, a name */
	uint16_t port;			/* of it */
	struct span type;		/* Content-Type */
	struct span body;
	bool is_lax;			/* whatever the certificate: over TLS all the same (RFC 8460 3, R41) */
};

/* Post it, in the background; all of it is copied. Else as fetch_start(). */
struct fetch *fetch_post_start(struct fetcher *fetcher, const struct fetch_post *post,
    void (*on_end)(void *arg, const struct fetch_result *result), void *arg);
void fetch_hurry(struct fetch *fetch);		/* it is urgent now */
void fetch_cancel(struct fetch **fetch);	/* silent; tolerates NULL, leaves NULL */

#endif
