/* A DNS that knows what the test tells it. Names it was told nothing of do not exist. */
#ifndef TESTS_FAKE_FAKE_RESOLVER_H
#define TESTS_FAKE_FAKE_RESOLVER_H

#include "dns/resolver.h"

/*
 * Add a record: an address for A and AAAA, "10 mx.example" for MX ("0 ." is the null MX), text for TXT, a name for CNAME and PTR,
 * "3 1 1 abcd" for TLSA, "ns.example hostmaster.example" for SOA (mname, rname; "." is the root). The name then
 * exists: other types of it are absent, unless it is an alias (CNAME): then they are those of the name it leads to.
 */
void fake_dns_add(const char *name, enum dns_type type, const char *data);

/* All answers about that name and type are validated; behind aliases those about each step must be. */
void fake_dns_secure(const char *name, enum dns_type type);

/* Questions for that name and type end so, whatever was added; DNS_FOUND = as added again. */
void fake_dns_status(const char *name, enum dns_type type, enum dns_status status);

/* All records have this TTL from now on (300 to begin with). */
void fake_dns_ttl(uint32_t ttl_s);

/* Was anything added to that name and type? */
bool fake_dns_has(const char *name, enum dns_type type);

/* The name and type leave the DNS. */
void fake_dns_remove(const char *name, enum dns_type type);

/* Answers wait until fake_dns_release(). */
void fake_dns_hold(void);
void fake_dns_release(void);

/* Questions so far; those whose answer nobody has got or cancelled. */
unsigned fake_dns_questions(void);
unsigned fake_dns_open(void);

/*
 * What AD is worth from now on, PROVED to begin with: whoever asked for a proof is told in the next turn when it is something
 * else than before, and in the turn after resolver_prove(). Resolvers that are told to prove nothing know it as well.
 */
void fake_dns_trust(enum dns_trust trust);

/* What resolver_prove() was last told to ask, borrowed; NULL = it was not called. */
const struct dns_canaries *fake_dns_canaries(void);

/* resolver_new() fails for this reason; NULL = no more. */
void fake_dns_refuse(const char *why);

#endif
