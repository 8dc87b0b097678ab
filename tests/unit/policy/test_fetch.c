/*
 * Tests of src/policy/fetch.c and https.c against a policy host on loopback that does as the row says whose number is in its name: every fault
 * of standards.md M10-M14, MX5, MX8 and H40-H42; and posts of reports to it, R40-R42. The DNS is played here.
 */
#include "policy/fetch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fatal.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "metrics/table.h"
#include "policy/sts.h"
#include "tests/pki/pki.h"
#include "tests/unit/unit.h"

/* Instead of a minute; sanitizers on a busy machine need more for 64 KiB in small pieces. Where nothing comes less is waited for. */
#ifdef SEALPOST_SANITIZED
#define WHOLE_MS 6000
#define IN_VAIN_MS 2500
#else
#define WHOLE_MS 1500
#define IN_VAIN_MS 1500
#endif
#define FILE_TEXT "version: STSv1\nmode: enforce\nmx: *.example\nmax_age: 86400\n"
#define LENGTH "58"
#define OK "HTTP/1.1 200 OK\r\n"
#define PLAIN "Content-Type: text/plain\r\n"
#define SIZED "Content-Length: " LENGTH "\r\n\r\n" FILE_TEXT

enum who { GOOD, COMMON_NAME_ONLY, EXPIRED, NOT_YET, SELF_SIGNED, OTHER_AUTHORITY, OTHER_NAME, WILDCARD, PARTIAL_WILDCARD, PARENT_WILDCARD,
	ADDRESS_NAME, FOR_CLIENTS, OLD_TLS, OLD_CIPHER };
enum how { ALL_AT_ONCE, DRIP, SILENT, CUT, ENDLESS_BODY, ENDLESS_HEADER, ENDLESS_FIELDS, ENDLESS_TRAILER, ENDLESS_1XX,
	LARGE_BODY, LEADING_ELSEWHERE, EARLY, IN_CLEAR };
enum where { LOOPBACK, NOWHERE, BROKEN_DNS, SILENT_DNS, CLOSED_PORT_FIRST };

