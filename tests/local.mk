# Tests: `make check` runs everything that needs neither network nor privilege.
EXTRA_DIST += %D%/run .ci/run
# What takes long comes first, so that it is not left over at the end.
include tests/pki/local.mk
include tests/fake/local.mk
include tests/scenario/local.mk
include tests/crash/local.mk
include tests/unit/local.mk
include tests/fuzz/local.mk
include tests/lint/local.mk
include tests/system/local.mk
include tests/bench/local.mk
