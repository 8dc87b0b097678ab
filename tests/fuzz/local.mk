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
