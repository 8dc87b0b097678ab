# Whole rooms between fakes, in fake time.
check_LIBRARIES += libintakeworld.a
libintakeworld_a_SOURCES = %D%/intake_world.c %D%/intake_world.h %D%/told.c %D%/told.h
SCENARIO_INTAKE = %D%/cut_intake %D%/play_intake %D%/smuggle_intake %D%/storm_intake %D%/walk_intake
check_PROGRAMS += $(SCENARIO_INTAKE)
TESTS += $(SCENARIO_INTAKE)
EXTRA_DIST += %D%/intake
SCENARIO_INTAKE_LIBS = libintakeworld.a libintake.a libauth.a libroom.a libconf.a libfakewriter.a libfaketls.a \
	$(METRICS_LIBS) $(FAKE_LIBS) $(CRYPTO_LIBS) $(IDN2_LIBS)
%C%_cut_intake_LDADD = $(SCENARIO_INTAKE_LIBS)
%C%_play_intake_LDADD = $(SCENARIO_INTAKE_LIBS)
%C%_smuggle_intake_LDADD = $(SCENARIO_INTAKE_LIBS)
%C%_storm_intake_LDADD = $(SCENARIO_INTAKE_LIBS)
%C%_walk_intake_LDADD = $(SCENARIO_INTAKE_LIBS)
check_LIBRARIES += librelayworld.a
librelayworld_a_SOURCES = %D%/relay_world.c %D%/relay_world.h %D%/told.c %D%/told.h
SCENARIO_RELAY = %D%/clear_relay %D%/crowd_relay %D%/play_relay %D%/storm_relay %D%/walk_relay
check_PROGRAMS += $(SCENARIO_RELAY)
TESTS += $(SCENARIO_RELAY)
EXTRA_DIST += %D%/relay
SCENARIO_RELAY_LIBS = librelayworld.a librelay.a libroom.a libconf.a libfakereader.a \
	libfakedns.a libfaketls.a $(METRICS_LIBS) $(FAKE_LIBS) $(IDN2_LIBS)
%C%_clear_relay_LDADD = $(SCENARIO_RELAY_LIBS)
%C%_crowd_relay_LDADD = $(SCENARIO_RELAY_LIBS)
%C%_play_relay_SOURCES = %D%/looked.c %D%/looked.h %D%/play_relay.c %D%/reported.c %D%/reported.h
%C%_play_relay_LDADD = libreport.a libstore.a $(SCENARIO_RELAY_LIBS) $(CRYPTO_LIBS) $(SQLITE_LIBS) $(JANSSON_LIBS) $(ZLIB_LIBS)
%C%_storm_relay_LDADD = $(SCENARIO_RELAY_LIBS)
%C%_walk_relay_LDADD = $(SCENARIO_RELAY_LIBS)
