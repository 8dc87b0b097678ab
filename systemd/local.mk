# systemd: units, users, folders. Paths are filled in.
UNITS = %D%/sealpost.service %D%/sealpost.socket
EXTRA_DIST += %D%/sealpost.service.in %D%/sealpost.socket.in %D%/sysusers.conf %D%/tmpfiles.conf.in
CLEANFILES += $(UNITS) %D%/sysusers.d/sealpost.conf %D%/tmpfiles.d/sealpost.conf
systemdsystemunit_DATA = $(UNITS)
sysusersdir = $(prefix)/lib/sysusers.d
nodist_sysusers_DATA = %D%/sysusers.d/sealpost.conf
tmpfilesdir = $(prefix)/lib/tmpfiles.d
nodist_tmpfiles_DATA = %D%/tmpfiles.d/sealpost.conf

%D%/sealpost.service: %D%/sealpost.service.in
	$(AM_V_GEN)$(MKDIR_P) %D% && $(FILL_PATHS) $(srcdir)/%D%/sealpost.service.in > $@
%D%/sealpost.socket: %D%/sealpost.socket.in
	$(AM_V_GEN)$(MKDIR_P) %D% && $(FILL_PATHS) $(srcdir)/%D%/sealpost.socket.in > $@
%D%/sysusers.d/sealpost.conf: %D%/sysusers.conf
	$(AM_V_GEN)$(MKDIR_P) %D%/sysusers.d && cp $(srcdir)/%D%/sysusers.conf $@
%D%/tmpfiles.d/sealpost.conf: %D%/tmpfiles.conf.in
	$(AM_V_GEN)$(MKDIR_P) %D%/tmpfiles.d && $(FILL_PATHS) $(srcdir)/%D%/tmpfiles.conf.in > $@
