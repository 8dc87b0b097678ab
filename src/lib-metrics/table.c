/* The table of metrics, and that of labels. */
#include "metrics/table.h"

#include "policy/because.h"
#include "policy/level.h"
#include "policy/reason.h"
#include "policy/sts.h"
#include "smtp/status.h"

#define NUMBERS_MOST 16		/* things that are told apart by a number */
#define SECONDS(parts_) .unit = "seconds", .parts = (parts_)
#define BYTES .unit = "bytes"
#define BY(...) .labels = { __VA_ARGS__ }

static const struct metrics_row rows[METRICS] = {
	[METRIC_BUILD] = { "sealpost_build", METRIC_INFO, "", BY(METRICS_RELEASE), .help = "The release that runs." },
	[METRIC_ROOM_UP] = { "sealpost_room_up", METRIC_GAUGE, "", .help = "1 = the room has answered within a second." },
	[METRIC_ROOM_RESTARTS] = { "sealpost_room_restarts", METRIC_COUNTER, "",
	    .help = "Times that the room ended without being told to, and was started again." },
	[METRIC_ROOM_START] = { "sealpost_room_start_time_seconds", METRIC_GAUGE, SECONDS(1000),
	    .help = "When the room was started, since the epoch: its counters begin there." },
	[METRIC_ROOM_CPU] = { "sealpost_room_cpu_seconds", METRIC_COUNTER, SECONDS(1000000), .help = "Processor time of the room." },
	[METRIC_ROOM_MEMORY] = { "sealpost_room_resident_memory_bytes", METRIC_GAUGE, BYTES,
	    .help = "Memory of the room that is resident." },

	[METRIC_LOCKED] = { "sealpost_spool_locked", METRIC_GAUGE, "",
	    .help = "1 = the spool waits for its passphrase: mail is taken, none is delivered." },
	[METRIC_RELOADS] = { "sealpost_reloads", METRIC_COUNTER, "", BY(METRICS_RELOAD),
	    .help = "Configurations that were read again, and what came of it." },
	[METRIC_CERTIFICATE_EXPIRY] = { "sealpost_certificate_expiry_timestamp_seconds", METRIC_GAUGE, SECONDS(1), BY(METRICS_NUMBER),
	    .help = "When our own certificate ends, since the epoch; numbered in the order of `certificate:`." },

	[METRIC_TLS_SESSIONS] = { "sealpost_tls_sessions", METRIC_COUNTER, "", BY(METRICS_DIRECTION, METRICS_VERSION, METRICS_REASON),
	    .help = "Sessions of the network that ended or failed, with TLS or without, and what was wrong; \"none\" = nothing." },
	[METRIC_OUTBOUND_SESSIONS] = { "sealpost_outbound_sessions", METRIC_COUNTER, "", BY(METRICS_LEVEL, METRICS_APPLIED),
	    .help = "Outgoing sessions that proved what they had to, and what demanded it." },
	[METRIC_OUTBOUND_RESUMED] = { "sealpost_outbound_handshakes_resumed", METRIC_COUNTER, "",
	    .help = "Outgoing TLS handshakes that resumed a session." },

	[METRIC_INTAKE_SESSIONS] = { "sealpost_intake_sessions", METRIC_GAUGE, "", .help = "Sessions of clients at this moment." },
	[METRIC_INTAKE_ACCEPTED] = { "sealpost_messages_accepted", METRIC_COUNTER, "", .help = "Messages taken over: each is on disk." },
	[METRIC_INTAKE_OCTETS] = { "sealpost_accepted_bytes", METRIC_COUNTER, BYTES, .help = "Content of the messages taken over." },
	[METRIC_INTAKE_REFUSALS] = { "sealpost_refusals", METRIC_COUNTER, "", BY(METRICS_REPLY),
	    .help = "Replies to clients that refused something, for now or for good." },
	[METRIC_INTAKE_MEMORY] = { "sealpost_intake_memory_bytes", METRIC_GAUGE, BYTES,
	    .help = "Messages and input in memory, which `limits.memory` bounds." },
	[METRIC_INTAKE_CONGESTED] = { "sealpost_intake_congested", METRIC_GAUGE, "",
	    .help = "1 = the queue is full, and clients are put off with 452." },

	[METRIC_RELAY_OUTCOMES] = { "sealpost_delivery_outcomes", METRIC_COUNTER, "", BY(METRICS_OUTCOME, METRICS_REASON),
	    .help = "What an attempt came to, for each recipient, and why." },
	[METRIC_RELAY_CONNECTIONS] = { "sealpost_outbound_connections", METRIC_GAUGE, "",
	    .help = "Outgoing connections at this moment, at work or at rest." },
	[METRIC_RELAY_JOBS] = { "sealpost_deliveries", METRIC_GAUGE, "", .help = "Deliveries under way." },
	[METRIC_RELAY_DNSSEC] = { "sealpost_dnssec_trusted", METRIC_GAUGE, "",
	    .help = "1 = the resolver has proved that it validates; without, DANE does not count." },

	[METRIC_QUEUE_MESSAGES] = { "sealpost_queue_messages", METRIC_GAUGE, "", .help = "Messages in the queue." },
	[METRIC_QUEUE_TASKS] = { "sealpost_queue_tasks", METRIC_GAUGE, "", BY(METRICS_STATE),
	    .help = "Messages, once for each next hop, by where they are." },
	[METRIC_QUEUE_OLDEST] = { "sealpost_queue_oldest_message_age_seconds", METRIC_GAUGE, SECONDS(1000),
	    .help = "Age of the oldest message in the queue; 0 = there is none." },
	[METRIC_QUEUE_HOPS] = { "sealpost_queue_next_hops", METRIC_GAUGE, "", .help = "Next hops that are known at this moment." },
	[METRIC_QUEUE_RESTING] = { "sealpost_queue_next_hops_resting", METRIC_GAUGE, "", .help = "Next hops that rest after failures." },
	[METRIC_QUEUE_ENDS] = { "sealpost_recipients_ended", METRIC_COUNTER, "", BY(METRICS_END, METRICS_REASON),
	    .help = "Recipients that have their end, and why; all but the delivered go back to the sender." },
	[METRIC_QUEUE_DEFERRALS] = { "sealpost_recipients_deferred", METRIC_COUNTER, "",
	    .help = "Times that a recipient has to be tried again." },
	[METRIC_QUEUE_CONGESTED] = { "sealpost_queue_congested", METRIC_GAUGE, "", .help = "1 = there are more messages than may be." },
	[METRIC_QUEUE_BROKEN] = { "sealpost_journal_broken", METRIC_GAUGE, "",
	    .help = "1 = outcomes cannot be written: nothing is delivered." },
	[METRIC_SPOOL_SEGMENTS] = { "sealpost_spool_segments", METRIC_GAUGE, "", .help = "Files of the spool with messages." },
	[METRIC_SPOOL_OCTETS] = { "sealpost_spool_bytes", METRIC_GAUGE, BYTES, .help = "Size of those files." },
	[METRIC_SPOOL_NEEDED] = { "sealpost_spool_needed_bytes", METRIC_GAUGE, BYTES,
	    .help = "What of it belongs to messages in the queue." },
	[METRIC_SPOOL_JOURNAL] = { "sealpost_journal_bytes", METRIC_GAUGE, BYTES, .help = "Size of the journal of outcomes." },

	[METRIC_COMMIT_TIME] = { "sealpost_commit_seconds", METRIC_HISTOGRAM, SECONDS(1000000), .histogram = HISTOGRAM_TIME,
	    .help = "From a message's last octet until it is on stable storage." },
	[METRIC_SYNC_OCTETS] = { "sealpost_sync_bytes", METRIC_HISTOGRAM, BYTES, .histogram = HISTOGRAM_OCTETS,
	    .help = "What one fdatasync made durable, for all messages that waited for it." },
	[METRIC_COMMIT_ERRORS] = { "sealpost_commit_errors", METRIC_COUNTER, "",
	    .help = "Writes and syncs that failed; each ends a file of the spool." },

	[METRIC_POLICY_DOMAINS] = { "sealpost_policy_domains_cached", METRIC_GAUGE, "",
	    .help = "Domains in the memory of the policy room." },
	[METRIC_POLICY_QUESTIONS] = { "sealpost_policy_questions", METRIC_COUNTER, "",
	    .help = "Questions of deliveries that were answered." },
	[METRIC_POLICY_CHANGES] = { "sealpost_policy_changes", METRIC_COUNTER, "", .help = "Changes of what is known of a domain." },
	[METRIC_POLICY_HELD] = { "sealpost_policies", METRIC_GAUGE, "", BY(METRICS_MODE), .help = "MTA-STS policies that are kept." },
	[METRIC_POLICY_FAILING] = { "sealpost_policies_failing", METRIC_GAUGE, "", .help = "Those whose last refresh failed." },
	[METRIC_POLICY_RATCHETS] = { "sealpost_ratchet_domains", METRIC_GAUGE, "",
	    .help = "Domains of which it is remembered what they have proved." },
	[METRIC_POLICY_PRELOADED] = { "sealpost_preloaded_domains", METRIC_GAUGE, "", .help = "Domains with a policy from a list." },
	[METRIC_POLICY_FETCHES] = { "sealpost_policy_fetches", METRIC_COUNTER, "", BY(METRICS_FETCH),
	    .help = "Fetches of policies that ended, and how." },
	[METRIC_POLICY_FETCHING] = { "sealpost_policy_fetches_running", METRIC_GAUGE, "", .help = "Fetches under way." },
	[METRIC_POLICY_WAITING] = { "sealpost_policy_fetches_waiting", METRIC_GAUGE, "", .help = "Fetches that wait for their turn." },

	[METRIC_NOTIFICATIONS] = { "sealpost_notifications", METRIC_COUNTER, "", BY(METRICS_ACTION),
	    .help = "Notifications to senders that were made." },
	[METRIC_NOTIFICATIONS_WITHHELD] = { "sealpost_notifications_withheld", METRIC_COUNTER, "", BY(METRICS_ACTION),
	    .help = "Notifications that were not made: the sender is forged, or has heard of enough mail that strangers brought." },
	[METRIC_TLSRPT_REPORTS] = { "sealpost_tlsrpt_reports", METRIC_COUNTER, "", BY(METRICS_REPORT),
	    .help = "Tries to send reports on TLS to domains, and what they came to." },
	[METRIC_NOTICES] = { "sealpost_notices", METRIC_COUNTER, "", BY(METRICS_NOTICE),
	    .help = "Steps of notices to peers whose TLS is at fault, and what they came to." },
	[METRIC_LEDGER_OPEN] = { "sealpost_ledger_open", METRIC_GAUGE, "", .help = "1 = facts of TLS are kept." },
	[METRIC_LEDGER_FACTS] = { "sealpost_ledger_facts", METRIC_GAUGE, "", .help = "Facts in the ledger that are told apart." },
	[METRIC_LEDGER_BATCHES] = { "sealpost_ledger_batches", METRIC_COUNTER, "", .help = "Batches of facts that were taken." },

	[METRIC_WEB_REQUESTS] = { "sealpost_web_requests", METRIC_COUNTER, "", BY(METRICS_STATUS),
	    .help = "Requests for these numbers, by the status of the answer." },
	[METRIC_WEB_CONNECTIONS] = { "sealpost_web_connections", METRIC_GAUGE, "",
	    .help = "Connections of whoever asks for these numbers." },
};

