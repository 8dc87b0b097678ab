# lib-conf: what a room needs of the configuration (libconf.a: slices and their tables, no YAML) ...
noinst_LIBRARIES += libconf.a
libconf_a_SOURCES = %D%/field.h %D%/slice.c %D%/slices.c
# ... and what only master and the operator's tool need: the file itself. Links libyaml and libcrypto.
noinst_LIBRARIES += libconfparse.a
libconfparse_a_SOURCES = %D%/agree.c %D%/agree.h %D%/check.c %D%/check.h %D%/complaint.c %D%/complete.c %D%/describe.c \
	%D%/exceptions.c %D%/exceptions.h %D%/key.c %D%/key.h %D%/listens.c %D%/listens.h %D%/material.c %D%/settings.c %D%/share.c \
	%D%/value.c %D%/value.h %D%/yaml.c
CONFPARSE_LIBS = libconfparse.a libconf.a libauth.a libpolicy.a libmail.a $(BASE_LIBS) $(YAML_LIBS) $(CRYPTO_LIBS)
# Makes etc/sealpost.yaml and doc/sealpost.yaml.5 out of the table of keys.
noinst_PROGRAMS += %D%/manual
%C%_manual_SOURCES = %D%/manual.c
%C%_manual_LDADD = $(CONFPARSE_LIBS)
