# lib-mail: header fields, dates, outcomes, routes: no I/O.
noinst_LIBRARIES += libmail.a
libmail_a_SOURCES = %D%/date.c %D%/envelope.c %D%/header.c %D%/outcome.c %D%/pattern.c %D%/received.c %D%/route.c %D%/xtext.c
