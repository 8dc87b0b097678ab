# lib-ipc: what rooms say to each other (libipc.a), and how it travels (libchannel.a: a seam).
noinst_LIBRARIES += libipc.a libchannel.a
libipc_a_SOURCES = %D%/ctl_rooms.c %D%/intake_policy.c %D%/master_rooms.c %D%/queue_relay.c %D%/queue_report.c %D%/relay_policy.c %D%/report_asks.c %D%/report_facts.c \
	%D%/report_policy.c %D%/tally.c %D%/writer_queue.c
libchannel_a_SOURCES = %D%/channel.c
# A room's side of its channel to master; links libconf.a libipc.a libchannel.a libloop.a libbase.a libos.a.
noinst_LIBRARIES += libroom.a
libroom_a_SOURCES = %D%/room.c
