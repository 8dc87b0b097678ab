/* Policy files and reports by HTTPS: libcurl on the loop, and what becomes of a transfer in words of ours. */
#include "policy/https.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/fatal.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "policy/sts.h"
#include "tls/context.h"

#define REPLY_OCTETS 4096		/* of the answer to a post: it is not read (R42) */
#define NAMES_OCTETS 300		/* of a host, in libcurl's lists */
#define HEADER_OCTETS (16 * 1024)	/* of all header fields, 1xx responses and trailers among them */
#define CONNECT_MS 20000

struct socket {
	LIST_ENTRY(socket) entry;
	struct https *https;
	curl_socket_t fd;
	struct watch *watch;
};

struct https {
	CURLM *multi;
	struct timer *timer;		/* libcurl's */
	LIST_HEAD(, socket) sockets;
	const struct conf_policy *conf;
	struct tls_context *tls;
	uint16_t port;
};

struct exchange {
	struct https *https;
	struct https_request request;
	void (*on_end)(void *arg, enum fetch_end end, unsigned status, struct span body, const char *seen);
	void *arg;
	CURL *easy;
	CURLSH *share;			/* its own cache of names: what we looked up, and nothing else */
	struct curl_slist *names, *fields, *connect_to;
	char error[CURL_ERROR_SIZE];
	struct buf body;
	size_t header_octets, reply_octets;
	enum fetch_end refused;		/* why a callback of ours ended it; FETCH_DONE = none did */
};

/* --- what libcurl tells of a response --- */

static bool
is_post(const struct exchange *exchange)
{
	return exchange->request.type != NULL;
}

/* 0 = none has come. */
static unsigned
status_of(const struct exchange *exchange)
{
	long status = 0;

	curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
	return status > 0 ? (unsigned)status : 0;
}

static size_t
refuse(struct exchange *exchange, enum fetch_end end)
{
	exchange->refused = end;
	return 0;	/* any other number of octets than there were ends the transfer */
}

static size_t
on_header(char *data, size_t one, size_t length, void *arg)
{
	struct exchange *exchange = arg;

	(void)data;
	exchange->header_octets += one * length;
	if (exchange->header_octets > HEADER_OCTETS)
		return refuse(exchange, FETCH_TOO_LARGE);
	return one * length;
}

static size_t
on_body(char *data, size_t one, size_t length, void *arg)
{
	struct exchange *exchange = arg;

	/* The body of an error page is nobody's business. */
	if (status_of(exchange) != 200)
		return refuse(exchange, FETCH_STATUS);
	if (!buf_add(&exchange->body, span_make(data, one * length)))
		return refuse(exchange, FETCH_TOO_LARGE);
	return one * length;
}

/* What is said to a post counts for nothing, and only so much of it is waited for (R42). */
static size_t
on_reply(char *data, size_t one, size_t length, void *arg)
{
	struct exchange *exchange = arg;

	(void)data;
	exchange->reply_octets += one * length;
	return exchange->reply_octets > REPLY_OCTETS ? 0 : one * length;
}

/* The name by DNS-ID alone, wildcards only as a whole label (M12), beside what libcurl looks at itself. */
static CURLcode
on_tls_context(CURL *easy, void *ssl, void *arg)
{
	struct exchange *exchange = arg;
	const struct conf_tls *conf = &exchange->https->conf->tls;
	struct tls_choices choices = { conf->ciphers, conf->ciphersuites, conf->groups };
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ssl);

	(void)easy;
	if (!tls_context_lend(exchange->https->tls, &choices, ssl))
		return CURLE_SSL_CONNECT_ERROR;
	if (exchange->request.is_lax)
		return CURLE_OK;
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (X509_VERIFY_PARAM_set1_host(param, exchange->request.host, 0) != 1)
		return CURLE_OUT_OF_MEMORY;
	return CURLE_OK;
}

/* --- what a transfer came to --- */

