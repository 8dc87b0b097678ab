# lib-mail: header fields, dates, outcomes, routes: no I/O.
noinst_LIBRARIES += libmail.a
libmail_a_SOURCES = %D%/date.c %D%/envelope.c %D%/header.c %D%/notice_template.c %D%/outcome.c %D%/pattern.c %D%/received.c %D%/received_facts.c \
	%D%/received_shape.c %D%/received_shape.h %D%/received_token.c %D%/received_token.h %D%/route.c %D%/xtext.c
