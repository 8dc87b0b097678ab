# lib-smtp: the protocol without I/O: octets in, facts out.
noinst_LIBRARIES += libsmtp.a
libsmtp_a_SOURCES = %D%/address.c %D%/command.c %D%/data.c %D%/domain.c %D%/params.c %D%/status.c
# The client's half.
libsmtp_a_SOURCES += %D%/capability.c %D%/dotstuff.c %D%/reply.c