static const struct { CURLcode code; enum fetch_end end; } codes[] = {
	{ CURLE_PEER_FAILED_VERIFICATION, FETCH_CERTIFICATE },
	{ CURLE_SSL_ISSUER_ERROR, FETCH_CERTIFICATE },
	{ CURLE_SSL_CONNECT_ERROR, FETCH_TLS_FAILED },
	{ CURLE_SSL_CIPHER, FETCH_TLS_FAILED },
	{ CURLE_OPERATION_TIMEDOUT, FETCH_TIMED_OUT },
	{ CURLE_COULDNT_CONNECT, FETCH_UNREACHABLE },
	{ CURLE_COULDNT_RESOLVE_HOST, FETCH_UNREACHABLE },
	{ CURLE_INTERFACE_FAILED, FETCH_UNREACHABLE },
	{ CURLE_SEND_ERROR, FETCH_UNREACHABLE },
	{ CURLE_FILESIZE_EXCEEDED, FETCH_TOO_LARGE },
	{ CURLE_OUT_OF_MEMORY, FETCH_TOO_LARGE },	/* a field longer than libcurl gathers */
};

static enum fetch_end
code_end(CURLcode code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (codes[i].code == code)
			return codes[i].end;
	return FETCH_BROKEN;
}

/* A field of the last response: its value; how often it is there. */
static struct span
field_get(struct exchange *exchange, const char *name, size_t *amount)
{
	struct curl_header *header;

	*amount = 0;
	if (curl_easy_header(exchange->easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return SPAN("");
	*amount = header->amount;
	return span_trim(span_of(header->value));
}

static bool
type_is_good(struct exchange *exchange)
{
	size_t amount;
	struct span type = field_get(exchange, "Content-Type", &amount);

	snprintf(exchange->error, sizeof(exchange->error), "%.*s", amount == 0 ? 9 : (int)(type.length < 200 ? type.length : 200),
	    amount == 0 ? "(no type)" : type.data);
	return amount == 1 && span_equal_nocase(span_trim(span_first(type, span_find(type, ';'))), SPAN("text/plain"));
}

static bool
coding_is(struct exchange *exchange, const char *name, struct span welcome)
{
	size_t amount;
	struct span coding = field_get(exchange, name, &amount);

	return amount == 0 || (amount == 1 && span_equal_nocase(coding, welcome));
}

/* A body that ends where the connection does may have been cut off by anybody: libcurl does not insist on close_notify. */
static bool
length_is_known(struct exchange *exchange)
{
	size_t lengths, codings;

	(void)field_get(exchange, "Content-Length", &lengths);
	(void)field_get(exchange, "Transfer-Encoding", &codings);
	return lengths + codings > 0;
}

/* All of the response has come: is it what was asked for? */
static enum fetch_end
file_judge(struct exchange *exchange)
{
	if (status_of(exchange) != 200)
		return FETCH_STATUS;
	if (!coding_is(exchange, "Content-Encoding", SPAN("identity")) || !coding_is(exchange, "Transfer-Encoding", SPAN("chunked")))
		return FETCH_ENCODED;
	if (!length_is_known(exchange))
		return FETCH_BROKEN;
	return type_is_good(exchange) ? FETCH_DONE : FETCH_TYPE;
}

/* To a post, the status says it all, whatever becomes of the connection behind it (RFC 8460 5.4). */
static enum fetch_end
post_judge(struct exchange *exchange, CURLcode code)
{
	unsigned status = status_of(exchange);

	if (status >= 200)
		return status < 300 ? FETCH_DONE : FETCH_STATUS;
	if (exchange->refused != FETCH_DONE)
		return exchange->refused;
	return code == CURLE_OK ? FETCH_BROKEN : code_end(code);
}

static enum fetch_end
judge(struct exchange *exchange, CURLcode code)
{
	if (is_post(exchange))
		return post_judge(exchange, code);
	if (exchange->refused != FETCH_DONE)
		return exchange->refused;
	return code == CURLE_OK ? file_judge(exchange) : code_end(code);
}

/* What was seen, where that says more than the sentence. */
static const char *
exchange_seen(struct exchange *exchange, enum fetch_end end)
{
	long number = 0;

	if (end == FETCH_STATUS) {
		snprintf(exchange->error, sizeof(exchange->error), "%u", status_of(exchange));
	} else if (end == FETCH_CERTIFICATE) {
		curl_easy_getinfo(exchange->easy, CURLINFO_SSL_VERIFYRESULT, &number);
		if (number != X509_V_OK)
			return X509_verify_cert_error_string(number);
	} else if (end == FETCH_DONE || end == FETCH_ENCODED || end == FETCH_TOO_LARGE) {
		return "";
	}
	return exchange->error;
}

/* Whatever libcurl has of it is given back. Never called from within libcurl. */
static void
exchange_free(struct exchange *exchange)
{
	curl_multi_remove_handle(exchange->https->multi, exchange->easy);
	curl_easy_cleanup(exchange->easy);
	curl_share_cleanup(exchange->share);
	curl_slist_free_all(exchange->names);
	curl_slist_free_all(exchange->fields);
	curl_slist_free_all(exchange->connect_to);
	buf_clear(&exchange->body);
	free(exchange);
}

static void
exchange_end(struct exchange *exchange, CURLcode code)
{
	enum fetch_end end = judge(exchange, code);

	exchange->on_end(exchange->arg, end, end == FETCH_STATUS ? status_of(exchange) : 0, buf_span(&exchange->body),
	    exchange_seen(exchange, end));
	exchange_free(exchange);
}

/* Transfers that are over, one after the other: what is told may begin others. */
static void
exchanges_end(struct https *https)
{
	struct CURLMsg *message;
	struct exchange *exchange;
	int left;

	while ((message = curl_multi_info_read(https->multi, &left)) != NULL) {
		char *pointer = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &pointer);
		exchange = (struct exchange *)(void *)pointer;
		exchange_end(exchange, message->data.result);
	}
}

/* --- libcurl on the loop --- */

static void
on_socket_ready(void *arg, unsigned ready)
{
	struct socket *socket = arg;
	struct https *https = socket->https;	/* the socket may be gone when libcurl returns */
	int running;

	curl_multi_socket_action(https->multi, socket->fd,
	    (ready & LOOP_READABLE ? CURL_CSELECT_IN : 0) | (ready & LOOP_WRITABLE ? CURL_CSELECT_OUT : 0), &running);
	exchanges_end(https);
}

static void
on_timer(void *arg)
{
	struct https *https = arg;
	int running;

	curl_multi_socket_action(https->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	exchanges_end(https);
}

static int
on_timer_wish(CURLM *multi, long ms, void *arg)
{
	struct https *https = arg;

	(void)multi;
	if (ms < 0)
		timer_cancel(https->timer);
	else
		timer_start(https->timer, ms);
	return 0;
}

static void
socket_free(struct socket *socket)
{
	LIST_REMOVE(socket, entry);
	watch_free(&socket->watch);
	free(socket);
}

static int
on_socket_wish(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct https *https = arg;
	struct socket *socket = known;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (socket != NULL)
			socket_free(socket);
		return 0;
	}
	if (socket == NULL) {
		socket = must_alloc(sizeof(*socket));
		socket->https = https;
		socket->fd = fd;
		socket->watch = watch_new(fd, on_socket_ready, socket);
		LIST_INSERT_HEAD(&https->sockets, socket, entry);
		curl_multi_assign(https->multi, fd, socket);
	}
	watch_set(socket->watch, (what & CURL_POLL_IN ? LOOP_READABLE : 0) | (what & CURL_POLL_OUT ? LOOP_WRITABLE : 0));
	return 0;
}

/* --- a transfer begins --- */

/* "mta-sts.example.org:443:192.0.2.1,[2001:db8::1]": libcurl finds the name where it would ask the DNS. */
static struct curl_slist *
names_list(const struct exchange *exchange, uint16_t port, const struct ip *addresses, unsigned count)
{
	char text[NAMES_OCTETS + 16 + FETCH_ADDRESSES * (IP_TEXT + 3)], address[IP_TEXT];
	int length = snprintf(text, sizeof(text), "%.*s:%u:", NAMES_OCTETS, exchange->request.host, port);

	for (unsigned i = 0; i < count; i++)
		length += snprintf(text + length, sizeof(text) - (size_t)length, "%s%s%s%s", i > 0 ? "," : "",
		    addresses[i].family == 6 ? "[" : "", ip_format(addresses[i], address),
		    addresses[i].family == 6 ? "]" : "");
	return curl_slist_append(NULL, text);
}

static void
set_text(CURL *easy, CURLoption option, const char *text)
{
	if (curl_easy_setopt(easy, option, text) != CURLE_OK)
		fatal("libcurl does not take an option (%d)", (int)option);
}

static void
set_number(CURL *easy, CURLoption option, long number)
{
	if (curl_easy_setopt(easy, option, number) != CURLE_OK)
		fatal("libcurl does not take an option (%d)", (int)option);
}

static const struct { CURLoption option; long number; } numbers[] = {
	{ CURLOPT_FOLLOWLOCATION, 0 },		/* M11, R40, H42 */
	{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 },
	{ CURLOPT_HTTP09_ALLOWED, 0 },
	{ CURLOPT_NETRC, CURL_NETRC_IGNORED },
	{ CURLOPT_NOSIGNAL, 1 },
	{ CURLOPT_FORBID_REUSE, 1 },
	{ CURLOPT_FRESH_CONNECT, 1 },
	{ CURLOPT_SSL_SESSIONID_CACHE, 0 },
	{ CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
	{ CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS },
	{ CURLOPT_MAXFILESIZE, STS_OCTETS },
	{ CURLOPT_MAXREDIRS, 0 },
};

/* The port of a test is another than that of the URL. */
static void
handle_set_place(struct exchange *exchange, const struct ip *addresses, unsigned count)
{
	uint16_t port = exchange->request.port == HTTPS_PORT ? exchange->https->port : exchange->request.port;
	char text[NAMES_OCTETS + 16];

	exchange->names = names_list(exchange, port, addresses, count);
	curl_easy_setopt(exchange->easy, CURLOPT_RESOLVE, exchange->names);
	if (port == exchange->request.port)
		return;
	snprintf(text, sizeof(text), "::%.*s:%u", NAMES_OCTETS, exchange->request.host, port);
	exchange->connect_to = curl_slist_append(NULL, text);
	curl_easy_setopt(exchange->easy, CURLOPT_CONNECT_TO, exchange->connect_to);
}

static void
handle_set_body(struct exchange *exchange)
{
	const struct https_request *request = &exchange->request;
	CURL *easy = exchange->easy;
	char text[100];

	if (!is_post(exchange)) {
		set_number(easy, CURLOPT_HTTPGET, 1);
		exchange->fields = curl_slist_append(NULL, "Accept: text/plain");
		return;
	}
	/* The body's octets are not copied; nobody is asked whether they are welcome. */
	set_number(easy, CURLOPT_POST, 1);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.length);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.data);
	snprintf(text, sizeof(text), "Content-Type: %s", request->type);
	exchange->fields = curl_slist_append(curl_slist_append(NULL, text), "Expect:");
}