static const struct row {
	const char *name;
	enum who who;
	enum how how;
	enum where where;
	const char *says;
	enum fetch_end end;
	const char *seen;	/* part of it; NULL = anything */
} rows[] = {
	{ "a policy is fetched", GOOD, ALL_AT_ONCE, LOOPBACK, OK PLAIN SIZED, FETCH_DONE, "" },
	{ "parameters of the type do not matter", GOOD, ALL_AT_ONCE, LOOPBACK,		/* M13 */
	    OK "Content-Type: text/plain; charset=utf-8; x=y\r\n" SIZED, FETCH_DONE, NULL },
	{ "nor does letter case", GOOD, ALL_AT_ONCE, LOOPBACK, OK "content-type: TEXT/PLAIN\r\n" SIZED, FETCH_DONE, NULL },
	{ "chunks are understood", GOOD, ALL_AT_ONCE, LOOPBACK,				/* M14 */
	    OK PLAIN "Transfer-Encoding: chunked\r\n\r\n3a\r\n" FILE_TEXT "\r\n0\r\n\r\n", FETCH_DONE, NULL },
	{ "HTTP/1.0 is HTTP", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.0 200 OK\r\n" PLAIN SIZED, FETCH_DONE, NULL },
	{ "a body up to the end of TLS may not be all", GOOD, ALL_AT_ONCE, LOOPBACK,		/* MX5 */
	    "HTTP/1.0 200 OK\r\n" PLAIN "\r\n" FILE_TEXT, FETCH_BROKEN, NULL },
	{ "least of all when it was cut off", GOOD, CUT, LOOPBACK, "HTTP/1.0 200 OK\r\n" PLAIN "\r\n" FILE_TEXT, FETCH_BROKEN, NULL },
	{ "caching is not looked at", GOOD, ALL_AT_ONCE, LOOPBACK,				/* M11 */
	    OK PLAIN "Cache-Control: no-store\r\nExpires: 0\r\nAge: 99999999\r\n" SIZED, FETCH_DONE, NULL },
	{ "1xx responses are passed over", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.1 103 Early Hints\r\n\r\n" OK PLAIN SIZED, FETCH_DONE, NULL },
	/* only status 200 (M11, H42) */
	{ "a redirect is not followed", GOOD, ALL_AT_ONCE, LOOPBACK,
	    "HTTP/1.1 301 Moved\r\nLocation: https://mta-sts.c0.example/.well-known/mta-sts.txt\r\nContent-Length: 0\r\n\r\n", FETCH_STATUS, "301" },
	{ "302 is not", GOOD, ALL_AT_ONCE, LOOPBACK,
	    "HTTP/1.1 302 Found\r\nLocation: /other\r\n" PLAIN SIZED, FETCH_STATUS, "302" },
	{ "307 is not", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.1 307 X\r\nLocation: /x\r\n" PLAIN SIZED, FETCH_STATUS, "307" },
	{ "308 is not", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.1 308 X\r\nLocation: /x\r\n" PLAIN SIZED, FETCH_STATUS, "308" },
	{ "201 does not count", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.1 201 Created\r\n" PLAIN SIZED, FETCH_STATUS, "201" },
	{ "204 does not count", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.1 204 No\r\n\r\n", FETCH_STATUS, "204" },
	{ "206 does not count", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.1 206 Partial\r\n" PLAIN SIZED, FETCH_STATUS, "206" },
	{ "304 does not count", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.1 304 Same\r\n\r\n", FETCH_STATUS, "304" },
	{ "404 does not count", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.1 404 No\r\n" PLAIN SIZED, FETCH_STATUS, "404" },
	{ "500 does not count", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.1 500 No\r\n" PLAIN SIZED, FETCH_STATUS, "500" },
	/* media type (M13) */
	{ "HTML is no policy", GOOD, ALL_AT_ONCE, LOOPBACK, OK "Content-Type: text/html\r\n" SIZED, FETCH_TYPE, "text/html" },
	{ "nothing is no type", GOOD, ALL_AT_ONCE, LOOPBACK, OK SIZED, FETCH_TYPE, "no type" },
	{ "a longer word is another type", GOOD, ALL_AT_ONCE, LOOPBACK, OK "Content-Type: text/plainer\r\n" SIZED, FETCH_TYPE, NULL },
	{ "two types are none", GOOD, ALL_AT_ONCE, LOOPBACK, OK "Content-Type: text/html\r\n" PLAIN SIZED, FETCH_TYPE, NULL },
	/* limits (M14, MX5, H40) */
	{ "what was not asked to be coded is refused", GOOD, ALL_AT_ONCE, LOOPBACK, OK PLAIN "Content-Encoding: gzip\r\n" SIZED,
	    FETCH_ENCODED, NULL },
	{ "identity is no coding", GOOD, ALL_AT_ONCE, LOOPBACK, OK PLAIN "Content-Encoding: identity\r\n" SIZED, FETCH_DONE, NULL },
	{ "64 KiB and one octet are too much", GOOD, ALL_AT_ONCE, LOOPBACK, OK PLAIN "Content-Length: 65537\r\n\r\n", FETCH_TOO_LARGE, NULL },
	{ "a body without end is cut short", GOOD, ENDLESS_BODY, LOOPBACK, OK PLAIN "Transfer-Encoding: chunked\r\n\r\n", FETCH_TOO_LARGE,
	    NULL },
	{ "a field without end is", GOOD, ENDLESS_HEADER, LOOPBACK, OK "X: ", FETCH_TOO_LARGE, NULL },
	{ "fields without end are", GOOD, ENDLESS_FIELDS, LOOPBACK, OK, FETCH_TOO_LARGE, NULL },
	{ "trailers without end are", GOOD, ENDLESS_TRAILER, LOOPBACK,
	    OK PLAIN "Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n3a\r\n" FILE_TEXT "\r\n0\r\n", FETCH_TOO_LARGE, NULL },
	{ "1xx responses without end are", GOOD, ENDLESS_1XX, LOOPBACK, "", FETCH_TOO_LARGE, NULL },
	{ "less than was announced is not all", GOOD, ALL_AT_ONCE, LOOPBACK, OK PLAIN "Content-Length: 59\r\n\r\n" FILE_TEXT, FETCH_BROKEN,
	    NULL },
	{ "a last chunk that does not come", GOOD, ALL_AT_ONCE, LOOPBACK,
	    OK PLAIN "Transfer-Encoding: chunked\r\n\r\n3a\r\n" FILE_TEXT "\r\n", FETCH_BROKEN, NULL },
	{ "chunks that are none", GOOD, ALL_AT_ONCE, LOOPBACK, OK PLAIN "Transfer-Encoding: chunked\r\n\r\nzz\r\n", FETCH_BROKEN, NULL },
	{ "drip by drip it takes too long", GOOD, DRIP, LOOPBACK, OK PLAIN SIZED, FETCH_TIMED_OUT, NULL },
	{ "silence takes too long", GOOD, SILENT, LOOPBACK, "", FETCH_TIMED_OUT, NULL },
	{ "an answer of nothing", GOOD, ALL_AT_ONCE, LOOPBACK, "", FETCH_BROKEN, NULL },
	{ "what is not HTTP", GOOD, ALL_AT_ONCE, LOOPBACK, FILE_TEXT, FETCH_BROKEN, NULL },
	{ "SMTP", GOOD, ALL_AT_ONCE, LOOPBACK, "220 mail ESMTP\r\n", FETCH_BROKEN, NULL },
	/* certificates (M12) */
	{ "a name in the common name alone", COMMON_NAME_ONLY, ALL_AT_ONCE, LOOPBACK, OK PLAIN SIZED, FETCH_CERTIFICATE, NULL },
	{ "an expired certificate", EXPIRED, ALL_AT_ONCE, LOOPBACK, OK PLAIN SIZED, FETCH_CERTIFICATE, "expired" },
	{ "one that is not valid yet", NOT_YET, ALL_AT_ONCE, LOOPBACK, OK PLAIN SIZED, FETCH_CERTIFICATE, "not yet" },
	{ "one signed by itself", SELF_SIGNED, ALL_AT_ONCE, LOOPBACK, OK PLAIN SIZED, FETCH_CERTIFICATE, "self-signed" },
	{ "one of an unknown authority", OTHER_AUTHORITY, ALL_AT_ONCE, LOOPBACK, OK PLAIN SIZED, FETCH_CERTIFICATE, NULL },
	{ "another name", OTHER_NAME, ALL_AT_ONCE, LOOPBACK, OK PLAIN SIZED, FETCH_CERTIFICATE, "mismatch" },
	{ "a wildcard as the first label", WILDCARD, ALL_AT_ONCE, LOOPBACK, OK PLAIN SIZED, FETCH_DONE, NULL },
	{ "a wildcard within the first label", PARTIAL_WILDCARD, ALL_AT_ONCE, LOOPBACK, OK PLAIN SIZED, FETCH_CERTIFICATE, "mismatch" },
	{ "a wildcard of the parent", PARENT_WILDCARD, ALL_AT_ONCE, LOOPBACK, OK PLAIN SIZED, FETCH_CERTIFICATE, "mismatch" },
	{ "the address as a name", ADDRESS_NAME, ALL_AT_ONCE, LOOPBACK, OK PLAIN SIZED, FETCH_CERTIFICATE, "mismatch" },
	{ "a certificate for clients", FOR_CLIENTS, ALL_AT_ONCE, LOOPBACK, OK PLAIN SIZED, FETCH_CERTIFICATE, "purpose" },
	{ "TLS 1.1 alone", OLD_TLS, ALL_AT_ONCE, LOOPBACK, OK PLAIN SIZED, FETCH_TLS_FAILED, NULL },
	{ "no AEAD", OLD_CIPHER, ALL_AT_ONCE, LOOPBACK, OK PLAIN SIZED, FETCH_TLS_FAILED, NULL },
	/* addresses */
	{ "no address", GOOD, ALL_AT_ONCE, NOWHERE, "", FETCH_NO_ADDRESS, NULL },
	{ "no answer of the DNS", GOOD, ALL_AT_ONCE, BROKEN_DNS, "", FETCH_DNS_FAILED, NULL },
	{ "a DNS that is silent", GOOD, ALL_AT_ONCE, SILENT_DNS, "", FETCH_DNS_FAILED, NULL },
	{ "a second address is tried", GOOD, ALL_AT_ONCE, CLOSED_PORT_FIRST, OK PLAIN SIZED, FETCH_DONE, NULL },
};
#define ROWS (sizeof(rows) / sizeof(*rows))

#define EMPTY "Content-Length: 0\r\n\r\n"

/* Posts, and what a host answers: the status says it all (R40), as long as there is one. */
static const struct row posts[] = {
	{ "200 takes it", GOOD, ALL_AT_ONCE, LOOPBACK, OK EMPTY, FETCH_DONE, "" },
	{ "201 does", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.1 201 Created\r\nLocation: /r/1\r\n" EMPTY, FETCH_DONE, "" },
	{ "202 does", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.1 202 Accepted\r\n" EMPTY, FETCH_DONE, "" },
	{ "204 does", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.1 204 No Content\r\n\r\n", FETCH_DONE, "" },
	{ "299 does", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.1 299 X\r\n" EMPTY, FETCH_DONE, "" },
	{ "whatever it says beside", GOOD, ALL_AT_ONCE, LOOPBACK, OK "Content-Type: text/html\r\nContent-Encoding: gzip\r\n" SIZED, FETCH_DONE, "" },
	{ "1xx responses before do not matter", GOOD, ALL_AT_ONCE, LOOPBACK,
	    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" OK EMPTY, FETCH_DONE, "" },
	{ "HTTP/1.0 is HTTP, too", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.0 200 OK\r\n\r\ntaken", FETCH_DONE, "" },
	{ "300 is another status", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.1 300 X\r\n" EMPTY, FETCH_STATUS, "300" },
	{ "301 leads nowhere", GOOD, LEADING_ELSEWHERE, LOOPBACK, "HTTP/1.1 301 X\r\n", FETCH_STATUS, "301" },
	{ "302 leads nowhere", GOOD, LEADING_ELSEWHERE, LOOPBACK, "HTTP/1.1 302 X\r\n", FETCH_STATUS, "302" },
	{ "303 leads nowhere", GOOD, LEADING_ELSEWHERE, LOOPBACK, "HTTP/1.1 303 X\r\n", FETCH_STATUS, "303" },
	{ "307 leads nowhere", GOOD, LEADING_ELSEWHERE, LOOPBACK, "HTTP/1.1 307 X\r\n", FETCH_STATUS, "307" },
	{ "308 leads nowhere", GOOD, LEADING_ELSEWHERE, LOOPBACK, "HTTP/1.1 308 X\r\n", FETCH_STATUS, "308" },
	{ "308 to the same host leads nowhere", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.1 308 X\r\nLocation: /other\r\n" EMPTY, FETCH_STATUS, "308" },
	{ "401 is not answered", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.1 401 X\r\nWWW-Authenticate: Basic realm=x\r\n" EMPTY, FETCH_STATUS, "401" },
	{ "404", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.1 404 X\r\n" SIZED, FETCH_STATUS, "404" },
	{ "417", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.1 417 X\r\n" EMPTY, FETCH_STATUS, "417" },
	{ "429", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.1 429 X\r\nRetry-After: 1\r\n" EMPTY, FETCH_STATUS, "429" },
	{ "503", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.1 503 X\r\nRetry-After: 1\r\n" EMPTY, FETCH_STATUS, "503" },
	/* of what follows the status not much is waited for (R42) */
	{ "10 MiB that are announced", GOOD, LARGE_BODY, LOOPBACK, OK "Content-Length: 10485760\r\n\r\n", FETCH_DONE, "" },
	{ "10 MiB that are not", GOOD, LARGE_BODY, LOOPBACK, OK "\r\n", FETCH_DONE, "" },
	{ "10 MiB of a failure", GOOD, LARGE_BODY, LOOPBACK, "HTTP/1.1 500 X\r\n\r\n", FETCH_STATUS, "500" },
	{ "chunks without end", GOOD, ENDLESS_BODY, LOOPBACK, OK "Transfer-Encoding: chunked\r\n\r\n", FETCH_DONE, "" },
	{ "fields without end", GOOD, ENDLESS_FIELDS, LOOPBACK, OK, FETCH_DONE, "" },
	{ "fields without end behind a failure", GOOD, ENDLESS_FIELDS, LOOPBACK, "HTTP/1.1 400 X\r\n", FETCH_STATUS, "400" },
	{ "a field without end", GOOD, ENDLESS_HEADER, LOOPBACK, OK "X: ", FETCH_DONE, "" },
	{ "1xx responses without end", GOOD, ENDLESS_1XX, LOOPBACK, "", FETCH_TOO_LARGE, NULL },
	{ "a status line without end", GOOD, ENDLESS_HEADER, LOOPBACK, "HTTP/1.1 200 ", FETCH_TOO_LARGE, NULL },
	{ "silence behind the status", GOOD, SILENT, LOOPBACK, OK "Content-Length: 5\r\n\r\n", FETCH_DONE, "" },
	{ "the end behind the status", GOOD, CUT, LOOPBACK, OK, FETCH_DONE, "" },
	{ "the end behind that of a failure", GOOD, CUT, LOOPBACK, "HTTP/1.1 503 X\r\n", FETCH_STATUS, "503" },
	{ "less than was announced", GOOD, CUT, LOOPBACK, OK "Content-Length: 5\r\n\r\nx", FETCH_DONE, "" },
	{ "refused before all of it is there", GOOD, EARLY, LOOPBACK, "HTTP/1.1 413 X\r\nConnection: close\r\n" EMPTY, FETCH_STATUS, "413" },
	/* no status */
	{ "no answer", GOOD, SILENT, LOOPBACK, "", FETCH_TIMED_OUT, NULL },
	{ "1xx and no more", GOOD, SILENT, LOOPBACK, "HTTP/1.1 100 Continue\r\n\r\n", FETCH_TIMED_OUT, NULL },
	{ "1xx and the end", GOOD, CUT, LOOPBACK, "HTTP/1.1 100 Continue\r\n\r\n", FETCH_BROKEN, NULL },
	{ "half a status", GOOD, CUT, LOOPBACK, "HTTP/1.1 20", FETCH_BROKEN, NULL },
	{ "the end at once", GOOD, CUT, LOOPBACK, "", FETCH_BROKEN, NULL },
	{ "what is not HTTP", GOOD, ALL_AT_ONCE, LOOPBACK, "220 mail ESMTP\r\n", FETCH_BROKEN, NULL },
	{ "another protocol", GOOD, ALL_AT_ONCE, LOOPBACK, "HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n", FETCH_BROKEN, NULL },
	{ "no answer of the DNS", GOOD, ALL_AT_ONCE, BROKEN_DNS, "", FETCH_DNS_FAILED, NULL },
	{ "no address", GOOD, ALL_AT_ONCE, NOWHERE, "", FETCH_NO_ADDRESS, NULL },
	{ "a second address is tried", GOOD, ALL_AT_ONCE, CLOSED_PORT_FIRST, OK EMPTY, FETCH_DONE, "" },
	/* never without TLS, lax or not */
	{ "TLS 1.1 alone", OLD_TLS, ALL_AT_ONCE, LOOPBACK, OK EMPTY, FETCH_TLS_FAILED, NULL },
	{ "no AEAD", OLD_CIPHER, ALL_AT_ONCE, LOOPBACK, OK EMPTY, FETCH_TLS_FAILED, NULL },
	{ "HTTP in clear", GOOD, IN_CLEAR, LOOPBACK, OK EMPTY, FETCH_TLS_FAILED, NULL },
	/* whoever it is (R41): taken by those that are lax */
	{ "a name in the common name alone", COMMON_NAME_ONLY, ALL_AT_ONCE, LOOPBACK, OK EMPTY, FETCH_CERTIFICATE, NULL },
	{ "an expired certificate", EXPIRED, ALL_AT_ONCE, LOOPBACK, OK EMPTY, FETCH_CERTIFICATE, "expired" },
	{ "one that is not valid yet", NOT_YET, ALL_AT_ONCE, LOOPBACK, OK EMPTY, FETCH_CERTIFICATE, "not yet" },
	{ "one signed by itself", SELF_SIGNED, ALL_AT_ONCE, LOOPBACK, OK EMPTY, FETCH_CERTIFICATE, "self-signed" },
	{ "one of an unknown authority", OTHER_AUTHORITY, ALL_AT_ONCE, LOOPBACK, OK EMPTY, FETCH_CERTIFICATE, NULL },
	{ "another name", OTHER_NAME, ALL_AT_ONCE, LOOPBACK, OK EMPTY, FETCH_CERTIFICATE, "mismatch" },
	{ "a wildcard within the first label", PARTIAL_WILDCARD, ALL_AT_ONCE, LOOPBACK, OK EMPTY, FETCH_CERTIFICATE, "mismatch" },
	{ "a certificate for clients", FOR_CLIENTS, ALL_AT_ONCE, LOOPBACK, OK EMPTY, FETCH_CERTIFICATE, "purpose" },
	{ "a wildcard as the first label", WILDCARD, ALL_AT_ONCE, LOOPBACK, OK EMPTY, FETCH_DONE, "" },
};
#define POSTS (sizeof(posts) / sizeof(*posts))

/* --- the policy host --- */

static struct pki *authority, *stranger;
#define HEARD_OCTETS (2 * 1024 * 1024)
static struct heard {
	char request[4096];		/* up to the empty line; all of it for a request without a body */
	char body[HEARD_OCTETS];
	size_t length;
	size_t said;			/* octets of an answer's body that were taken off the host's hands */
	unsigned connections, elsewhere;	/* to the port, and to another */
} *heard;	/* shared with the children: the last request */
static pid_t server_pid;
static uint16_t port, other_port;

static struct pki *
certificate_make(const struct row *row, const char *host, const char *parent)
{
	static const char *const prefixes[OLD_CIPHER + 1] = { [OTHER_NAME] = "DNS:www.", [WILDCARD] = "DNS:*.",
		[PARTIAL_WILDCARD] = "DNS:mta*.", [PARENT_WILDCARD] = "DNS:*.example", [ADDRESS_NAME] = "IP:127.0.0.1",
		[COMMON_NAME_ONLY] = "email:a@" };
	char names[300];
	struct pki_subject subject = { .common_name = row->who == COMMON_NAME_ONLY ? host : "policy host", .names = names };

	snprintf(names, sizeof(names), "%s%s", prefixes[row->who] == NULL ? "DNS:" : prefixes[row->who],
	    row->who == ADDRESS_NAME || row->who == PARENT_WILDCARD ? "" :
	    row->who == OTHER_NAME || row->who == WILDCARD || row->who == PARTIAL_WILDCARD ? parent : host);
	if (row->who == EXPIRED) {
		subject.from_days = -10;
		subject.until_days = -1;
	} else if (row->who == NOT_YET) {
		subject.from_days = 2;
		subject.until_days = 10;
	}
	subject.purpose = row->who == FOR_CLIENTS ? "clientAuth" : NULL;
	return pki_make(&subject, row->who == SELF_SIGNED ? NULL : row->who == OTHER_AUTHORITY ? stranger : authority);
}

static const struct row *
row_of(const char *host)
{
	unsigned number;

	if (host != NULL && sscanf(host, "mta-rua.p%u.", &number) == 1 && number < POSTS)
		return &posts[number];
	if (host == NULL || sscanf(host, "mta-sts.c%u.", &number) != 1 || number >= ROWS)
		return &rows[0];
	return &rows[number];
}

static int
on_name(SSL *ssl, int *alert, void *arg)
{
	const char *host = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	const struct row *row = row_of(host);
	struct pki *leaf;

	(void)alert;
	(void)arg;
	if (host == NULL)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	leaf = certificate_make(row, host, host + strlen("mta-sts."));
	SSL_use_certificate(ssl, leaf->certificate);
	SSL_use_PrivateKey(ssl, leaf->key);
	return SSL_TLSEXT_ERR_OK;
}

/* What no TLS is spoken to hears. */
static void
serve_in_clear(int fd, const char *says)
{
	ssize_t length;

	if (write(fd, says, strlen(says)) < 0)
		_exit(1);
	while ((length = read(fd, heard->body + heard->length, HEARD_OCTETS - heard->length)) > 0)
		heard->length += (size_t)length;
	_exit(0);
}

/* Versions and ciphers are chosen before the name is looked at: this is earlier. */
static int
on_hello(SSL *ssl, int *alert, void *arg)
{
	const unsigned char *name;
	char host[300] = "";
	const struct row *row;
	size_t length;

	(void)alert;
	(void)arg;
	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &name, &length) == 1 && length > 5 && length < sizeof(host))
		snprintf(host, sizeof(host), "%.*s", (int)length - 5, (const char *)name + 5);
	row = row_of(host);
	if (row->how == IN_CLEAR)
		serve_in_clear(SSL_get_fd(ssl), row->says);
	if (row->who == OLD_TLS) {
		SSL_set_security_level(ssl, 0);
		SSL_set_min_proto_version(ssl, TLS1_1_VERSION);
		SSL_set_max_proto_version(ssl, TLS1_1_VERSION);
	} else if (row->who == OLD_CIPHER) {
		SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
		SSL_set_cipher_list(ssl, "ECDHE-ECDSA-AES128-SHA256");
	}
	return SSL_CLIENT_HELLO_SUCCESS;
}

static bool
say(SSL *ssl, const char *text)
{
	return *text == '\0' || SSL_write(ssl, text, (int)strlen(text)) > 0;
}

static void
say_for_ever(SSL *ssl, const char *text)
{
	while (say(ssl, text))
		;
}

static void
say_much(SSL *ssl)
{
	static char octets[16 * 1024];
	int length;

	while (heard->said < 10 * 1024 * 1024 && (length = SSL_write(ssl, octets, sizeof(octets))) > 0)
		heard->said += (size_t)length;
}

static void
say_where_else(SSL *ssl)
{
	char text[100];

	snprintf(text, sizeof(text), "Location: https://mta-rua.p0.example:%u/\r\nContent-Length: 0\r\n\r\n", other_port);
	say(ssl, text);
}

static void
answer(SSL *ssl, const struct row *row)
{
	static char line[1100];

	memset(line, 'x', 1000);
	if (row->how == DRIP) {
		for (const char *at = row->says; *at != '\0' && SSL_write(ssl, at, 1) > 0; at++)
			usleep(100 * 1000);
		return;
	}
	if (!say(ssl, row->says))
		return;
	if (row->how == SILENT || row->how == EARLY)
		sleep(WHOLE_MS / 1000 + 4);
	else if (row->how == LARGE_BODY)
		say_much(ssl);
	else if (row->how == LEADING_ELSEWHERE)
		say_where_else(ssl);
	else if (row->how == ENDLESS_BODY)
		say_for_ever(ssl, "10\r\n0123456789abcdef\r\n");
	else if (row->how == ENDLESS_HEADER)
		say_for_ever(ssl, line);
	else if (row->how == ENDLESS_FIELDS || row->how == ENDLESS_TRAILER)
		say_for_ever(ssl, "X-Field: and another one of these\r\n");
	else if (row->how == ENDLESS_1XX)
		say_for_ever(ssl, "HTTP/1.1 102 Processing\r\n\r\n");
}

/* All of a request, with as much of a body as is announced. */
static bool
request_read(SSL *ssl, bool with_body)
{
	static struct heard now;
	size_t length = 0, announced = 0;
	const char *end = NULL, *field;
	int more;

	while (end == NULL && length < sizeof(now.request) - 1) {
		more = SSL_read(ssl, now.request + length, (int)(sizeof(now.request) - 1 - length));
		if (more <= 0)
			return false;
		length += (size_t)more;
		now.request[length] = '\0';
		end = strstr(now.request, "\r\n\r\n");
	}
	if (end == NULL)
		return false;
	end += strlen("\r\n\r\n");
	field = strstr(now.request, "\r\nContent-Length: ");
	if (field != NULL)
		announced = strtoul(field + strlen("\r\nContent-Length: "), NULL, 10);
	now.length = length - (size_t)(end - now.request);
	memcpy(now.body, end, now.length);
	while (with_body && now.length < announced) {
		more = SSL_read(ssl, now.body + now.length, (int)(HEARD_OCTETS - now.length));
		if (more <= 0)
			return false;
		now.length += (size_t)more;
	}
	memcpy(heard->request, now.request, (size_t)(end - now.request));
	heard->request[end - now.request] = '\0';
	memcpy(heard->body, now.body, now.length);
	heard->length = now.length;
	return true;
}

static void
serve(int fd)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	const struct row *row;
	SSL *ssl;

	SSL_CTX_set_tlsext_servername_callback(context, on_name);
	SSL_CTX_set_client_hello_cb(context, on_hello, NULL);
	SSL_CTX_set_security_level(context, 0);
	SSL_CTX_set_min_proto_version(context, TLS1_1_VERSION);
	ssl = SSL_new(context);
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) != 1)
		_exit(0);
	row = row_of(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
	if (!request_read(ssl, row->how != EARLY))
		_exit(0);
	answer(ssl, row);
	if (row->how != CUT)
		SSL_shutdown(ssl);
	_exit(0);
}

static int
door_open(uint16_t *number)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int door = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(door, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(door, 100), 0);
	getsockname(door, (struct sockaddr *)&address, &length);
	*number = ntohs(address.sin_port);
	return door;
}

/* Whoever comes to the other door was led there. */
static void
doors_keep(int door, int other)
{
	struct pollfd doors[] = { { .fd = door, .events = POLLIN }, { .fd = other, .events = POLLIN } };
	int fd;

	while (poll(doors, 2, -1) > 0) {
		if (doors[1].revents != 0 && (fd = accept(other, NULL, NULL)) >= 0) {
			heard->elsewhere++;
			close(fd);
		}
		if (doors[0].revents == 0 || (fd = accept(door, NULL, NULL)) < 0)
			continue;
		heard->connections++;
		if (fork() == 0)
			serve(fd);
		close(fd);
	}
}

static void
server_start(void)
{
	int door, other;

	authority = pki_make(&(struct pki_subject){ .common_name = "authority", .authority = true }, NULL);
	stranger = pki_make(&(struct pki_subject){ .common_name = "stranger", .authority = true }, NULL);
	heard = mmap(NULL, sizeof(*heard), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	door = door_open(&port);
	other = door_open(&other_port);
	server_pid = fork();
	if (server_pid != 0) {
		close(door);
		close(other);
		return;
	}
	signal(SIGCHLD, SIG_IGN);
	doors_keep(door, other);
	_exit(0);
}

static void
server_stop(void)
{
	kill(server_pid, SIGKILL);
	waitpid(server_pid, NULL, 0);
	pki_free(&authority);
	pki_free(&stranger);
}

/* --- the DNS --- */

struct lookup {
	enum dns_type type;
	char name[300];
	void (*on_answer)(void *arg, const struct dns_answer *answer);
	void *arg;
	struct timer *timer;
};

static unsigned questions;

static void
lookup_end(void *arg)
{
	struct lookup *lookup = arg;
	const struct row *row = row_of(lookup->name);
	struct ip addresses[2];
	struct dns_answer dns = { .status = DNS_NO_DATA, .type = lookup->type, .name = lookup->name, .alias = "", .addresses = addresses };

	if (lookup->type == DNS_A && (row->where == LOOPBACK || row->where == CLOSED_PORT_FIRST)) {
		dns.status = DNS_FOUND;
		dns.count = row->where == LOOPBACK ? 1 : 2;
		ip_parse(SPAN("127.0.0.99"), &addresses[0]);
		ip_parse(SPAN("127.0.0.1"), &addresses[dns.count - 1]);
	}
	if (row->where == BROKEN_DNS)
		dns.status = lookup->type == DNS_A ? DNS_FAILED : DNS_NO_DATA;
	if (lookup->on_answer != NULL)
		lookup->on_answer(lookup->arg, &dns);
	timer_free(&lookup->timer);
	free(lookup);
}

struct lookup *
resolver_ask(struct resolver *resolver, const char *name, enum dns_type type,
    void (*on_answer)(void *arg, const struct dns_answer *answer), void *arg)
{
	struct lookup *lookup = must_alloc(sizeof(*lookup));

	(void)resolver;
	questions++;
	lookup->type = type;
	lookup->on_answer = on_answer;
	lookup->arg = arg;
	snprintf(lookup->name, sizeof(lookup->name), "%s", name);
	lookup->timer = timer_new(lookup_end, lookup);
	timer_start(lookup->timer, row_of(name)->where == SILENT_DNS ? 5000 : 0);
	return lookup;
}

void
lookup_cancel(struct lookup **lookup)
{
	if (*lookup != NULL) {
		(*lookup)->on_answer = NULL;
		timer_start((*lookup)->timer, 0);
	}
	*lookup = NULL;
}

/* --- fetching --- */

static char nothing[] = "", hostname[] = "out.example.net";
static struct conf_policy conf = { .tls = { nothing, nothing, nothing }, .hostname = hostname, .fetches = 40, .private_destinations = true };
static struct fetcher *fetcher;
static struct {
	unsigned count, wanted;
	enum fetch_end end;
	unsigned status;
	char body[200], seen[FETCH_SEEN];
	unsigned done;
} got;

static void
on_end(void *arg, const struct fetch_result *result)
{
	(void)arg;
	got.end = result->end;
	got.status = result->status;
	got.done += result->end == FETCH_DONE;
	snprintf(got.body, sizeof(got.body), "%.*s", (int)(result->body.length < 199 ? result->body.length : 199), result->body.data);
	snprintf(got.seen, sizeof(got.seen), "%s", result->seen);
	if (++got.count == got.wanted)
		loop_stop();
}

static void
begin(void)
{
	char why[200];

	server_start();
	loop_init();
	memset(&got, 0, sizeof(got));
	conf.trust = strndup(authority->certificate_pem.data, authority->certificate_pem.length);
	fetcher = fetcher_new();
	fetcher_set_limits(fetcher, port, WHOLE_MS);
	ck_assert_msg(fetcher_configure(fetcher, &conf, NULL, why, sizeof(why)), "%s", why);
}

static void
finish(void)
{
	fetcher_free(&fetcher);
	free(conf.trust);
	server_stop();
}

static void
wait_for(unsigned count)
{
	got.wanted = count;
	loop_run();
}

static void
limit_set(const struct row *row)
{
	bool is_in_vain = row->end == FETCH_TIMED_OUT || row->where == SILENT_DNS;

	fetcher_set_limits(fetcher, port, is_in_vain ? IN_VAIN_MS : WHOLE_MS);
}

START_TEST(each_row)
{
	const struct row *row = &rows[_i];
	char domain[40];

	begin();
	limit_set(row);
	snprintf(domain, sizeof(domain), "c%d.example", _i);
	fetch_start(fetcher, domain, true, on_end, NULL);
	wait_for(1);
	ck_assert_msg(got.end == row->end, "%s: %s (%s) instead of %s", row->name, fetch_word(got.end), got.seen, fetch_word(row->end));
	if (row->seen != NULL)
		ck_assert_msg(strstr(got.seen, row->seen) != NULL, "%s: seen \"%s\"", row->name, got.seen);
	if (row->end == FETCH_DONE)
		ck_assert_str_eq(got.body, FILE_TEXT);
	finish();
}
END_TEST

START_TEST(the_request_is_this_and_nothing_else)	/* M10, H41 */
{
	setenv("https_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "socks5://127.0.0.1:1", 1);
	begin();
	fetch_start(fetcher, "c0.example", true, on_end, NULL);
	wait_for(1);
	ck_assert_int_eq(got.end, FETCH_DONE);
	ck_assert_str_eq(heard->request, "GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.c0.example\r\n"
	    "User-Agent: sealpost/" PACKAGE_VERSION " (out.example.net)\r\nAccept: text/plain\r\n\r\n");
	finish();
}
END_TEST

START_TEST(special_addresses_are_refused_unless_allowed)	/* MX8 */
{
	begin();
	conf.private_destinations = false;
	fetch_start(fetcher, "c0.example", true, on_end, NULL);
	wait_for(1);
	ck_assert_int_eq(got.end, FETCH_SPECIAL_ADDRESS);
	finish();
	conf.private_destinations = true;
}
END_TEST

START_TEST(many_are_fetched_within_the_ceilings)
{
	struct fetcher_load load;

	begin();
	conf.fetches = 16;
	for (int i = 0; i < 60; i++)
		fetch_start(fetcher, "c0.example", i % 2 == 0, on_end, NULL);
	fetcher_load(fetcher, &load);
	ck_assert_uint_eq(load.running, 16);
	ck_assert_uint_eq(load.waiting, 44);
	wait_for(60);
	ck_assert_uint_eq(got.done, 60);
	fetcher_load(fetcher, &load);
	ck_assert_uint_eq(load.running + load.waiting, 0);
	ck_assert_uint_eq(load.done, 60);
	finish();
	conf.fetches = 40;
}
END_TEST

/* A host that is silent has its part of the slots, and others are fetched in the meantime. */
START_TEST(a_slow_name_server_holds_nobody_else)
{
	char silent[40];
	int64_t began;

	begin();
	conf.fetches = 16;
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].where == SILENT_DNS)
			snprintf(silent, sizeof(silent), "c%zu.example", i);
	for (int i = 0; i < 30; i++)
		fetch_start(fetcher, silent, false, on_end, NULL);
	clock_update();
	began = clock_ms();
	fetch_start(fetcher, "c0.example", true, on_end, NULL);
	wait_for(1);
	clock_update();
	ck_assert_int_eq(got.end, FETCH_DONE);
	ck_assert_int_lt(clock_ms() - began, WHOLE_MS / 2);
	finish();
	conf.fetches = 40;
}
END_TEST

START_TEST(cancelled_ones_say_nothing_and_leave_their_place)
{
	struct fetch *fetches[30];
	struct fetcher_load load;

	begin();
	conf.fetches = 8;
	for (int i = 0; i < 30; i++)
		fetches[i] = fetch_start(fetcher, "c0.example", false, on_end, NULL);
	fetch_hurry(fetches[29]);
	for (int i = 0; i < 29; i++)
		fetch_cancel(&fetches[i]);
	ck_assert_ptr_null(fetches[0]);
	wait_for(1);
	ck_assert_uint_eq(got.done, 1);
	fetcher_load(fetcher, &load);
	ck_assert_uint_eq(load.running + load.waiting, 0);
	/* And whatever is under way when the fetcher goes. */
	for (int i = 0; i < 30; i++)
		fetch_start(fetcher, "c0.example", false, on_end, NULL);
	finish();
	ck_assert_uint_eq(got.count, 1);
	conf.fetches = 40;
}
END_TEST

START_TEST(a_new_configuration_looks_for_addresses_anew)
{
	char why[200];
	unsigned before;

	begin();
	fetch_start(fetcher, "c0.example", true, on_end, NULL);
	before = questions;
	ck_assert(fetcher_configure(fetcher, &conf, NULL, why, sizeof(why)));
	ck_assert_uint_eq(questions, before + 2);
	wait_for(1);
	ck_assert_int_eq(got.end, FETCH_DONE);
	finish();
}
END_TEST

/* --- posts --- */

#define GZIP "application/tlsrpt+gzip"
#define BODY "\x1f\x8b\x08\0 a report \r\n.\r\n\xff"
#define BODY_LENGTH (sizeof(BODY) - 1)

/* To row 0's host unless said otherwise; all of it is gone by the time it is sent. */
static void
post_start(unsigned row, const char *rest, struct span body, bool is_lax)
{
	char host[60], url[200], type[] = GZIP;
	char *copy = malloc(body.length + 1);
	struct fetch_post post = { .port = strchr(rest, ':') == rest ? (uint16_t)strtoul(rest + 1, NULL, 10) : 443, .is_lax = is_lax };

	snprintf(host, sizeof(host), "mta-rua.p%u.example", row);
	snprintf(url, sizeof(url), "https://%s%s", host, rest);
	if (body.length > 0)
		memcpy(copy, body.data, body.length);
	post.url = span_of(url);
	post.host = span_of(host);
	post.type = span_of(type);
	post.body = span_make(copy, body.length);
	fetch_post_start(fetcher, &post, on_end, NULL);
	memset(host, 'x', sizeof(host));
	memset(url, 'x', sizeof(url));
	memset(type, 'x', sizeof(type));
	memset(copy, 'x', body.length + 1);
	free(copy);
}

static void
post_and_wait(unsigned row, const char *rest, struct span body, bool is_lax)
{
	memset(heard, 0, sizeof(*heard));
	post_start(row, rest, body, is_lax);
	wait_for(got.count + 1);
}

/* What reached a host that took it: this request, and the body octet for octet. */
static void
heard_is(const char *path, const char *host, struct span body)
{
	char request[1000];

	snprintf(request, sizeof(request), "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: sealpost/" PACKAGE_VERSION " (out.example.net)\r\n"
	    "Accept: */*\r\nContent-Type: " GZIP "\r\nContent-Length: %zu\r\n\r\n", path, host, body.length);
	ck_assert_str_eq(heard->request, request);
	ck_assert_uint_eq(heard->length, body.length);
	ck_assert(span_equal(span_make(heard->body, heard->length), body));
}

/* Of a body that is large enough to be in several pieces when a host answers early. */
static struct span
large_body(size_t length)
{
	static char octets[1024 * 1024];
	unsigned state = 1;

	for (size_t i = 0; i < length; i++)
		octets[i] = (char)((state = state * 1103515245 + 12345) >> 16);
	return span_make(octets, length);
}

static void
posts_try(bool is_lax)
{
	begin();
	for (unsigned i = 0; i < POSTS; i++) {
		const struct row *row = &posts[i];
		enum fetch_end end = is_lax && row->end == FETCH_CERTIFICATE ? FETCH_DONE : row->end;

		limit_set(row);
		post_and_wait(i, "/v1", row->how == EARLY ? large_body(1024 * 1024) : span_make(BODY, BODY_LENGTH), is_lax);
		ck_assert_msg(got.end == end, "%s: %s (%s) instead of %s", row->name, fetch_word(got.end), got.seen, fetch_word(end));
		if (row->seen != NULL)
			ck_assert_msg(strstr(got.seen, end == FETCH_DONE ? "" : row->seen) != NULL, "%s: seen \"%s\"", row->name, got.seen);
		ck_assert_msg(got.status == (end == FETCH_STATUS ? strtoul(row->seen, NULL, 10) : 0), "%s: %u", row->name, got.status);
		ck_assert_str_eq(got.body, "");
		ck_assert_msg(heard->connections == (row->where == LOOPBACK || row->where == CLOSED_PORT_FIRST), "%s: %u", row->name, heard->connections);
		ck_assert_msg(heard->elsewhere == 0, "%s", row->name);
		ck_assert_msg(heard->said < 8 * 1024 * 1024, "%s: %zu octets were taken", row->name, heard->said);
		if (end == FETCH_CERTIFICATE || end == FETCH_TLS_FAILED)
			ck_assert_msg(memmem(heard, sizeof(*heard), "POST", 4) == NULL && memmem(heard, sizeof(*heard), "report", 6) == NULL,
			    "%s: it was told all the same", row->name);
		else if (end == FETCH_DONE)
			ck_assert_msg(span_equal(span_make(heard->body, heard->length), span_make(BODY, BODY_LENGTH)), "%s", row->name);
	}
	finish();
}

START_TEST(a_post_comes_to_what_the_status_says)	/* R40 */
{
	posts_try(false);
}
END_TEST

START_TEST(a_lax_one_goes_to_whoever_speaks_tls)	/* R41 */
{
	posts_try(true);
}
END_TEST

START_TEST(the_posted_request_is_this_and_nothing_else)
{
	static const struct { const char *rest, *path; } urls[] = { { "/v1?a=b%2Cc", "/v1?a=b%2Cc" }, { "/", "/" }, { "", "/" },
		{ "?a=b", "/?a=b" }, { ":/v1", "/v1" }, { "/a/../b//c", "/b//c" } };
	struct span body = span_make(BODY, BODY_LENGTH);

	setenv("https_proxy", "http://127.0.0.1:1", 1);
	begin();
	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		memset(heard, 0, sizeof(*heard));
		if (urls[i].rest[0] == ':')
			fetch_post_start(fetcher, &(struct fetch_post){ SPAN("https://mta-rua.p0.example:/v1"), SPAN("mta-rua.p0.example"), 443,
			    SPAN(GZIP), body, false }, on_end, NULL);
		else
			post_start(0, urls[i].rest, body, false);
		wait_for(got.count + 1);
		ck_assert_msg(got.end == FETCH_DONE, "%s: %s %s", urls[i].rest, fetch_word(got.end), got.seen);
		heard_is(urls[i].path, "mta-rua.p0.example", body);
	}
	finish();
}
END_TEST

/* No "Expect:" for a large one; a body of nothing is one, too. */
START_TEST(a_body_arrives_octet_for_octet)
{
	static const size_t lengths[] = { 1024 * 1024, 1, 0, 1024, 1025, 16 * 1024, 65536 + 1 };

	begin();
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		post_and_wait(0, "/v1", large_body(lengths[i]), false);
		ck_assert_msg(got.end == FETCH_DONE, "%zu: %s %s", lengths[i], fetch_word(got.end), got.seen);
		heard_is("/v1", "mta-rua.p0.example", large_body(lengths[i]));
	}
	finish();
}
END_TEST

START_TEST(a_port_that_is_written_is_where_it_goes)	/* R42 */
{
	char rest[40], host[60];

	begin();
	fetcher_set_limits(fetcher, other_port, WHOLE_MS);
	snprintf(rest, sizeof(rest), ":%u/v1", port);
	snprintf(host, sizeof(host), "mta-rua.p0.example:%u", port);
	post_and_wait(0, rest, span_make(BODY, BODY_LENGTH), false);
	ck_assert_msg(got.end == FETCH_DONE, "%s %s", fetch_word(got.end), got.seen);
	heard_is("/v1", host, span_make(BODY, BODY_LENGTH));
	ck_assert_uint_eq(heard->elsewhere, 0);
	finish();
}
END_TEST

START_TEST(special_addresses_are_not_posted_to)	/* R42 */
{
	begin();
	conf.private_destinations = false;
	for (int lax = 0; lax < 2; lax++) {
		post_and_wait(0, "/v1", span_make(BODY, BODY_LENGTH), lax == 1);
		ck_assert_int_eq(got.end, FETCH_SPECIAL_ADDRESS);
		ck_assert_uint_eq(heard->connections, 0);
	}
	finish();
	conf.private_destinations = true;
}
END_TEST

/* One that is cancelled, and those under way when the fetcher goes, give back all they have. */
START_TEST(cancelled_posts_say_nothing)
{
	const struct fetch_post post = { SPAN("https://mta-rua.p0.example/"), SPAN("mta-rua.p0.example"), 443, SPAN(GZIP),
		large_body(1024 * 1024), false };
	struct fetch *fetch;

	begin();
	fetch = fetch_post_start(fetcher, &post, on_end, NULL);
	post_start(0, "/v1", span_make(BODY, BODY_LENGTH), false);
	fetch_cancel(&fetch);
	ck_assert_ptr_null(fetch);
	wait_for(1);
	ck_assert_int_eq(got.end, FETCH_DONE);
	for (int i = 0; i < 20; i++)
		fetch_post_start(fetcher, &post, on_end, NULL);
	finish();
	ck_assert_uint_eq(got.count, 1);
}
END_TEST

START_TEST(every_end_has_its_words)
{
	for (int end = 0; end < FETCH_ENDS; end++) {
		ck_assert_ptr_nonnull(fetch_word((enum fetch_end)end));
		ck_assert_ptr_nonnull(fetch_text((enum fetch_end)end));
		ck_assert_ptr_nonnull(fetch_report((enum fetch_end)end));
	}
}
END_TEST

/* Each end is counted under its own word (metrics/table.h). */
START_TEST(ends_are_words_of_the_metric)
{
	for (enum fetch_end end = 0; end < FETCH_ENDS; end++)
		ck_assert_uint_eq(metrics_find(METRICS_FETCH, span_of(fetch_word(end))), end);
	ck_assert_uint_eq(metrics_words(METRICS_FETCH), FETCH_ENDS + 1);
}
END_TEST

UNIT_MAIN_LOOPED("fetch", each_row, rows, the_request_is_this_and_nothing_else, special_addresses_are_refused_unless_allowed,
    many_are_fetched_within_the_ceilings, a_slow_name_server_holds_nobody_else, cancelled_ones_say_nothing_and_leave_their_place,
    a_new_configuration_looks_for_addresses_anew, a_post_comes_to_what_the_status_says, a_lax_one_goes_to_whoever_speaks_tls,
    the_posted_request_is_this_and_nothing_else, a_body_arrives_octet_for_octet, a_port_that_is_written_is_where_it_goes,
    special_addresses_are_not_posted_to, cancelled_posts_say_nothing, every_end_has_its_words, ends_are_words_of_the_metric)
