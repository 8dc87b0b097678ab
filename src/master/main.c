/*
 * sealpostd: starts the rooms and keeps them going. It reads no byte from the network and sees no message. Options,
 * then everything that can fail, then the loop.
 */
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "activation.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "child.h"
#include "control.h"
#include "folders.h"
#include "keys.h"
#include "listeners.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "notify.h"
#include "plan.h"
#include "privileged.h"
#include "reload.h"
#include "spawn.h"
#include "supervise.h"

#define SILENCE_MS 60000	/* a room that does not answer for so long is killed */

static const char *file = SEALPOST_SYSCONFDIR "/sealpost.yaml", *libexec = SEALPOST_LIBEXECDIR;
static bool checks_only;
static bool is_ready, is_stopping;
static int code = EX_OK;	/* of our end */
static int64_t since_ms;
static struct timer *watchdog;
static struct complaints complaints;

static const char *
status_text(void)
{
	return keys_are_locked() ? "Taking mail; locked, waiting for sealpost unlock" : "Taking and delivering mail";
}

/* Called again after each reload: configuration, certificates and authorities are read whole, and handed out. */
static void
on_ready(void)
{
	malloc_trim(0);
	log_info("ready", LOG_TEXT("version", PACKAGE_VERSION), LOG_TEXT("hostname", reload_current()->settings.hostname),
	    LOG_TEXT("spool", keys_are_locked() ? "locked" : "open"));
	if (is_ready)
		notify_status(status_text());
	else
		notify_ready(status_text());
	is_ready = true;
}

/* At the first start it is ours, too: whoever asked for proof does not want a relay without. Later it is a room that does not run. */
static void
on_refused(enum room_kind kind)
{
	if (is_ready || is_stopping)
		return;
	log_error("refused", LOG_TEXT("room", room_name(kind)),
	    LOG_TEXT("reason", "it does not start by this configuration; its own line above says why"));
	code = EX_CONFIG;
	is_stopping = true;
	notify_stopping();
	supervise_stop();
}

static void
on_stopped(void)
{
	loop_stop();
}

static void
on_reload(struct complaints *found)
{
	if (is_stopping) {
		complaints_add(found, "", 0, "the relay is stopping");
		return;
	}
	notify_reloading();
	if (reload(found))
		control_again();
	if (is_ready)
		notify_ready(status_text());
}

static void
on_hangup(void *unused)
{
	(void)unused;
	on_reload(&complaints);
	complaints_clear(&complaints);
}

static void
on_unlocked(void)
{
	log_info("unlock", LOG_TEXT("spool", "open"));
	supervise_unlocked();
}

static void
on_status(struct row *row)
{
	row_number(row, "up_s", (clock_ms() - since_ms) / 1000);
	row_flag(row, "ready", is_ready);
	row_text(row, "state", is_stopping ? SPAN("stopping") : is_ready ? SPAN("ready") : SPAN("starting"));
	row_text(row, "version", SPAN(PACKAGE_VERSION));
	row_text(row, "hostname", span_of(reload_current()->settings.hostname));
	row_text(row, "configuration", span_of(reload_current()->settings.file));
}

static void
on_terminate(void *unused)
{
	(void)unused;
	log_info("stop", LOG_TEXT("how", is_stopping ? "now" : "with grace"));
	is_stopping = true;
	notify_stopping();
	supervise_stop();
}

static void
on_watchdog_due(void *unused)
{
	(void)unused;
	if (supervise_is_answering())
		notify_watchdog();
	timer_start(watchdog, notify_watchdog_ms() / 2);
}

static const struct supervise_handler supervise_handler = { on_ready, on_refused, on_stopped };
static const struct control_handler control_handler = { on_reload, on_unlocked, on_status };

