# Lints: scripts over the source and over what was built, their tables beside them. They run from a tarball too.
LINTS = %D%/layers %D%/links %D%/headers %D%/functions %D%/texts %D%/shell %D%/manuals \
	%D%/replies %D%/reasons %D%/targets %D%/units %D%/requirements
dist_check_SCRIPTS += $(LINTS)
TESTS += $(LINTS)
EXTRA_DIST += %D%/LINKS %D%/NAMES %D%/REPLIES %D%/WORDS src/LAYERS src/README $(wildcard $(top_srcdir)/tests/*/local.mk $(top_srcdir)/tests/unit/*/local.mk)
AM_TESTS_ENVIRONMENT = LINT_PROGRAMS='$(pkglibexec_PROGRAMS) $(sbin_PROGRAMS) $(bin_PROGRAMS)'; export LINT_PROGRAMS; \
	LINT_MANUALS='$(dist_man_MANS) $(man_MANS)'; export LINT_MANUALS; \
	LINT_CPPFLAGS='$(DEFS) -I. $(AM_CPPFLAGS) $(CPPFLAGS) $(EVENT_CFLAGS) $(SSL_CFLAGS) $(CARES_CFLAGS) $(YAML_CFLAGS)'; \
	export LINT_CPPFLAGS;
