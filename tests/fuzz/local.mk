# A target per parser of outside octets: fuzz_<lib>_<file>.c with LLVMFuzzerTestOneInput, and a corpus in
# corpus/<lib>_<file>/ that `make check` replays. With --enable-fuzzing (clang) `make fuzz-targets` builds
# them with libFuzzer instead; tests/fuzz/fuzz runs all of them.
EXTRA_DIST += %D%/corpus %D%/messages.h %D%/fuzz
FUZZ_TARGETS = %D%/fuzz_base_log_render %D%/fuzz_ipc_ctl_rooms %D%/fuzz_ipc_master_rooms %D%/fuzz_ipc_queue_relay \
	%D%/fuzz_ipc_queue_report %D%/fuzz_ipc_writer_queue
EXTRA_PROGRAMS = $(FUZZ_TARGETS)
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

FUZZ_BASE_LIBS = libbase.a libos.a libbase.a libos.a libbase.a
FUZZ_IPC_LIBS = libipc.a libmail.a $(FUZZ_BASE_LIBS) $(FUZZ_MAIN)
%C%_fuzz_base_log_render_LDADD = $(FUZZ_BASE_LIBS) $(FUZZ_MAIN)
%C%_fuzz_ipc_ctl_rooms_LDADD = $(FUZZ_IPC_LIBS)
%C%_fuzz_ipc_master_rooms_LDADD = $(FUZZ_IPC_LIBS)
%C%_fuzz_ipc_queue_relay_LDADD = $(FUZZ_IPC_LIBS)
%C%_fuzz_ipc_queue_report_LDADD = $(FUZZ_IPC_LIBS)
%C%_fuzz_ipc_writer_queue_LDADD = $(FUZZ_IPC_LIBS)
# Fuzz targets: with --enable-fuzzing they are libFuzzer programs, otherwise tests that replay their corpus.
FUZZ_TARGETS = %D%/fuzz_mail_envelope %D%/fuzz_smtp_address %D%/fuzz_smtp_command %D%/fuzz_smtp_data %D%/fuzz_smtp_params
EXTRA_DIST += %D%/fuzz.h $(wildcard $(top_srcdir)/%D%/corpus/*/*)
if FUZZING
noinst_PROGRAMS += $(FUZZ_TARGETS)
FUZZ_MAIN =
else
check_PROGRAMS += $(FUZZ_TARGETS)
TESTS += $(FUZZ_TARGETS)
FUZZ_MAIN = %D%/replay.c
endif
FUZZ_LIBS = libsmtp.a libmail.a libbase.a libos.a libbase.a libos.a $(IDN2_LIBS) $(FUZZ_LDFLAGS)
%C%_fuzz_mail_envelope_SOURCES = %D%/fuzz_mail_envelope.c $(FUZZ_MAIN)
%C%_fuzz_mail_envelope_LDADD = $(FUZZ_LIBS)
%C%_fuzz_smtp_address_SOURCES = %D%/fuzz_smtp_address.c $(FUZZ_MAIN)
%C%_fuzz_smtp_address_LDADD = $(FUZZ_LIBS)
%C%_fuzz_smtp_command_SOURCES = %D%/fuzz_smtp_command.c $(FUZZ_MAIN)
%C%_fuzz_smtp_command_LDADD = $(FUZZ_LIBS)
%C%_fuzz_smtp_data_SOURCES = %D%/fuzz_smtp_data.c $(FUZZ_MAIN)
%C%_fuzz_smtp_data_LDADD = $(FUZZ_LIBS)
%C%_fuzz_smtp_params_SOURCES = %D%/fuzz_smtp_params.c $(FUZZ_MAIN)
%C%_fuzz_smtp_params_LDADD = $(FUZZ_LIBS)