static void
usage(FILE *to)
{
	fprintf(to, "usage: sealpostd [-n] [-c FILE] [--libexec DIRECTORY]\n"
	    "  -c, --config FILE    the configuration (%s)\n"
	    "  -n, --check          check it, and that it could start; do nothing\n"
	    "  --libexec DIRECTORY  the folder of the rooms' programs (%s)\n"
	    "  -V, --version        print the version\n"
	    "It stays in the foreground and logs as the configuration says.\n", file, libexec);
}

/* Returns -1 to go on, or an exit code. */
static int
options_read(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' }, { "check", no_argument, NULL, 'n' },
		{ "libexec", required_argument, NULL, 'L' }, { "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' }, { NULL }
	};
	int option;

	while ((option = getopt_long(argc, argv, "c:nVh", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			file = optarg;
			break;
		case 'n':
			checks_only = true;
			break;
		case 'L':
			libexec = optarg;
			break;
		case 'V':
			printf("sealpostd %s\n", PACKAGE_VERSION);
			return EX_OK;
		case 'h':
			usage(stdout);
			return EX_OK;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	usage(stderr);
	return EX_USAGE;
}

static int
check(void)
{
	bool good;

	spawn_open(libexec, &complaints);
	good = plan_check(file, &complaints) && complaints.errors == 0;
	for (size_t i = 0; i < complaints.count; i++) {
		struct buf line;

		buf_init(&line, 4096);
		complaint_format(&complaints.at[i], &line);
		fprintf(stderr, "%.*s\n", SPAN_ARG(buf_span(&line)));
		buf_clear(&line);
	}
	complaints_clear(&complaints);
	return good ? EX_OK : EX_CONFIG;
}

/* Everything that can fail. Returns false after it was complained of. */
static bool
start(void)
{
	struct plan *plan;

	privileged_raise_limits();
	spawn_open(libexec, &complaints);
	plan = complaints.errors > 0 ? NULL : plan_start(file, &complaints);
	if (plan == NULL)
		return false;
	if (!listeners_prepare(&plan->settings, &complaints)) {
		plan_free(&plan);
		return false;
	}
	activation_close();
	listeners_commit(NULL, NULL, NULL);
	reload_begin(plan);
	return true;
}

static void
run(void)
{
	int64_t silence_ms = SILENCE_MS;

	loop_init();
	since_ms = clock_ms();
	signal(SIGPIPE, SIG_IGN);
	loop_on_signal(SIGTERM, on_terminate, NULL);
	loop_on_signal(SIGINT, on_terminate, NULL);
	loop_on_signal(SIGHUP, on_hangup, NULL);
	if (notify_watchdog_ms() > 0) {
		watchdog = timer_new(on_watchdog_due, NULL);
		timer_start(watchdog, notify_watchdog_ms() / 2);
		/* A room that hangs is dealt with before the service manager ends us all for it. */
		if (notify_watchdog_ms() / 2 < silence_ms)
			silence_ms = notify_watchdog_ms() / 2;
	}
	control_open(&control_handler);
	supervise_begin(reload_current(), silence_ms, &supervise_handler);
	loop_run();
	control_close();
}

int
main(int argc, char **argv)
{
	int early = options_read(argc, argv);

	if (early >= 0)
		return early;
	complaints_init(&complaints);
	if (checks_only)
		return check();
	log_open("sealpostd", LOG_TO_STDERR, LOG_LEVEL_INFO, LOG_ADDRESSES_FULL);
	notify_open();
	activation_open();
	if (!start()) {
		reload_log(&complaints);
		return EX_CONFIG;
	}
	reload_log(&complaints);
	complaints_clear(&complaints);
	log_open("sealpostd", (enum log_target)reload_current()->settings.log_target,
	    (enum log_level)reload_current()->settings.log_level,
	    (enum log_addresses)reload_current()->settings.log_addresses);
	sandbox_enter("sealpostd", SANDBOX_SOCKETS | SANDBOX_ACCEPT | SANDBOX_PATHS | SANDBOX_FORK);
	run();
	listeners_close();
	folders_close();
	keys_forget();
	reload_end();
	log_info("stopped");
	log_flush();
	return code;
}
