# Whole rooms between fakes, in fake time.
check_LIBRARIES += libintakeworld.a
libintakeworld_a_SOURCES = %D%/intake_world.c %D%/intake_world.h
SCENARIO_INTAKE = %D%/play_intake %D%/smuggle_intake %D%/storm_intake %D%/walk_intake
check_PROGRAMS += $(SCENARIO_INTAKE)
TESTS += $(SCENARIO_INTAKE)
EXTRA_DIST += %D%/intake
SCENARIO_INTAKE_LIBS = libintakeworld.a libintake.a libroom.a libconf.a libipc.a libsmtp.a libmail.a libfakewriter.a libfaketls.a \
	libmail.a $(FAKE_LIBS) $(IDN2_LIBS)
%C%_play_intake_LDADD = $(SCENARIO_INTAKE_LIBS)
%C%_smuggle_intake_LDADD = $(SCENARIO_INTAKE_LIBS)
%C%_storm_intake_LDADD = $(SCENARIO_INTAKE_LIBS)
%C%_walk_intake_LDADD = $(SCENARIO_INTAKE_LIBS)
