# The contract: a header is here only because another folder needs it.
EXTRA_DIST += $(wildcard $(top_srcdir)/%D%/*/*.h)
