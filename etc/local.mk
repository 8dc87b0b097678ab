# The configuration: complete, from the table of keys, and examples. An installed one is never overwritten.
EXTRA_DIST += %D%/smarthost.yaml %D%/strict-hosting.yaml %D%/prometheus.rules.yaml
noinst_DATA = %D%/sealpost.yaml
CLEANFILES += %D%/sealpost.yaml
examplesdir = $(docdir)/examples
examples_DATA = $(top_srcdir)/%D%/smarthost.yaml $(top_srcdir)/%D%/strict-hosting.yaml $(top_srcdir)/%D%/prometheus.rules.yaml %D%/sealpost.yaml

# What notices to peers say, in each language.
noticesdir = $(pkgdatadir)/notices
dist_notices_DATA = %D%/notices/de.txt %D%/notices/en.txt

%D%/sealpost.yaml: src/lib-conf/manual$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) %D% && src/lib-conf/manual$(EXEEXT) yaml > $@

install-data-local: install-configuration
install-configuration: %D%/sealpost.yaml
	$(MKDIR_P) '$(DESTDIR)$(sysconfdir)/sealpost'
	test -e '$(DESTDIR)$(sysconfdir)/sealpost/sealpost.yaml' || \
		$(INSTALL_DATA) %D%/sealpost.yaml '$(DESTDIR)$(sysconfdir)/sealpost/sealpost.yaml'
uninstall-local: uninstall-configuration
# What was changed stays.
uninstall-configuration:
	if cmp -s %D%/sealpost.yaml '$(DESTDIR)$(sysconfdir)/sealpost/sealpost.yaml'; then \
		rm -f '$(DESTDIR)$(sysconfdir)/sealpost/sealpost.yaml'; fi
.PHONY: install-configuration uninstall-configuration
