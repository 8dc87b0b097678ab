# lib-spool: the only code that knows the spool's layout. libcrypto seals; no libssl.
noinst_LIBRARIES += libspool.a
libspool_a_SOURCES =
