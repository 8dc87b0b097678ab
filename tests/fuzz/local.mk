# A target per parser of outside octets: fuzz_<lib>_<file>.c with LLVMFuzzerTestOneInput, and a corpus in
# corpus/<lib>_<file>/ that `make check` replays. With --enable-fuzzing (clang) `make fuzz-targets` builds
# them with libFuzzer instead; tests/fuzz/fuzz runs all of them.
EXTRA_DIST += %D%/corpus %D%/messages.h %D%/fuzz %D%/fuzz.h
FUZZ_TARGETS =
FUZZ_TARGETS += %D%/fuzz_auth_authres
FUZZ_TARGETS += %D%/fuzz_auth_dkim_canon
FUZZ_TARGETS += %D%/fuzz_auth_dkim_tags
FUZZ_TARGETS += %D%/fuzz_auth_dkim_verify
FUZZ_TARGETS += %D%/fuzz_auth_dmarc_author
FUZZ_TARGETS += %D%/fuzz_auth_dmarc_record
FUZZ_TARGETS += %D%/fuzz_auth_spf
FUZZ_TARGETS += %D%/fuzz_auth_spf_record
FUZZ_TARGETS += %D%/fuzz_base_log_render
FUZZ_TARGETS += %D%/fuzz_conf_settings
FUZZ_TARGETS += %D%/fuzz_ctl_compose
FUZZ_TARGETS += %D%/fuzz_ctl_preload
FUZZ_TARGETS += %D%/fuzz_ctl_publish
FUZZ_TARGETS += %D%/fuzz_ctl_tlsa
FUZZ_TARGETS += %D%/fuzz_dns_answer
FUZZ_TARGETS += %D%/fuzz_intake_session
FUZZ_TARGETS += %D%/fuzz_ipc_ctl_rooms
FUZZ_TARGETS += %D%/fuzz_ipc_intake_policy
FUZZ_TARGETS += %D%/fuzz_ipc_master_rooms
FUZZ_TARGETS += %D%/fuzz_ipc_queue_relay
FUZZ_TARGETS += %D%/fuzz_ipc_queue_report
FUZZ_TARGETS += %D%/fuzz_ipc_relay_policy
FUZZ_TARGETS += %D%/fuzz_ipc_report_asks
FUZZ_TARGETS += %D%/fuzz_ipc_report_facts
FUZZ_TARGETS += %D%/fuzz_ipc_report_policy
FUZZ_TARGETS += %D%/fuzz_ipc_writer_queue
FUZZ_TARGETS += %D%/fuzz_mail_envelope
FUZZ_TARGETS += %D%/fuzz_metrics_text
FUZZ_TARGETS += %D%/fuzz_mail_received
FUZZ_TARGETS += %D%/fuzz_mail_notice_template
FUZZ_TARGETS += %D%/fuzz_ctl_mailbox
FUZZ_TARGETS += %D%/fuzz_policy_contact_names
FUZZ_TARGETS += %D%/fuzz_policy_dane
FUZZ_TARGETS += %D%/fuzz_policy_sts
FUZZ_TARGETS += %D%/fuzz_policy_tlsrpt
FUZZ_TARGETS += %D%/fuzz_queue_replay
FUZZ_TARGETS += %D%/fuzz_smtp_address
FUZZ_TARGETS += %D%/fuzz_smtp_command
FUZZ_TARGETS += %D%/fuzz_smtp_data
FUZZ_TARGETS += %D%/fuzz_smtp_dotstuff
FUZZ_TARGETS += %D%/fuzz_smtp_params
FUZZ_TARGETS += %D%/fuzz_smtp_reply
FUZZ_TARGETS += %D%/fuzz_spool_scan
EXTRA_PROGRAMS += $(FUZZ_TARGETS)
CLEANFILES += $(FUZZ_TARGETS)

if FUZZING
FUZZ_MAIN = $(FUZZ_LDFLAGS)
else
check_LIBRARIES += libfuzzreplay.a
libfuzzreplay_a_SOURCES = %D%/main.c
FUZZ_MAIN = libfuzzreplay.a
check_PROGRAMS += $(FUZZ_TARGETS)
TESTS += $(FUZZ_TARGETS)
endif

fuzz-targets: $(FUZZ_TARGETS)
.PHONY: fuzz-targets

