/* What the subcommands of `sealpost` share: the options that all of them take, and the table they are in. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <stdbool.h>

struct options {
	bool json;		/* answers are JSON lines */
	const char *file;	/* the configuration */
	const char *socket;	/* the control socket; NULL = where the configuration says */
};

/*
 * A subcommand: what it may be called with behind its name. Returns the exit code: 0 yes, 1 the answer is no,
 * 2 undetermined, 64 and more as in <sysexits.h>.
 */
typedef int command_fn(const struct options *options, int argc, char **argv);

command_fn check_run, config_describe, config_show, dkim_run, dkim_verify_run, dmarc_check_run, exception_add, exception_list,
    exception_remove, explain_run, metrics_run, notice_run, peers_run, preload_run, policy_lint_run, policy_run, warm_run, queue_list, queue_show, queue_change,
    received_run, reload_run, spool_verify_run, spf_run,
    stats_run, status_run, tlsrpt_run,
    tlsa_run, unlock_run, version_run, why_run;

/* Complain of the way it was called, the words as arguments to printf. Returns EX_USAGE. */
__attribute__((format(printf, 1, 2))) int ctl_usage(const char *format, ...);

#endif
