/* The table of reasons. */
#include "policy/reason.h"

#include <stdio.h>

#define WORD(literal) { literal, sizeof(literal) - 1 }

/* Sentences that many reasons share. */
#define NO_PROOF "The receiving mail server could not prove that it is the right one: "
#define BE_PATIENT "Nothing is wrong with your message. If it is urgent, reach the recipient in another way."
#define CHECK_ADDRESS "Check the address for mistakes. If it is right, ask the recipient in another way which address to use."
#define READ_OF_ADDRESS "Read below what the server said. If it does not know the address, check it for mistakes, and ask the recipient in " \
	"another way which address to use."
#define READ_REPLY "Read below what the server said: it may tell what it wants changed. If not, ask the recipient in another way."
#define TELL_US "Tell the postmaster of this relay: a reply to this notice will do."
#define TLS_IS_MISSING "Nothing is wrong with your message, but without encryption anybody on the way could read or change it: this relay " \
	"never sends mail so. Tell the recipient in another way, and pass this notice on."
#define PROOF_IS_MISSING "Nothing is wrong with your message, but somebody else may be posing as that server: this relay hands mail to no server " \
	"that it cannot tell from an impostor. Tell the recipient in another way, and pass this notice on."
#define CHECK_HOST "Check that the server runs, and that connections to its SMTP port pass the firewall."
#define CHECK_LOG "Look into the server's log for what it did at the time given below."
#define CHECK_REPLY "The server's own words stand below; its log may tell more."
#define CHECK_TLS "Check the TLS settings of the server; its log should say why it broke off."
#define OFFER_STARTTLS "Turn on STARTTLS, with a certificate that is valid for the name of the server."
#define NOTHING_THERE "Nothing: the fault is not on that side."
#define NOTHING_LOST "Nothing: what was not handed over is still with the sending server, which tries again."

