/* The tables of policy.db, version by version. */
#include "policy/schema.h"

static const char *const migrations[] = {
	/*
	 * mode is enum sts_mode; patterns are lines. wall, up and boot: when it was last fetched (policy/age.h). due: when it is to be
	 * fetched again. failed_id, failures, next_try: what a fetch came to that failed. used: when it was last asked for (M27).
	 */
	"CREATE TABLE sts (domain TEXT PRIMARY KEY, id TEXT NOT NULL, mode INTEGER NOT NULL, max_age INTEGER NOT NULL,"
	" patterns TEXT NOT NULL, wall INTEGER NOT NULL, up INTEGER NOT NULL, boot TEXT NOT NULL, due INTEGER NOT NULL,"
	" failed_id TEXT NOT NULL DEFAULT '', failures INTEGER NOT NULL DEFAULT 0, next_try INTEGER NOT NULL DEFAULT 0,"
	" used INTEGER NOT NULL DEFAULT 0);"
	"CREATE INDEX sts_due ON sts (due);"
	"CREATE INDEX sts_used ON sts (mode, used);"
	"CREATE TABLE ratchet (domain TEXT NOT NULL, level INTEGER NOT NULL, successes INTEGER NOT NULL, days INTEGER NOT NULL,"
	" last INTEGER NOT NULL, PRIMARY KEY (domain, level)) WITHOUT ROWID;"
	"CREATE INDEX ratchet_last ON ratchet (last);"
	"CREATE TABLE ratchet_mx (domain TEXT NOT NULL, host TEXT NOT NULL, last INTEGER NOT NULL,"
	" PRIMARY KEY (domain, host)) WITHOUT ROWID;"
	"CREATE TABLE exception (domain TEXT PRIMARY KEY, level INTEGER NOT NULL, until INTEGER NOT NULL, why TEXT NOT NULL);"
	"CREATE TABLE preload (domain TEXT PRIMARY KEY, mode INTEGER NOT NULL, patterns TEXT NOT NULL, until INTEGER NOT NULL);"
	"CREATE TABLE observed (domain TEXT NOT NULL, reason TEXT NOT NULL, because TEXT NOT NULL, day INTEGER NOT NULL,"
	" count INTEGER NOT NULL, PRIMARY KEY (domain, reason, because, day)) WITHOUT ROWID;",
	/* For reports (RFC 8460 4.4): lines of the file as they came, and what the last fetch that failed came to, in words. */
	"ALTER TABLE sts ADD COLUMN lines TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE sts ADD COLUMN fault TEXT NOT NULL DEFAULT '';",
	/* What hosts offered when TLS was laid there: keywords are words, ip the address of the last time; first and last are UTC. */
	"CREATE TABLE host (host TEXT PRIMARY KEY, sessions INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"
	" starttls INTEGER NOT NULL, keywords TEXT NOT NULL, level INTEGER NOT NULL, version TEXT NOT NULL, fingerprint TEXT NOT NULL,"
	" issuer TEXT NOT NULL, ip TEXT NOT NULL);"
	"CREATE INDEX host_last ON host (last);"
};

const struct store_kind policy_store_kind = {
	.file = "policy.db", .event = "policy-store", .damaged_event = "policy-store-damaged",
	.loss = "policies, ratchets, exceptions and what hosts were like are forgotten: it is begun anew",
	.migrations = migrations, .version = sizeof(migrations) / sizeof(*migrations)
};
