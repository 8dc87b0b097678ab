/* Rows of a slice's table. The member's type decides what may stand in the row: any other does not compile. */
#ifndef LIB_CONF_FIELD_H
#define LIB_CONF_FIELD_H

#include "conf/slice.h"

#define FIELD(of, member, enumerator, type) \
	{ #member, enumerator, _Generic(((struct of *)0)->member, type: offsetof(struct of, member)) }
#define FIELD_NUMBER(of, member) FIELD(of, member, CONF_NUMBER, uint64_t)
#define FIELD_FLAG(of, member) FIELD(of, member, CONF_FLAG, bool)
#define FIELD_TEXT(of, member) FIELD(of, member, CONF_TEXT, char *)
#define FIELD_LIST(of, member) FIELD(of, member, CONF_LIST, struct conf_list)
#define FIELD_MAP(of, member) FIELD(of, member, CONF_MAP, struct conf_map)

/* The parts that several slices share. */
#define FIELDS_LOG(of) FIELD_NUMBER(of, log.target), FIELD_NUMBER(of, log.level), FIELD_NUMBER(of, log.addresses)
#define FIELDS_SPOOL(of) \
	FIELD_NUMBER(of, spool.segment_octets), FIELD_NUMBER(of, spool.segment_s), FIELD_NUMBER(of, spool.staged_octets)
#define FIELDS_TLS(of) FIELD_TEXT(of, tls.ciphers), FIELD_TEXT(of, tls.ciphersuites), FIELD_TEXT(of, tls.groups)

#endif