/* --- labels --- */

static struct span
direction_word(size_t index)
{
	static const char *const words[] = { "in", "out" };

	return index < 2 ? span_of(words[index]) : SPAN("");
}

static struct span
reason_word(size_t index)
{
	return index == 0 ? SPAN("none") : reason_at(index - 1)->word;
}

static struct span
level_word(size_t index)
{
	return span_of(policy_level_name((enum policy_level)index));
}

static struct span
applied_word(size_t index)
{
	struct span word = because_at(index);

	return word.length > 0 ? word : SPAN("other");
}

static struct span
reply_word(size_t index)
{
	return span_of(status_word((enum status)index));
}

static struct span
mode_word(size_t index)
{
	return span_of(sts_mode_name((enum sts_mode)index));
}

static struct span
number_word(size_t index)
{
	static const char *const words[NUMBERS_MOST] = {
		"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"
	};

	return span_of(words[index]);
}

#define WORDS_MOST 16

static const struct {
	const char *name;
	struct span (*word)(size_t index);	/* NULL = the words follow */
	size_t count;				/* 0 = up to the word "unknown" or "other" */
	const char *words[WORDS_MOST];
} labels[METRICS_LABELS] = {
	[METRICS_DIRECTION] = { "direction", direction_word, 2 },
	[METRICS_VERSION] = { "version", NULL, 4, { "none", "TLSv1.2", "TLSv1.3", "other" } },
	[METRICS_REASON] = { "reason", reason_word, 0 },
	[METRICS_LEVEL] = { "level", level_word, POLICY_LEVELS },
	[METRICS_APPLIED] = { "applied", applied_word, 0 },
	[METRICS_OUTCOME] = { "outcome", NULL, 3, { "delivered", "later", "failed" } },
	[METRICS_END] = { "end", NULL, 3, { "delivered", "failed", "expired" } },
	[METRICS_REPLY] = { "reply", reply_word, STATUSES },
	[METRICS_STATE] = { "state", NULL, 4, { "ready", "waiting", "running", "held" } },
	[METRICS_MODE] = { "mode", mode_word, STS_MODES },
	[METRICS_FETCH] = { "result", NULL, 14, { "done", "no-address", "dns-failed", "special-address", "unreachable", "timeout", "tls-failed",
	    "certificate", "status", "type", "encoded", "too-large", "broken", "other" } },
	[METRICS_ACTION] = { "action", NULL, 4, { "failed", "delayed", "delivered", "relayed" } },
	[METRICS_NOTICE] = { "result", NULL, 10, { "sent", "taken", "bounced", "no-tls", "unreached", "unproved", "mended", "doubted", "composed",
	    "later" } },
	[METRICS_REPORT] = { "result", NULL, 4, { "later", "sent", "unwanted", "given-up" } },
	[METRICS_RELOAD] = { "result", NULL, 2, { "applied", "refused" } },
	[METRICS_STATUS] = { "status", NULL, 8, { "200", "400", "404", "405", "421", "503", "500", "other" } },
	[METRICS_NUMBER] = { "number", number_word, NUMBERS_MOST },
	[METRICS_RELEASE] = { "version", NULL, 1, { PACKAGE_VERSION } },
};

