# lib-metrics: what is counted, and how it is written; links libipc.a libpolicy.a libsmtp.a libmail.a and libbase.a behind it.
noinst_LIBRARIES += libmetrics.a
libmetrics_a_SOURCES = %D%/count.c %D%/sample.c %D%/table.c %D%/text.c
# For rooms that have none of these for themselves.
METRICS_LIBS = libmetrics.a libipc.a libpolicy.a libsmtp.a libmail.a