FUZZ_IPC_LIBS = libipc.a libmail.a $(BASE_LIBS) $(FUZZ_MAIN)
FUZZ_SMTP_LIBS = libsmtp.a libmail.a $(BASE_LIBS) $(FUZZ_MAIN) $(IDN2_LIBS)
%C%_fuzz_auth_authres_LDADD = $(AUTH_LIBS) $(FUZZ_MAIN)
%C%_fuzz_auth_dkim_canon_LDADD = $(AUTH_LIBS) $(FUZZ_MAIN)
%C%_fuzz_auth_dkim_tags_LDADD = $(AUTH_LIBS) $(FUZZ_MAIN)
%C%_fuzz_auth_dkim_verify_LDADD = $(AUTH_LIBS) $(FUZZ_MAIN)
%C%_fuzz_auth_dmarc_author_LDADD = $(AUTH_LIBS) $(FUZZ_MAIN)
%C%_fuzz_auth_dmarc_record_LDADD = $(AUTH_LIBS) $(FUZZ_MAIN)
%C%_fuzz_auth_spf_LDADD = $(AUTH_LIBS) $(FUZZ_MAIN)
%C%_fuzz_auth_spf_record_LDADD = $(AUTH_LIBS) $(FUZZ_MAIN)
%C%_fuzz_base_log_render_LDADD = $(BASE_LIBS) $(FUZZ_MAIN)
%C%_fuzz_intake_session_LDADD = libintake.a libauth.a libconf.a libfakewriter.a libfaketls.a libfakeroom.a $(METRICS_LIBS) \
	$(FAKE_LIBS) $(FUZZ_MAIN) $(CRYPTO_LIBS) $(IDN2_LIBS)
%C%_fuzz_conf_settings_LDADD = $(FUZZ_MAIN) $(CONFPARSE_LIBS)
%C%_fuzz_ctl_compose_LDADD = libsendmail.a libmail.a $(BASE_LIBS) $(FUZZ_MAIN)
%C%_fuzz_ctl_preload_LDADD = $(FUZZ_MAIN) $(CTL_LIBS)
%C%_fuzz_ctl_publish_LDADD = $(FUZZ_MAIN) $(CTL_LIBS)
%C%_fuzz_ctl_tlsa_LDADD = $(FUZZ_MAIN) $(CTL_LIBS)
%C%_fuzz_ipc_ctl_rooms_LDADD = $(FUZZ_IPC_LIBS)
%C%_fuzz_ipc_intake_policy_LDADD = $(FUZZ_IPC_LIBS)
%C%_fuzz_ipc_master_rooms_LDADD = $(FUZZ_IPC_LIBS)
%C%_fuzz_ipc_queue_relay_LDADD = $(FUZZ_IPC_LIBS)
%C%_fuzz_ipc_queue_report_LDADD = $(FUZZ_IPC_LIBS)
%C%_fuzz_ipc_relay_policy_LDADD = $(FUZZ_IPC_LIBS)
%C%_fuzz_ipc_report_asks_LDADD = $(FUZZ_IPC_LIBS)
%C%_fuzz_ipc_report_facts_LDADD = $(FUZZ_IPC_LIBS)
%C%_fuzz_ipc_report_policy_LDADD = $(FUZZ_IPC_LIBS)
%C%_fuzz_ipc_writer_queue_LDADD = $(FUZZ_IPC_LIBS)
%C%_fuzz_mail_envelope_LDADD = $(FUZZ_IPC_LIBS)
%C%_fuzz_metrics_text_LDADD = $(METRICS_LIBS) $(BASE_LIBS) $(FUZZ_MAIN) $(IDN2_LIBS)
%C%_fuzz_mail_received_LDADD = $(FUZZ_IPC_LIBS)
%C%_fuzz_mail_notice_template_LDADD = libmail.a $(BASE_LIBS) $(FUZZ_MAIN)
%C%_fuzz_ctl_mailbox_LDADD = $(FUZZ_MAIN) $(CTL_LIBS)
%C%_fuzz_policy_contact_names_LDADD = libpolicyroom.a libpolicy.a $(BASE_LIBS) $(FUZZ_MAIN)
%C%_fuzz_policy_dane_LDADD = libpolicy.a $(BASE_LIBS) $(FUZZ_MAIN)
%C%_fuzz_policy_sts_LDADD = libpolicy.a $(BASE_LIBS) $(FUZZ_MAIN)
%C%_fuzz_policy_tlsrpt_LDADD = libpolicy.a $(BASE_LIBS) $(FUZZ_MAIN)
%C%_fuzz_smtp_address_LDADD = $(FUZZ_SMTP_LIBS)
%C%_fuzz_smtp_command_LDADD = $(FUZZ_SMTP_LIBS)
%C%_fuzz_smtp_data_LDADD = $(FUZZ_SMTP_LIBS)
%C%_fuzz_smtp_params_LDADD = $(FUZZ_SMTP_LIBS)
%C%_fuzz_dns_answer_LDADD = libdnswire.a $(BASE_LIBS) $(FUZZ_MAIN)
%C%_fuzz_smtp_dotstuff_LDADD = $(FUZZ_SMTP_LIBS)
%C%_fuzz_smtp_reply_LDADD = $(FUZZ_SMTP_LIBS)
%C%_fuzz_queue_replay_LDADD = libqueue.a $(BASE_LIBS) $(FUZZ_MAIN)
%C%_fuzz_spool_scan_LDADD = libspool.a libmail.a libbase.a libfakes.a libbase.a libfakes.a libbase.a $(FUZZ_MAIN) $(CRYPTO_LIBS)
