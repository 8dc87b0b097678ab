# lib-conf: what a room needs of the configuration (libconf.a: slices and their tables, no YAML).
noinst_LIBRARIES += libconf.a
libconf_a_SOURCES = %D%/field.h %D%/slice.c %D%/slices.c
