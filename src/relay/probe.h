/*
 * One address looked at: a connection of its own up to EHLO under TLS, then QUIT, and no mail. It has a hop of its own, so that what fails
 * there makes nobody else wait. Who looks is told once what came of it: explain.c for the operator, look.c for report.
 */
#ifndef RELAY_PROBE_H
#define RELAY_PROBE_H

#include "ipc/report_asks.h"
#include "relay/hop.h"

struct client;

#define PROBE_LINE 512	/* octets of a line that are kept (RFC 5321 4.5.3.1.5) */

/* What was said in clear, as it came: a stranger's octets, all but CR and LF. Lines that do not fit as a whole are left out, with all behind. */
struct probe_talk {
	char transcript[LOOK_TRANSCRIPT], banner[LOOK_TEXT], line[PROBE_LINE];
	size_t transcript_length, banner_length, line_length;
	bool is_full, is_banner_full;	/* a line did not fit */
	bool has_spoken;	/* we have: what comes now is no banner */
};

struct probe;

/* Called once, for one of these; the probe is borrowed for the call, and gone behind it. */
struct probe_handler {
	void (*on_proved)(void *arg, struct probe *probe, struct client *client);
	/* client is NULL when the probe ended early: nothing is to be seen of it then. */
	void (*on_failed)(void *arg, struct probe *probe, struct client *client, const struct failure *failure);
	/*
	 * It is about the certificate as it is now: one is asked for, by the host's name and softly, where nothing else asks; no session is
	 * resumed. And nothing that is seen is remembered, be it for verdicts or for later connections.
	 */
	bool is_thorough;
};

struct probe {
	struct hop *hop;
	struct plan *base;			/* held */
	const struct candidate *candidate;	/* of it */
	const struct probe_handler *handler;
	void *arg;
	struct probe_talk talk;
};

/* Begin with a candidate of the plan, which is held. `what` begins the name of the hop, for the log: "explain". */
struct probe *probe_start(struct relay *relay, const char *what, struct plan *plan, const struct candidate *candidate,
    const struct probe_handler *handler, void *arg);

/* Hang up. Silent; tolerates NULL, leaves NULL. */
void probe_cancel(struct probe **probe);

/* What became of a hop that has a probe: a host that proved itself, or one that failed; or its connection went without. */
void probe_proved(struct client *client);
void probe_failed(struct client *client, const struct failure *failure);
void probe_stopped(struct hop *hop);

/* Octets from and to the host. Whatever is not in clear, or not of a probe, is not looked at. */
void probe_heard(const struct client *client, struct span octets);
void probe_said(const struct client *client, struct span octets);

#endif
