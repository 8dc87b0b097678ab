# lib-mail: header fields, dates, outcomes, routes: no I/O.
noinst_LIBRARIES += libmail.a
libmail_a_SOURCES = %D%/envelope.c %D%/outcome.c %D%/route.c %D%/xtext.c
