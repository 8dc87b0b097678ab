/* The policy room, played: its clock, relays, DNS and policy hosts are fakes; its database is real, in a folder of its own. */
#ifndef TESTS_UNIT_POLICY_HOUSE_H
#define TESTS_UNIT_POLICY_HOUSE_H

#include "policy/answer.h"
#include "policy/domain.h"
#include "policy/room.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_channel.h"
#include "tests/fake/fake_fetch.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_resolver.h"
#include "tests/unit/unit.h"

#define HOUSE_DAY_MS (86400 * INT64_C(1000))
#define HOUSE_FILE(mode, age) "version: STSv1\nmode: " mode "\nmx: mx.example.org\nmx: *.mail.example.org\nmax_age: " age "\n"

extern struct policy house_policy;
extern struct conf_policy house_conf;
extern struct channel *house_relay;

void house_begin(void);			/* an empty folder, a relay, everything configured as by default */
void house_restart(void);		/* the process ends and another begins: only the folder is left */
void house_end(void);

/* Add a TXT record and a policy file: a domain that does all well. */
void house_publish(const char *domain, const char *id, const char *file);
void house_set_id(const char *domain, const char *id);

/* Ask as relay does; house_told() finds the answer, NULL as long as there is none. Valid until the next house_told(). */
void house_ask(uint64_t id, const char *domain);
void house_ask_doubted(uint64_t id, const char *domain);
const struct knowledge *house_told(uint64_t id);

/* Ask, let everything happen that does so without time, and give the answer. */
const struct knowledge *house_know(const char *domain);

/* How often relays were told that something changed about the domain since the last time this was asked. */
unsigned house_changes(const char *domain);

/* Relay asks what hosts were like, names separated by "|"; the hosts of the answer: none when there was no answer. */
const struct policy_hosts *house_recall(const char *names);
void house_laid(const struct policy_host *hosts, uint32_t count);

/* What relay saw. */
void house_saw(const char *domain, const char *host, enum policy_level level);
void house_observed(const char *domain, const char *reason, const char *because);

/*
 * A request of the operator, arguments separated by "|"; then house_row() gives one row after the other as "name=value name=value ..."
 * without what is empty or 0, NULL behind the last; house_code() and house_text() are those of the end, -1 when there is none yet.
 */
void house_request(const char *verb, const char *arguments);
const char *house_row(void);
int house_code(void);
const char *house_text(void);
struct channel *house_operator(void);

#endif
