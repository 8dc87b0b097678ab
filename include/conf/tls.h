/* `tls:`: what may be negotiated, always within the floor (TLS 1.2, AEAD, forward secrecy). */
#ifndef CONF_TLS_H
#define CONF_TLS_H

struct conf_tls {
	char *ciphers;		/* OpenSSL list for TLS 1.2; "" = the default */
	char *ciphersuites;	/* OpenSSL list for TLS 1.3; "" = the default */
	char *groups;		/* OpenSSL list; "" = the default */
};

#endif
