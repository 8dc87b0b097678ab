/* The table of reasons. */
#include "policy/reason.h"

#include <stdio.h>

#define WORD(literal) { literal, sizeof(literal) - 1 }

static const struct reason reasons[] = {
	/* finding a host */
	{ WORD("domain-not-found"), "the domain does not exist", "1.2", FAULT_OF_SENDER, false, "" },
	{ WORD("domain-without-host"), "the domain has neither mail hosts nor an address", "1.2", FAULT_OF_SENDER, false, "" },
	{ WORD("null-mx"), "the domain accepts no mail", "1.10", FAULT_OF_SENDER, false, "" },
	{ WORD("dns-failed"), "the DNS gave no answer", "4.3", FAULT_OF_NETWORK, false, "" },
	{ WORD("dns-bogus"), "the DNS answer fails DNSSEC validation", "4.3", FAULT_OF_PEER, true, "dnssec-invalid" },
	{ WORD("mx-unusable"), "no mail host of the domain has an address", "4.4", FAULT_OF_PEER, false, "" },
	{ WORD("mx-invalid"), "the mail host's name is no host name", "4.4", FAULT_OF_PEER, false, "" },
	{ WORD("mail-loop"), "the mail hosts of the domain are this relay", "4.6", FAULT_OF_PEER, false, "" },
	{ WORD("address-special"), "the mail host has an address that is not of the public Internet", "4.4", FAULT_OF_PEER, false, "" },
	{ WORD("host-not-found"), "the configured next hop has no address", "4.4", FAULT_OF_US, false, "" },
	{ WORD("route-invalid"), "the configured next hop cannot be used", "3.5", FAULT_OF_US, false, "" },
	/* reaching it */
	{ WORD("connect-refused"), "the host refused the connection", "4.1", FAULT_OF_PEER, false, "" },
	{ WORD("connect-timeout"), "the host did not answer", "4.1", FAULT_OF_NETWORK, false, "" },
	{ WORD("connect-failed"), "the host cannot be reached", "4.1", FAULT_OF_NETWORK, false, "" },
	{ WORD("timeout"), "the host fell silent", "4.2", FAULT_OF_PEER, false, "" },
	{ WORD("closed"), "the host closed the connection", "4.2", FAULT_OF_PEER, false, "" },
	{ WORD("reset"), "the connection was reset", "4.2", FAULT_OF_NETWORK, false, "" },
	{ WORD("status-unknown"), "the connection ended before the host said whether it took the message", "4.2", FAULT_OF_NETWORK, false, "" },
	{ WORD("greeting-refused"), "the host does not want to talk now", "3.2", FAULT_OF_PEER, false, "" },
	{ WORD("service-closing"), "the host ended the session", "3.2", FAULT_OF_PEER, false, "" },
	{ WORD("reply-malformed"), "the host's reply is not SMTP", "5.0", FAULT_OF_PEER, false, "" },
	{ WORD("reply-unexpected"), "the host replied before it was asked, or out of turn", "5.0", FAULT_OF_PEER, false, "" },
	/* encryption */
	{ WORD("ehlo-refused"), "the host refused EHLO, so that TLS cannot begin", "7.4", FAULT_OF_PEER, true, "starttls-not-supported" },
	{ WORD("starttls-not-supported"), "the host does not offer STARTTLS", "7.4", FAULT_OF_PEER, true, "starttls-not-supported" },
	{ WORD("starttls-mangled"), "something on the way has blotted out the host's offer of STARTTLS", "7.4", FAULT_OF_NETWORK, true,
	    "starttls-not-supported" },
	{ WORD("starttls-refused"), "the host refused STARTTLS", "7.4", FAULT_OF_PEER, true, "starttls-not-supported" },
	{ WORD("starttls-injection"), "octets came in clear behind the reply to STARTTLS", "7.5", FAULT_OF_NETWORK, true, "validation-failure" },
	{ WORD("handshake-closed"), "the host closed the connection during the TLS handshake", "7.5", FAULT_OF_PEER, true, "validation-failure" },
	{ WORD("handshake-reset"), "the connection was reset during the TLS handshake", "7.5", FAULT_OF_NETWORK, true, "validation-failure" },
	{ WORD("handshake-timeout"), "the TLS handshake took too long", "7.5", FAULT_OF_PEER, true, "validation-failure" },
	{ WORD("not-tls"), "what came instead of a TLS handshake is no TLS", "7.5", FAULT_OF_PEER, true, "validation-failure" },
	{ WORD("protocol-old"), "the host has no TLS 1.2 or newer", "7.5", FAULT_OF_PEER, true, "validation-failure" },
	{ WORD("no-shared-cipher"), "the host has no cipher with forward secrecy and authenticated encryption", "7.5", FAULT_OF_PEER, true,
	    "validation-failure" },
	{ WORD("renegotiation-insecure"), "the host lacks secure renegotiation (RFC 5746)", "7.5", FAULT_OF_PEER, true, "validation-failure" },
	{ WORD("no-application-protocol"), "the client speaks another protocol", "7.5", FAULT_OF_PEER, true, "validation-failure" },
	{ WORD("client-certificate-required"), "the host insists on a client certificate", "7.5", FAULT_OF_PEER, true, "validation-failure" },
	{ WORD("peer-alert"), "the host gave up the TLS handshake", "7.5", FAULT_OF_PEER, true, "validation-failure" },
	{ WORD("tls-error"), "TLS failed", "7.5", FAULT_OF_PEER, true, "validation-failure" },
	/* proof */
	{ WORD("certificate-expired"), "the host's certificate has expired", "7.5", FAULT_OF_PEER, true, "certificate-expired" },
	{ WORD("certificate-not-yet-valid"), "the host's certificate is not valid yet", "7.5", FAULT_OF_PEER, true, "certificate-expired" },
	{ WORD("certificate-name-mismatch"), "the host's certificate is for other names", "7.5", FAULT_OF_PEER, true, "certificate-host-mismatch" },
	{ WORD("certificate-self-signed"), "the host's certificate is signed by nobody else", "7.5", FAULT_OF_PEER, true, "certificate-not-trusted" },
	{ WORD("certificate-unknown-issuer"), "the host's certificate comes from no authority that is trusted here", "7.5", FAULT_OF_PEER, true,
	    "certificate-not-trusted" },
	{ WORD("certificate-wrong-purpose"), "the host's certificate is not for servers", "7.5", FAULT_OF_PEER, true, "certificate-not-trusted" },
	{ WORD("certificate-invalid"), "the host's certificate cannot be verified", "7.5", FAULT_OF_PEER, true, "certificate-not-trusted" },
	{ WORD("key-weak"), "a key in the host's certificate chain is too short", "7.5", FAULT_OF_PEER, true, "certificate-not-trusted" },
	{ WORD("signature-weak"), "a signature in the host's certificate chain is of a broken kind", "7.5", FAULT_OF_PEER, true,
	    "certificate-not-trusted" },
	{ WORD("mx-insecure"), "the host's name came by unsigned DNS, and its certificate is not for the domain itself", "7.5", FAULT_OF_PEER, true,
	    "certificate-host-mismatch" },
	/* what the host says of the mail */
	{ WORD("sender-refused"), "the host refused the sender", "0.0", FAULT_OF_PEER, false, "" },
	{ WORD("recipient-refused"), "the host refused the recipient", "0.0", FAULT_OF_PEER, false, "" },
	{ WORD("recipients-too-many"), "the host takes no more recipients of this message now", "5.3", FAULT_OF_PEER, false, "" },
	{ WORD("message-refused"), "the host refused the message", "0.0", FAULT_OF_PEER, false, "" },
	/* what we cannot send there */
	{ WORD("size-exceeded"), "the message is larger than the host accepts", "3.4", FAULT_OF_SENDER, false, "" },
	{ WORD("8bitmime-missing"), "the message has 8-bit content, which the host does not accept", "6.3", FAULT_OF_PEER, false, "" },
	{ WORD("smtputf8-missing"), "the message needs SMTPUTF8, which the host does not offer", "6.7", FAULT_OF_PEER, false, "" },
	{ WORD("content-malformed"), "the content has a CR or a LF that stands alone", "6.0", FAULT_OF_SENDER, false, "" },
	{ WORD("address-malformed"), "an address cannot be sent as it is", "1.3", FAULT_OF_SENDER, false, "" },
	/* ourselves */
	{ WORD("body-unreadable"), "the message cannot be read from the spool", "3.0", FAULT_OF_US, false, "" },
	{ WORD("clear-text"), "this relay stopped itself from sending it in clear: an error of the program's", "3.0", FAULT_OF_US, false, "" },
	{ WORD("stopping"), "this relay is being stopped", "3.2", FAULT_OF_US, false, "" },
	{ WORD("unknown"), "no reason is known", "0.0", FAULT_OF_US, false, "" },
};

#define REASONS (sizeof(reasons) / sizeof(*reasons))

const struct reason *
reason_find(struct span word)
{
	for (size_t i = 0; i < REASONS; i++)
		if (span_equal(reasons[i].word, word))
			return &reasons[i];
	return &reasons[REASONS - 1];
}

const struct reason *
reason_at(size_t index)
{
	return index < REASONS ? &reasons[index] : NULL;
}

char *
reason_status(const struct reason *reason, enum outcome_kind kind, char out[REASON_STATUS])
{
	static const int classes[OUTCOME_KINDS] = { [OUTCOME_DELIVERED] = 2, [OUTCOME_LATER] = 4, [OUTCOME_FAILED] = 5 };

	snprintf(out, REASON_STATUS, "%d.%s", classes[kind], reason->status);
	return out;
}
