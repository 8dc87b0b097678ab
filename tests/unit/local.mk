# One program per source file, in the folder of the same name; see unit.h.
EXTRA_DIST += %D%/unit.h %D%/leaks.h %D%/scratch.h %D%/spool_keys.h
# What takes long comes first, so that it is not left over at the end.
include tests/unit/ctl/local.mk
include tests/unit/master/local.mk
include tests/unit/policy/local.mk
include tests/unit/report/local.mk
include tests/unit/lib-base/local.mk
include tests/unit/lib-loop/local.mk
include tests/unit/lib-conf/local.mk
include tests/unit/lib-ipc/local.mk
include tests/unit/lib-mail/local.mk
include tests/unit/lib-spool/local.mk
include tests/unit/lib-tls/local.mk
include tests/unit/lib-dns/local.mk
include tests/unit/lib-smtp/local.mk
include tests/unit/intake/local.mk
include tests/unit/lib-policy/local.mk
include tests/unit/lib-auth/local.mk
include tests/unit/lib-metrics/local.mk
include tests/unit/web/local.mk
include tests/unit/queue/local.mk
include tests/unit/relay/local.mk