static void
handle_set_request(struct exchange *exchange)
{
	CURL *easy = exchange->easy;
	bool is_strict = !exchange->request.is_lax;
	char agent[300];

	snprintf(agent, sizeof(agent), "sealpost/" PACKAGE_VERSION " (%.200s)", exchange->https->conf->hostname);
	set_text(easy, CURLOPT_URL, exchange->request.url);
	set_text(easy, CURLOPT_USERAGENT, agent);
	set_text(easy, CURLOPT_PROTOCOLS_STR, "https");
	set_text(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https");
	set_text(easy, CURLOPT_PROXY, "");
	set_text(easy, CURLOPT_NOPROXY, "*");
	set_text(easy, CURLOPT_CAINFO, NULL);
	set_text(easy, CURLOPT_CAPATH, NULL);
	set_number(easy, CURLOPT_SSL_VERIFYPEER, is_strict);
	set_number(easy, CURLOPT_SSL_VERIFYHOST, is_strict ? 2 : 0);
	handle_set_body(exchange);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange->fields);
}

static void
handle_set_callbacks(struct exchange *exchange)
{
	CURL *easy = exchange->easy;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->error);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, is_post(exchange) ? on_reply : on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
	if (curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_tls_context) != CURLE_OK)
		fatal("libcurl is not one with OpenSSL");
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, exchange);
}

