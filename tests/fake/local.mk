# The link-time fakes; README tells which stands in for what.
check_LIBRARIES += libfakes.a libfakedns.a libfakefetch.a libfakereader.a libfakeroom.a libfaketls.a libfakewriter.a
libfakes_a_SOURCES = %D%/channel.c %D%/fake.c %D%/fake.h %D%/fake_channel.h %D%/fake_file.h %D%/fake_log.h %D%/fake_loop.h \
	%D%/fake_random.h %D%/fake_stream.h %D%/file.c %D%/log.c %D%/loop.c %D%/random.c %D%/self.c %D%/stream.c
# libbase.a and libfakes.a need each other.
FAKE_LIBS = libbase.a libfakes.a libbase.a libfakes.a libbase.a libfakes.a
libfakedns_a_SOURCES = %D%/fake_resolver.h %D%/resolver.c
libfakefetch_a_SOURCES = %D%/fake_fetch.h %D%/fetch.c
libfakereader_a_SOURCES = %D%/fake_reader.h %D%/reader.c
libfakeroom_a_SOURCES = %D%/fake_room.h %D%/room.c
libfaketls_a_SOURCES = %D%/fake_tls.h %D%/tls.c
libfakewriter_a_SOURCES = %D%/fake_writer.h %D%/writer.c
EXTRA_DIST += %D%/README