const struct metrics_row *
metrics_row(enum metric metric)
{
	return &rows[metric];
}

size_t
metrics_labels(enum metric metric)
{
	size_t count = 0;

	while (count < METRICS_LABELS_MAX && rows[metric].labels[count] != METRICS_NO_LABEL)
		count++;
	return count;
}

size_t
metrics_cells(enum metric metric)
{
	size_t cells = 1;

	for (size_t i = 0; i < metrics_labels(metric); i++)
		cells *= metrics_words(rows[metric].labels[i]);
	return cells;
}

const char *
metrics_label_name(enum metrics_label label)
{
	return labels[label].name;
}

/* The word behind which there is none. */
static bool
is_last(struct span word)
{
	return span_equal(word, SPAN("unknown")) || span_equal(word, SPAN("other"));
}

size_t
metrics_words(enum metrics_label label)
{
	static size_t counted[METRICS_LABELS];

	if (labels[label].count > 0)
		return labels[label].count;
	if (counted[label] == 0) {
		size_t count = 0;

		while (!is_last(labels[label].word(count)))
			count++;
		counted[label] = count + 1;
	}
	return counted[label];
}

struct span
metrics_word(enum metrics_label label, size_t index)
{
	return labels[label].word == NULL ? span_of(labels[label].words[index]) : labels[label].word(index);
}

size_t
metrics_find(enum metrics_label label, struct span word)
{
	size_t count = metrics_words(label), i = 0;

	if (word.length == 0)
		word = SPAN("none");
	while (i + 1 < count && !span_equal(metrics_word(label, i), word))
		i++;
	return i;
}