struct exchange *
exchange_start(struct https *https, const struct https_request *request, const struct ip *addresses, unsigned count, int64_t whole_ms,
    void (*on_end)(void *arg, enum fetch_end end, unsigned status, struct span body, const char *seen), void *arg)
{
	struct exchange *exchange = must_alloc(sizeof(*exchange));

	exchange->https = https;
	exchange->request = *request;
	exchange->on_end = on_end;
	exchange->arg = arg;
	buf_init(&exchange->body, STS_OCTETS);
	exchange->easy = curl_easy_init();
	exchange->share = curl_share_init();
	if (exchange->easy == NULL || exchange->share == NULL)
		fatal("libcurl cannot make a handle");
	curl_share_setopt(exchange->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
	curl_easy_setopt(exchange->easy, CURLOPT_SHARE, exchange->share);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		set_number(exchange->easy, numbers[i].option, numbers[i].number);
	set_number(exchange->easy, CURLOPT_TIMEOUT_MS, whole_ms > 1 ? (long)whole_ms : 1);
	handle_set_place(exchange, addresses, count);
	handle_set_request(exchange);
	handle_set_callbacks(exchange);
	if (curl_multi_add_handle(https->multi, exchange->easy) != CURLM_OK)
		fatal("libcurl does not take a handle");
	return exchange;
}

void
exchange_cancel(struct exchange **exchange)
{
	if (*exchange != NULL)
		exchange_free(*exchange);
	*exchange = NULL;
}

/* --- the whole --- */

struct https *
https_new(void)
{
	struct https *https = must_alloc(sizeof(*https));

	fetch_prepare();
	https->port = HTTPS_PORT;
	https->timer = timer_new(on_timer, https);
	LIST_INIT(&https->sockets);
	https->multi = curl_multi_init();
	if (https->multi == NULL)
		fatal("libcurl cannot make its list of transfers");
	curl_multi_setopt(https->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wish);
	curl_multi_setopt(https->multi, CURLMOPT_SOCKETDATA, https);
	curl_multi_setopt(https->multi, CURLMOPT_TIMERFUNCTION, on_timer_wish);
	curl_multi_setopt(https->multi, CURLMOPT_TIMERDATA, https);
	curl_multi_setopt(https->multi, CURLMOPT_MAXCONNECTS, 1L);
	return https;
}

void
https_free(struct https **handle)
{
	struct https *https = *handle;

	*handle = NULL;
	if (https == NULL)
		return;
	curl_multi_cleanup(https->multi);
	while (!LIST_EMPTY(&https->sockets))
		socket_free(LIST_FIRST(&https->sockets));
	timer_free(&https->timer);
	tls_context_free(&https->tls);
	free(https);
}

bool
https_configure(struct https *https, const struct conf_policy *conf, char *why, size_t size)
{
	struct tls_choices choices = { conf->tls.ciphers, conf->tls.ciphersuites, conf->tls.groups };
	struct tls_context *tls = tls_context_client(span_of(conf->trust), &choices, why, size);

	if (tls == NULL)
		return false;
	tls_context_free(&https->tls);
	https->tls = tls;
	https->conf = conf;
	return true;
}

void
https_set_port(struct https *https, uint16_t port)
{
	https->port = port;
}

void
fetch_prepare(void)
{
	tls_prepare();
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		fatal("libcurl cannot be initialised");
}