static const struct reason reasons[] = {
	/* finding a host */
	{ WORD("domain-not-found"), "the domain does not exist", "1.2", FAULT_OF_SENDER, false, "",
	    "The part of the address behind the @ is not a domain that exists.",
	    CHECK_ADDRESS, "If the address is right, the domain is no longer registered, or its name servers do not know it. Only its owner can mend that." },
	{ WORD("domain-without-host"), "the domain has neither mail hosts nor an address", "1.2", FAULT_OF_SENDER, false, "",
	    "The domain in the address exists, but it names no server that takes its mail.",
	    CHECK_ADDRESS, "If the domain is to take mail, it needs an MX record that names a mail server." },
	{ WORD("null-mx"), "the domain accepts no mail", "1.10", FAULT_OF_SENDER, false, "",
	    "The domain in the address says of itself that it takes no mail at all.",
	    CHECK_ADDRESS, "The domain has a null MX record (RFC 7505). As long as it stands, nobody will try to send mail there." },
	{ WORD("address-literal"), "mail to a bare IP address is not sent: its host could not prove itself", "1.2", FAULT_OF_SENDER, false, "",
	    "The address has a number behind the @, in brackets. This relay sends mail to names only, because only a name can be proved.",
	    "Use an address with a name behind the @, if the recipient has one.", NOTHING_THERE },
	{ WORD("dns-failed"), "the DNS gave no answer", "4.3", FAULT_OF_NETWORK, false, "",
	    "The name servers that know where mail for this address has to go gave no answer.",
	    BE_PATIENT, "Check that every name server of the domain answers questions for its MX records, and for the addresses of the hosts they name." },
	{ WORD("dns-bogus"), "the DNS answer fails DNSSEC validation", "4.3", FAULT_OF_PEER, true, "dnssec-invalid",
	    "What the name servers said of the recipient's domain is not signed as it should be, so it may be forged.",
	    BE_PATIENT, "Check the DNSSEC signatures of the domain: expired signatures, or a DS record that does not match, are the usual faults." },
	{ WORD("mx-unusable"), "no mail host of the domain has an address", "4.4", FAULT_OF_PEER, false, "",
	    "The mail servers that the recipient's domain names have no address, so nobody can connect to them.",
	    BE_PATIENT, "Give the hosts that the MX records name an A or an AAAA record." },
	{ WORD("mx-invalid"), "the mail host's name is no host name", "4.4", FAULT_OF_PEER, false, "",
	    "The recipient's domain names a mail server by something that cannot be the name of one.",
	    BE_PATIENT, "Correct the MX records of the domain: each has to name a host, not an address." },
	{ WORD("mail-loop"), "the mail hosts of the domain are this relay", "4.6", FAULT_OF_PEER, false, "",
	    "The recipient's domain names this relay as its mail server, but this relay does not keep its mail.",
	    TELL_US, "Check the MX records of the domain: they lead to this relay." },
	{ WORD("address-special"), "the mail host has an address that is not of the public Internet", "4.4", FAULT_OF_PEER, false, "",
	    "The recipient's domain names a mail server whose address cannot be reached over the Internet.",
	    BE_PATIENT, "The MX records lead to a private or local address. They have to lead to a public one." },
	{ WORD("host-not-found"), "the configured next hop has no address", "4.4", FAULT_OF_US, false, "",
	    "This relay is set up to hand such mail to a server that it cannot find.",
	    TELL_US, NOTHING_THERE },
	{ WORD("route-invalid"), "the configured next hop cannot be used", "3.5", FAULT_OF_US, false, "",
	    "This relay is not set up rightly for mail to this address.",
	    TELL_US, NOTHING_THERE },
	/* reaching it */
	{ WORD("connect-refused"), "the host refused the connection", "4.1", FAULT_OF_PEER, false, "",
	    "The receiving mail server is there, but does not take mail: it refuses connections.",
	    BE_PATIENT, CHECK_HOST },
	{ WORD("connect-timeout"), "the host did not answer", "4.1", FAULT_OF_NETWORK, false, "",
	    "The receiving mail server does not answer.",
	    BE_PATIENT, CHECK_HOST },
	{ WORD("connect-failed"), "the host cannot be reached", "4.1", FAULT_OF_NETWORK, false, "",
	    "The receiving mail server cannot be reached over the network.",
	    BE_PATIENT, CHECK_HOST },
	{ WORD("timeout"), "the host fell silent", "4.2", FAULT_OF_PEER, false, "",
	    "The receiving mail server stopped answering in the middle of the conversation.",
	    BE_PATIENT, CHECK_LOG },
	{ WORD("closed"), "the host closed the connection", "4.2", FAULT_OF_PEER, false, "",
	    "The receiving mail server ended the connection before it had taken the message.",
	    BE_PATIENT, CHECK_LOG },
	{ WORD("reset"), "the connection was reset", "4.2", FAULT_OF_NETWORK, false, "",
	    "The connection to the receiving mail server was cut off before it had taken the message.",
	    BE_PATIENT, CHECK_LOG },
	{ WORD("status-unknown"), "the connection ended before the host said whether it took the message", "4.2", FAULT_OF_NETWORK, false, "",
	    "The connection ended before the receiving mail server said whether it took the message: it may have arrived, or not.",
	    "Ask the recipient whether the message has arrived before you send it again.", CHECK_LOG },
	{ WORD("greeting-refused"), "the host does not want to talk now", "3.2", FAULT_OF_PEER, false, "",
	    "The receiving mail server said that it takes no mail from here at the moment.",
	    BE_PATIENT, CHECK_LOG },
	{ WORD("service-closing"), "the host ended the session", "3.2", FAULT_OF_PEER, false, "",
	    "The receiving mail server said that it cannot go on at the moment.",
	    BE_PATIENT, CHECK_LOG },
	{ WORD("reply-malformed"), "the host's reply is not SMTP", "5.0", FAULT_OF_PEER, false, "",
	    "What answers in the place of the receiving mail server does not speak as a mail server does.",
	    BE_PATIENT, CHECK_LOG },
	{ WORD("reply-unexpected"), "the host replied before it was asked, or out of turn", "5.0", FAULT_OF_PEER, false, "",
	    "The receiving mail server does not keep to the rules by which mail servers talk.",
	    BE_PATIENT, CHECK_LOG },
	/* encryption */
	{ WORD("ehlo-refused"), "the host refused EHLO, so that TLS cannot begin", "7.4", FAULT_OF_PEER, true, "starttls-not-supported",
	    "The receiving mail server offers no encryption.",
	    TLS_IS_MISSING, OFFER_STARTTLS },
	{ WORD("starttls-not-supported"), "the host does not offer STARTTLS", "7.4", FAULT_OF_PEER, true, "starttls-not-supported",
	    "The receiving mail server offers no encryption.",
	    TLS_IS_MISSING, OFFER_STARTTLS, .is_lack = true },
	{ WORD("starttls-mangled"), "something on the way has blotted out the host's offer of STARTTLS", "7.4", FAULT_OF_NETWORK, true, "starttls-not-supported",
	    "Something on the way, often a firewall, hides that the receiving mail server can encrypt.",
	    TLS_IS_MISSING, "The host's offer of STARTTLS reaches us blotted out. Look for a firewall that inspects SMTP (\"ESMTP inspection\", \"fixup\") in "
	    "front of the server, and turn that off.", .is_lack = true },
	{ WORD("starttls-refused"), "the host refused STARTTLS", "7.4", FAULT_OF_PEER, true, "starttls-not-supported",
	    "The receiving mail server offers encryption, but would not begin it.",
	    TLS_IS_MISSING, "Check why the server refuses STARTTLS: most often its certificate or key cannot be read.", .is_lack = true },
	{ WORD("starttls-injection"), "octets came in clear behind the reply to STARTTLS", "7.5", FAULT_OF_NETWORK, true, "validation-failure",
	    "Something on the way to the receiving mail server tampered with the beginning of the encryption.",
	    TLS_IS_MISSING, "Unencrypted octets came behind the server's reply to STARTTLS. Look for a proxy in front of the server, and report this to whoever "
	    "runs the network." },
	{ WORD("handshake-closed"), "the host closed the connection during the TLS handshake", "7.5", FAULT_OF_PEER, true, "validation-failure",
	    "The receiving mail server broke off while encryption was being set up.",
	    TLS_IS_MISSING, CHECK_TLS },
	{ WORD("handshake-reset"), "the connection was reset during the TLS handshake", "7.5", FAULT_OF_NETWORK, true, "validation-failure",
	    "The connection was cut off while encryption was being set up.",
	    TLS_IS_MISSING, CHECK_TLS },
	{ WORD("handshake-timeout"), "the TLS handshake took too long", "7.5", FAULT_OF_PEER, true, "validation-failure",
	    "The receiving mail server fell silent while encryption was being set up.",
	    TLS_IS_MISSING, CHECK_TLS },
	{ WORD("not-tls"), "what came instead of a TLS handshake is no TLS", "7.5", FAULT_OF_PEER, true, "validation-failure",
	    "The receiving mail server answered with something other than encryption.",
	    TLS_IS_MISSING, CHECK_TLS, .is_lack = true },
	{ WORD("protocol-old"), "the host has no TLS 1.2 or newer", "7.5", FAULT_OF_PEER, true, "validation-failure",
	    "The receiving mail server can encrypt only by a version that is no longer safe.",
	    TLS_IS_MISSING, "Turn on TLS 1.2 or TLS 1.3.", .is_lack = true },
	{ WORD("no-shared-cipher"), "the host has no cipher with forward secrecy and authenticated encryption", "7.5", FAULT_OF_PEER, true, "validation-failure",
	    "The receiving mail server can encrypt only in ways that are no longer safe.",
	    TLS_IS_MISSING, "Turn on cipher suites with ECDHE and AES-GCM or ChaCha20-Poly1305.", .is_lack = true },
	{ WORD("cipher-weak"), "the host chose a cipher that is no longer safe, and that was not offered", "7.5", FAULT_OF_PEER, true, "validation-failure",
	    "The receiving mail server insists on a kind of encryption that is no longer safe.",
	    TLS_IS_MISSING, "Turn on cipher suites with ECDHE and AES-GCM or ChaCha20-Poly1305, and turn off all others.", .is_lack = true },
	{ WORD("renegotiation-insecure"), "the host lacks secure renegotiation (RFC 5746)", "7.5", FAULT_OF_PEER, true, "validation-failure",
	    "The receiving mail server can encrypt only in a way that is no longer safe.",
	    TLS_IS_MISSING, "Use a TLS library with secure renegotiation (RFC 5746).", .is_lack = true },
	{ WORD("no-application-protocol"), "the client speaks another protocol", "7.5", FAULT_OF_PEER, true, "validation-failure",
	    "The receiving server speaks something other than mail.",
	    TLS_IS_MISSING, CHECK_TLS },
	{ WORD("client-certificate-required"), "the host insists on a client certificate", "7.5", FAULT_OF_PEER, true, "validation-failure",
	    "The receiving mail server demands a proof of identity that this relay does not have.",
	    TLS_IS_MISSING, "The server insists on a client certificate. A server that takes mail from the Internet must not." },
	{ WORD("peer-alert"), "the host gave up the TLS handshake", "7.5", FAULT_OF_PEER, true, "validation-failure",
	    "The receiving mail server broke off while encryption was being set up.",
	    TLS_IS_MISSING, CHECK_TLS },
	{ WORD("tls-error"), "TLS failed", "7.5", FAULT_OF_PEER, true, "validation-failure",
	    "Encryption with the receiving mail server could not be set up.",
	    TLS_IS_MISSING, CHECK_TLS },
	/* proof */
	{ WORD("certificate-expired"), "the host's certificate has expired", "7.5", FAULT_OF_PEER, true, "certificate-expired",
	    NO_PROOF "its certificate has expired.",
	    PROOF_IS_MISSING, "Renew the certificate of the server, and see to it that it is renewed in time from now on." },
	{ WORD("certificate-not-yet-valid"), "the host's certificate is not valid yet", "7.5", FAULT_OF_PEER, true, "certificate-expired",
	    NO_PROOF "its certificate is not valid yet.",
	    PROOF_IS_MISSING, "Check the clock of the machine that made the certificate, and the date from which it is valid." },
	{ WORD("certificate-name-mismatch"), "the host's certificate is for other names", "7.5", FAULT_OF_PEER, true, "certificate-host-mismatch",
	    NO_PROOF "its certificate is for other names.",
	    PROOF_IS_MISSING, "Install a certificate that names the host as the MX records do (subjectAltName, DNS)." },
	{ WORD("certificate-self-signed"), "the host's certificate is signed by nobody else", "7.5", FAULT_OF_PEER, true, "certificate-not-trusted",
	    NO_PROOF "nobody but itself vouches for it.",
	    PROOF_IS_MISSING, "Install a certificate of a public certificate authority, for example of one that issues them for nothing." },
	{ WORD("certificate-unknown-issuer"), "the host's certificate comes from no authority that is trusted here", "7.5", FAULT_OF_PEER, true, "certificate-not-trusted",
	    NO_PROOF "nobody vouches for it whom this relay trusts.",
	    PROOF_IS_MISSING, "Install a certificate of a public certificate authority, and let the server send the intermediate certificates with it: their "
	    "absence is the usual fault." },
	{ WORD("certificate-wrong-purpose"), "the host's certificate is not for servers", "7.5", FAULT_OF_PEER, true, "certificate-not-trusted",
	    NO_PROOF "its certificate is not meant for servers.",
	    PROOF_IS_MISSING, "Install a certificate with the purpose \"TLS server authentication\"." },
	{ WORD("certificate-invalid"), "the host's certificate cannot be verified", "7.5", FAULT_OF_PEER, true, "certificate-not-trusted",
	    NO_PROOF "its certificate is not in order.",
	    PROOF_IS_MISSING, "Check the whole chain of certificates that the server sends." },
	{ WORD("key-weak"), "a key in the host's certificate chain is too short", "7.5", FAULT_OF_PEER, true, "certificate-not-trusted",
	    NO_PROOF "a key in its certificates is too short to be safe.",
	    PROOF_IS_MISSING, "Replace the certificates that have short keys: RSA needs 2048 bits." },
	{ WORD("signature-weak"), "a signature in the host's certificate chain is of a broken kind", "7.5", FAULT_OF_PEER, true, "certificate-not-trusted",
	    NO_PROOF "its certificates are signed in a way that can be forged.",
	    PROOF_IS_MISSING, "Replace the certificates that are signed with MD5 or SHA-1." },
	{ WORD("mx-insecure"), "the host's name came by unsigned DNS, and its certificate is not for the domain itself", "7.5", FAULT_OF_PEER, true, "certificate-host-mismatch",
	    NO_PROOF "its name could have been forged on the way to us, and its certificate is not for the recipient's domain.",
	    PROOF_IS_MISSING, "Sign the zone of the domain with DNSSEC, or add the domain itself to the names in the server's certificate." },
	/* policies: what the domain has published, what was learnt of it, what the sender asks for */
	{ WORD("sts-dns-failed"), "whether the domain has an MTA-STS policy could not be learnt", "4.3", FAULT_OF_NETWORK, false, "",
	    "The name servers gave no answer to the question how mail for the recipient's domain is protected.",
	    BE_PATIENT, "Check that every name server of the domain answers questions for the TXT records of _mta-sts below it, be it that there are none." },
	{ WORD("sts-policy-fetch-error"), "the domain's MTA-STS policy could not be fetched", "7.5", FAULT_OF_PEER, true, "sts-policy-fetch-error",
	    "The recipient's domain has published that its mail is protected, but the server that says how does not answer as it should.",
	    BE_PATIENT, "Check that https://mta-sts.DOMAIN/.well-known/mta-sts.txt is answered from the Internet, with status 200 and as text/plain." },
	{ WORD("sts-policy-invalid"), "the domain's MTA-STS policy is malformed", "7.5", FAULT_OF_PEER, true, "sts-policy-invalid",
	    "The recipient's domain has published how its mail is protected, but that cannot be understood.",
	    BE_PATIENT, "Compare https://mta-sts.DOMAIN/.well-known/mta-sts.txt with RFC 8461 3.2." },
	{ WORD("sts-webpki-invalid"), "the host of the domain's MTA-STS policy has no valid certificate", "7.5", FAULT_OF_PEER, true, "sts-webpki-invalid",
	    "The recipient's domain has published how its mail is protected, but the server that has it could not prove that it is the right one.",
	    BE_PATIENT, "Install a certificate that is valid for mta-sts.DOMAIN, and see to it that it is renewed in time from now on." },
	{ WORD("sts-mx-mismatch"), "the host is not in the domain's MTA-STS policy", "7.5", FAULT_OF_PEER, true, "validation-failure",
	    NO_PROOF "the recipient's domain has published a list of its servers, and this one is not on it.",
	    PROOF_IS_MISSING, "Add the host to the mx lines of the domain's MTA-STS policy and change the id of its TXT record, or take the host out of the MX "
	    "records." },
	{ WORD("preload-mx-mismatch"), "the host is not in the policy that this relay has loaded for the domain", "7.5", FAULT_OF_PEER, true, "validation-failure",
	    NO_PROOF "it is not on a list of the domain's servers that this relay was given.",
	    PROOF_IS_MISSING, "Have the list corrected, or publish an MTA-STS policy: it counts before the list." },
	{ WORD("dane-lookup-failed"), "whether the host has TLSA records could not be learnt", "7.5", FAULT_OF_PEER, true, "dnssec-invalid",
	    "The name servers gave no answer that can be trusted to the question which key the receiving mail server has.",
	    BE_PATIENT, "Check that every name server of the host's zone answers questions for its TLSA records with valid signatures, be it that there are none." },
	/* "None of the records in the RRset were found to be valid" (RFC 8460 4.3.2.2): for what the host has shown, or at all. */
	{ WORD("dane-mismatch"), "no TLSA record matches what the host has shown", "7.5", FAULT_OF_PEER, true, "tlsa-invalid",
	    NO_PROOF "its key is not the one that its own domain has published.",
	    PROOF_IS_MISSING, "Publish a TLSA record of the key that the server has now. Publish that of the next key before the server gets it, and keep the old one "
	    "until it is gone from all caches." },
	{ WORD("dane-unusable"), "DANE is demanded of this domain, and none of its TLSA records can be used", "7.5", FAULT_OF_PEER, true, "tlsa-invalid",
	    NO_PROOF "its domain has published its key in a way that cannot be used.",
	    PROOF_IS_MISSING, "Publish TLSA records \"3 1 1\": others than those of usage 2 and 3, with a known selector and digest, count for nothing in mail (RFC 7672 3.1)." },
	{ WORD("dane-required"), "DANE is demanded of this domain, and it has no TLSA record", "7.5", FAULT_OF_PEER, true, "dane-required",
	    NO_PROOF "this relay wants its key published by its domain, and finds none there.",
	    PROOF_IS_MISSING, "Sign the zones of the domain and of its mail hosts, and publish TLSA records \"3 1 1\"." },
	{ WORD("ratchet-level"), "the domain has proved more before than it proves now", "7.5", FAULT_OF_PEER, true, "validation-failure",
	    NO_PROOF "it did so reliably until lately, and now it proves less.",
	    PROOF_IS_MISSING, "If less is proved on purpose (no more DNSSEC, no more MTA-STS policy), tell the postmaster of this relay: what was learnt can be forgotten. "
	    "If not, somebody may be tampering with your DNS." },
	{ WORD("ratchet-mx-mismatch"), "a mail host that was never seen before, in an answer that is not signed", "7.5", FAULT_OF_PEER, true, "validation-failure",
	    NO_PROOF "it is not one of the servers that the recipient's domain has had so far, and that it is one now could be forged.",
	    PROOF_IS_MISSING, "If the domain has new mail hosts, sign its zone with DNSSEC or publish an MTA-STS policy, or tell the postmaster of this relay." },
	{ WORD("requiretls-not-offered"), "the host does not offer REQUIRETLS, which the message demands", "7.30", FAULT_OF_PEER, true, "",
	    "The message may be handed only to servers that promise to protect it all the way, and the receiving one does not.",
	    "You, or your mail program, asked for protection all the way. Send the message without that demand, if it may travel on without it.",
	    "Turn on the extension REQUIRETLS (RFC 8689), if the server protects all mail that it hands on." },
	{ WORD("requiretls-unproved"), "the host's name is not proved by DNSSEC or MTA-STS, which the message demands", "7.10", FAULT_OF_PEER, true, "",
	    "The message may be handed only to servers that can be told from impostors, and the receiving one cannot.",
	    "You, or your mail program, asked for protection all the way. Send the message without that demand, if it may travel on without it.",
	    "Sign the zone of the domain with DNSSEC, or publish an MTA-STS policy." },
	{ WORD("policy-unknown"), "what this relay knows of the domain could not be looked up", "3.0", FAULT_OF_US, false, "",
	    "A part of this relay that knows how mail for the recipient's domain is protected did not answer.",
	    BE_PATIENT, NOTHING_THERE },
	{ WORD("dnssec-unproved"), "the resolver of this relay has not shown that it validates signatures", "3.0", FAULT_OF_US, false, "",
	    "This relay is set up to believe only answers that are signed, and cannot tell at the moment which are.",
	    BE_PATIENT, NOTHING_THERE },
	/* what the host says of the mail */
	{ WORD("sender-refused"), "the host refused the sender", "0.0", FAULT_OF_PEER, false, "",
	    "The receiving mail server does not take mail from your address.",
	    READ_REPLY, CHECK_REPLY },
	{ WORD("recipient-refused"), "the host refused the recipient", "0.0", FAULT_OF_PEER, false, "",
	    "The receiving mail server does not take mail for this address.",
	    READ_OF_ADDRESS, CHECK_REPLY },
	{ WORD("message-refused"), "the host refused the message", "0.0", FAULT_OF_PEER, false, "",
	    "The receiving mail server does not take this message.",
	    READ_REPLY, CHECK_REPLY },
	/* what we cannot send there */
	{ WORD("size-exceeded"), "the message is larger than the host accepts", "3.4", FAULT_OF_SENDER, false, "",
	    "The message is larger than the receiving mail server allows.",
	    "Make the message smaller: leave attachments out, or put them where the recipient can fetch them and send a link.", "Allow larger messages, if you want to take this one." },
	{ WORD("8bitmime-missing"), "the message has 8-bit content, which the host does not accept", "6.3", FAULT_OF_PEER, false, "",
	    "The message has letters beyond plain ASCII, in a form that the receiving mail server does not take.",
	    "Send it again with a mail program that encodes all but plain letters (\"quoted-printable\" or \"base64\"): most can, and do so "
	    "unless told otherwise.", "Turn on the extension 8BITMIME (RFC 6152)." },
	{ WORD("smtputf8-missing"), "the message needs SMTPUTF8, which the host does not offer", "6.7", FAULT_OF_PEER, false, "",
	    "The message has addresses or a header with letters that the receiving mail server does not know how to take.",
	    "If you or the recipient have an address in plain letters as well, send the message with those.", "Turn on the extension SMTPUTF8 (RFC 6531)." },
	{ WORD("content-malformed"), "the content has a CR or a LF that stands alone", "6.0", FAULT_OF_SENDER, false, "",
	    "The message has line ends that mail must not have, and that can be misused to smuggle in a second one.",
	    "Send it again with another mail program, or tell its maker.", NOTHING_THERE },
	/* clients that bring mail here: why their session has no TLS, or ended */
	{ WORD("plaintext-inbound"), "the client tried to hand over mail without TLS", "7.0", FAULT_OF_PEER, true, "",
	    "Another mail server tried to hand over mail without encryption.",
	    "Ask whoever runs the sending mail server to turn on encryption.",
	    "Let the sending server use STARTTLS: this relay takes no mail without it.", .is_lack = true },
	{ WORD("truncated"), "the client cut the connection off without an end of TLS", "4.2", FAULT_OF_PEER, false, "",
	    "The sending mail server, or something on the way, cut the connection off.",
	    NOTHING_LOST, CHECK_LOG },
	{ WORD("not-smtp"), "the client speaks another protocol", "5.0", FAULT_OF_PEER, false, "",
	    "What called here is no mail server.",
	    NOTHING_LOST, "A browser, or a program that is made to misuse others, was led here." },
	{ WORD("session-time"), "the client's session has lasted too long", "4.2", FAULT_OF_PEER, false, "",
	    "The sending mail server kept its connection for longer than it may.",
	    NOTHING_LOST, "Let the sending server open a new connection after a while." },
	{ WORD("idle-commands"), "the client sends commands without end that bring no mail", "5.0", FAULT_OF_PEER, false, "",
	    "The sending mail server went on talking without handing over mail.",
	    NOTHING_LOST, CHECK_LOG },
	{ WORD("errors"), "the client has made too many errors", "5.0", FAULT_OF_PEER, false, "",
	    "The sending mail server made one mistake after the other.",
	    NOTHING_LOST, CHECK_REPLY },
	{ WORD("messages"), "the client has brought as many messages as a session may", "4.2", FAULT_OF_PEER, false, "",
	    "The sending mail server handed over as much mail as it may at a time.",
	    NOTHING_LOST, "Nothing: the sending server opens a new connection for what is left." },
	{ WORD("chunk-too-large"), "the client announced a chunk of a size that cannot be counted", "3.4", FAULT_OF_PEER, false, "",
	    "The sending mail server announced an impossible amount of data.",
	    NOTHING_LOST, CHECK_LOG },
	{ WORD("tls-unavailable"), "this relay has no certificate to begin TLS with", "7.4", FAULT_OF_US, false, "",
	    "This relay had no proof of its own identity to show, and took no mail.",
	    TELL_US, NOTHING_THERE },
	/* ourselves */
	{ WORD("body-unreadable"), "the message cannot be read from the spool", "3.0", FAULT_OF_US, false, "",
	    "This relay could not read the message from its own disk.",
	    TELL_US, NOTHING_THERE },
	{ WORD("clear-text"), "this relay stopped itself from sending it in clear: an error of the program's", "3.0", FAULT_OF_US, false, "",
	    "This relay was about to send something without encryption, by an error of its own, and stopped itself.",
	    TELL_US, NOTHING_THERE },
	{ WORD("stopping"), "this relay is being stopped", "3.2", FAULT_OF_US, false, "",
	    "This relay was being stopped or started anew.",
	    BE_PATIENT, NOTHING_THERE },
	{ WORD("waiting"), "the message waits for its turn", "4.1", FAULT_OF_US, false, "",
	    "It has not been this message's turn yet.",
	    BE_PATIENT, NOTHING_THERE },
	{ WORD("returned-by-operator"), "returned by the operator of this relay", "0.0", FAULT_OF_US, false, "",
	    "A person who runs this relay decided to return the message.",
	    TELL_US, NOTHING_THERE },
	{ WORD("unknown"), "no reason is known", "0.0", FAULT_OF_US, false, "",
	    "Why is not known; what is known stands below.",
	    TELL_US, NOTHING_THERE },
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
