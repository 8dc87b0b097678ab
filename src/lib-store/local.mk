# lib-store: one SQLite database of one room; links libloop.a libbase.a libos.a and SQLite.
noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = %D%/query.c %D%/store.c
