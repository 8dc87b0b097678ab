# Certificates made on the spot, for tests only.
check_LIBRARIES += libpki.a
libpki_a_SOURCES = %D%/pki.c %D%/pki.h
