# Manual pages: paths are filled in, and sealpost.yaml(5) gets its keys from the table that the parser has.
MANUALS = %D%/sealpost.yaml.5 %D%/sealpost.8 %D%/sealpostd.8 %D%/sealpost-sendmail.8 %D%/sealpost-metrics.7
man_MANS = $(MANUALS)
EXTRA_DIST += %D%/sealpost.yaml.5.in %D%/sealpost.8.in %D%/sealpostd.8.in %D%/sealpost-sendmail.8.in %D%/sealpost-metrics.7.in
CLEANFILES += $(MANUALS)
FILL_PATHS = sed -e 's|@SYSCONFDIR[@]|$(sysconfdir)/sealpost|g' -e 's|@SPOOLDIR[@]|$(spooldir)|g' -e 's|@RUNDIR[@]|$(rundir)|g' \
	-e 's|@SBINDIR[@]|$(sbindir)|g'

%D%/sealpost.yaml.5: %D%/sealpost.yaml.5.in src/lib-conf/manual$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) %D% && src/lib-conf/manual$(EXEEXT) mdoc $(srcdir)/%D%/sealpost.yaml.5.in > $@.tmp && \
		$(FILL_PATHS) $@.tmp > $@ && rm -f $@.tmp
%D%/sealpost.8: %D%/sealpost.8.in
	$(AM_V_GEN)$(MKDIR_P) %D% && $(FILL_PATHS) $(srcdir)/%D%/sealpost.8.in > $@
%D%/sealpostd.8: %D%/sealpostd.8.in
	$(AM_V_GEN)$(MKDIR_P) %D% && $(FILL_PATHS) $(srcdir)/%D%/sealpostd.8.in > $@
%D%/sealpost-sendmail.8: %D%/sealpost-sendmail.8.in
	$(AM_V_GEN)$(MKDIR_P) %D% && $(FILL_PATHS) $(srcdir)/%D%/sealpost-sendmail.8.in > $@
%D%/sealpost-metrics.7: %D%/sealpost-metrics.7.in
	$(AM_V_GEN)$(MKDIR_P) %D% && $(FILL_PATHS) $(srcdir)/%D%/sealpost-metrics.7.in > $@
