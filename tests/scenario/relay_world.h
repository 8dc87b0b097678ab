/*
 * The relay room between fakes: master and queue on channels, a DNS that is told its records, peers on fake streams,
 * bodies in memory. The clock is the test's.
 */
#ifndef TESTS_SCENARIO_RELAY_WORLD_H
#define TESTS_SCENARIO_RELAY_WORLD_H

#include "conf/relay.h"
#include "ipc/queue_relay.h"
#include "ipc/relay_policy.h"
#include "loop/stream.h"
#include "relay/relay.h"

/* The configuration that the room gets when it starts, or when world_setup() says it again. */
struct conf_relay *world_conf(void);
void world_setup(void);
void world_rule(const char *domain, const char *level);
void world_list_add(struct conf_list *list, const char *item);

/*
 * One life of the room: start, script, stop. At the end every job must have been concluded once, and nothing be left.
 */
void world_play(void (*script)(void));

struct relay *world_relay(void);

/* Queue gives a job; its body comes in chunks of so many octets. Returns the descriptor of the body. */
int world_job(const struct job *job, struct span body, size_t chunk_octets);
void world_forget(const char *hop);
void world_queue_goes(void);
void world_queue_comes(void);
void world_report_comes(void);	/* what it is told is in told.h */
void world_report_goes(void);
/*
 * The policy room. It answers every question at once, unless it is silent or away: with what the test has said of the domain
 * (copied; it replaces what was said before), or that nothing is known.
 */
void world_known(const char *domain, const struct knowledge *knowledge);
void world_policy_goes(void);
void world_policy_comes(void);
void world_policy_silent(bool is_silent);
void world_policy_changed(const char *domain);

/* The oldest thing that the room has seen and the test not: "DOMAIN HOST LEVEL delivered=1 observed=0 because=WORD reason=WORD", or NULL. */
const char *world_sight(void);

/*
 * What the policy room remembers of hosts: as the test says, or as the room has told it (and then so many sessions more). A forgetful one
 * answers no question about them.
 */
void world_remembered(const struct policy_host *host);
void world_policy_forgetful(bool is_forgetful);

/* The oldest host that the room has told of and the test not: "HOST sessions=1 offer=... version= level= cert= issuer= ip=", or NULL. */
const char *world_laid(void);

/* Questions about a domain so far; those by which it was doubted. */
unsigned world_questions(const char *domain, unsigned *doubted);

/* The operator asks the room; rows as "name=value ..." lines, and "end CODE TEXT". */
const char *world_request(const char *verb, const char *const *arguments, uint32_t count);
const char *world_rows(void);

void world_stop(uint32_t grace_ms);
const char *world_status(void);

/*
 * What a recipient of a job came to, and take it off: "delivered/message 250 2.0.0 - policy=0 relayed=0 mx=... ip=... tls=...
 * text=..."; NULL while the job has no conclusion. Jobs whose recipients were all taken are done with.
 */
const char *world_outcome(uint64_t job, const char *recipient);

/* Of the outcome that world_outcome() returned last: "because=default judged=outage evidence=..." */
const char *world_judged(void);

/* Queue does not wait for that job any more. */
void world_write_off(uint64_t job);

/* The n-th connection that was begun (from 1), NULL when there is none yet; how many there are. */
struct stream *world_connection(unsigned n);
unsigned world_connections(void);

/* The next line from the room on a connection, without CRLF; NULL when no whole line is there. What may not be said in clear is caught. */
const char *world_hear(struct stream *stream);

/* Everything that is there, lines or not; escaped. */
const char *world_hear_all(struct stream *stream);

#endif
