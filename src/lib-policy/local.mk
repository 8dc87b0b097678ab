# lib-policy: what a next hop must prove, and the words for why mail did not go. No I/O.
noinst_LIBRARIES += libpolicy.a
libpolicy_a_SOURCES = %D%/age.c %D%/because.c %D%/dane.c %D%/decide.c %D%/level.c %D%/mailbox.c %D%/ratchet.c %D%/reason.c %D%/sts.c \
	%D%/tlsrpt_record.c %D%/verdict.c
