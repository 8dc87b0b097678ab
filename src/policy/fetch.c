/*
 * Policy files by HTTPS. What libcurl may do is told to it handle by handle, and nothing is left to its defaults that the standard
 * has a word about: no redirects, no proxies, no cookies, no coding, no other scheme, port or name server.
 */
#include "policy/fetch.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/tree.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "policy/sts.h"
#include "tls/context.h"

#define HTTPS_PORT 443
#define HOST_TEXT 300			/* "mta-sts." and a domain */
#define HEADER_OCTETS (16 * 1024)	/* of all header fields, 1xx responses and trailers among them */
#define CONNECT_MS 20000
#define ADDRESSES 4			/* of each family, at most */
#define BACKGROUND_PART(all) ((all) - (all) / 4)	/* the rest is kept for what mail waits for */
#define PLACE_PART(all) ((all) / 8 > 4 ? (all) / 8 : 4)	/* at one address, at most */

enum state {
	STATE_WAITING,		/* for its turn: on one of the fetcher's lists */
	STATE_LOOKING,		/* for addresses */
	STATE_PARKED,		/* too many are at its address: on the place's list */
	STATE_RUNNING,		/* libcurl has it */
	STATE_ENDING		/* somebody will be told later in this turn */
};

TAILQ_HEAD(fetch_list, fetch);
RB_HEAD(place_tree, place);

/* An address, and who is there. */
struct place {
	RB_ENTRY(place) entry;
	struct ip ip;
	unsigned taken;			/* by fetches that run, or may as soon as it is their turn */
	struct fetch_list parked;
};

struct socket {
	LIST_ENTRY(socket) entry;
	struct fetcher *fetcher;
	curl_socket_t fd;
	struct watch *watch;
};

struct fetcher {
	CURLM *multi;
	struct timer *timer;		/* libcurl's */
	LIST_HEAD(, socket) sockets;
	const struct conf_policy *conf;
	struct resolver *resolver;
	struct tls_context *tls;
	uint16_t port;
	int64_t whole_ms;
	struct fetch_list waiting[2];	/* [is_urgent] */
	struct fetch_list looking;
	struct fetch_list running;
	struct place_tree places;
	unsigned begun[2];		/* looking or running, [is_urgent as it was when they began] */
	unsigned waits;			/* waiting or parked */
	bool is_pumping;
	uint64_t done, failed;
};

struct fetch {
	TAILQ_ENTRY(fetch) entry;	/* on the list of its state */
	struct fetcher *fetcher;
	enum state state;
	bool is_urgent, began_urgent;
	char host[HOST_TEXT];		/* "mta-sts.example.org" */
	void (*on_end)(void *arg, const struct fetch_result *result);
	void *arg;
	int64_t began_ms;
	struct timer *timer;		/* while it looks for addresses */
	struct lookup *lookups[2];	/* AAAA, A */
	enum dns_status statuses[2];
	struct ip addresses[2 * ADDRESSES];
	unsigned addresses_count;
	bool has_special;		/* addresses were left out */
	struct place *place;		/* NULL until it has taken one */
	CURL *easy;
	CURLSH *share;			/* its own cache of names: what we looked up, and nothing else */
	struct curl_slist *names, *fields, *connect_to;
	char error[CURL_ERROR_SIZE];
	struct buf body;
	size_t header_octets;
	enum fetch_end refused;		/* why a callback of ours ended it; FETCH_DONE = none did */
	struct fetch_result result;
};

static const struct { const char *word, *text, *report; } ends[FETCH_ENDS] = {
	[FETCH_DONE] = { "done", "the policy was fetched", "" },
	[FETCH_NO_ADDRESS] = { "no-address", "the policy host has no address", "sts-policy-fetch-error" },
	[FETCH_DNS_FAILED] = { "dns-failed", "the DNS gives no address of the policy host", "sts-policy-fetch-error" },
	[FETCH_SPECIAL_ADDRESS] = { "special-address", "the policy host has no public address", "sts-policy-fetch-error" },
	[FETCH_UNREACHABLE] = { "unreachable", "the policy host cannot be reached", "sts-policy-fetch-error" },
	[FETCH_TIMED_OUT] = { "timeout", "the policy host does not answer in time", "sts-policy-fetch-error" },
	[FETCH_TLS_FAILED] = { "tls-failed", "no TLS session with the policy host", "sts-policy-fetch-error" },
	[FETCH_CERTIFICATE] = { "certificate", "the certificate of the policy host is not valid", "sts-webpki-invalid" },
	[FETCH_STATUS] = { "status", "the policy host answers with another status than 200", "sts-policy-fetch-error" },
	[FETCH_TYPE] = { "type", "the policy is not of the type text/plain", "sts-policy-invalid" },
	[FETCH_ENCODED] = { "encoded", "the policy is coded in a way that was not asked for", "sts-policy-fetch-error" },
	[FETCH_TOO_LARGE] = { "too-large", "the policy host sends too much", "sts-policy-fetch-error" },
	[FETCH_BROKEN] = { "broken", "the answer of the policy host is not whole", "sts-policy-fetch-error" },
};

static void pump(struct fetcher *fetcher);

const char *
fetch_word(enum fetch_end end)
{
	return ends[end].word;
}

const char *
fetch_text(enum fetch_end end)
{
	return ends[end].text;
}

const char *
fetch_report(enum fetch_end end)
{
	return ends[end].report;
}

/* --- places --- */

static int
place_compare(const struct place *a, const struct place *b)
{
	int order = (a->ip.family > b->ip.family) - (a->ip.family < b->ip.family);

	return order != 0 ? order : memcmp(a->ip.octets, b->ip.octets, sizeof(a->ip.octets));
}

TREE_GENERATE(place_tree, place, entry, place_compare)

static struct place *
place_get(struct fetcher *fetcher, struct ip ip)
{
	struct place key = { .ip = ip }, *place = RB_FIND(place_tree, &fetcher->places, &key);

	if (place != NULL)
		return place;
	place = must_alloc(sizeof(*place));
	place->ip = ip;
	TAILQ_INIT(&place->parked);
	RB_INSERT(place_tree, &fetcher->places, place);
	return place;
}

static void
place_drop_unused(struct fetcher *fetcher, struct place *place)
{
	if (place->taken > 0 || !TAILQ_EMPTY(&place->parked))
		return;
	RB_REMOVE(place_tree, &fetcher->places, place);
	free(place);
}

/* One leaves; the first who is parked there gets its turn before others. */
static void
place_leave(struct fetch *fetch)
{
	struct place *place = fetch->place;
	struct fetch *next = TAILQ_FIRST(&place->parked);

	fetch->place = NULL;
	place->taken--;
	if (next == NULL) {
		place_drop_unused(fetch->fetcher, place);
		return;
	}
	TAILQ_REMOVE(&place->parked, next, entry);
	place->taken++;
	next->place = place;
	next->state = STATE_WAITING;
	TAILQ_INSERT_HEAD(&next->fetcher->waiting[next->is_urgent], next, entry);
}

static void
place_park(struct fetch *fetch, struct place *place)
{
	fetch->state = STATE_PARKED;
	fetch->fetcher->waits++;
	if (fetch->is_urgent)
		TAILQ_INSERT_HEAD(&place->parked, fetch, entry);
	else
		TAILQ_INSERT_TAIL(&place->parked, fetch, entry);
}

/* --- the end of a fetch --- */

static void
fetch_free(struct fetch *fetch)
{
	timer_free(&fetch->timer);
	lookup_cancel(&fetch->lookups[0]);
	lookup_cancel(&fetch->lookups[1]);
	buf_clear(&fetch->body);
	free(fetch);
}

/* Whatever libcurl has of it is given back. Never called from within libcurl. */
static void
handle_free(struct fetch *fetch)
{
	if (fetch->easy != NULL) {
		curl_multi_remove_handle(fetch->fetcher->multi, fetch->easy);
		curl_easy_cleanup(fetch->easy);
		fetch->easy = NULL;
	}
	if (fetch->share != NULL)
		curl_share_cleanup(fetch->share);
	fetch->share = NULL;
	curl_slist_free_all(fetch->names);
	curl_slist_free_all(fetch->fields);
	curl_slist_free_all(fetch->connect_to);
	fetch->names = fetch->fields = fetch->connect_to = NULL;
}

/* It leaves the state it is in, and what it took. */
static void
fetch_leave(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;
	struct place *parked_at = NULL;

	switch (fetch->state) {
	case STATE_WAITING:
		TAILQ_REMOVE(&fetcher->waiting[fetch->is_urgent], fetch, entry);
		fetcher->waits--;
		break;
	case STATE_PARKED:
		parked_at = place_get(fetcher, fetch->addresses[0]);
		TAILQ_REMOVE(&parked_at->parked, fetch, entry);
		fetcher->waits--;
		break;
	case STATE_LOOKING:
		TAILQ_REMOVE(&fetcher->looking, fetch, entry);
		fetcher->begun[fetch->began_urgent]--;
		break;
	case STATE_RUNNING:
		TAILQ_REMOVE(&fetcher->running, fetch, entry);
		fetcher->begun[fetch->began_urgent]--;
		break;
	case STATE_ENDING:
		break;
	}
	handle_free(fetch);
	if (fetch->place != NULL)
		place_leave(fetch);
}

static void
fetch_tell(void *arg)
{
	struct fetch *fetch = arg;

	if (fetch->on_end != NULL) {
		fetch->result.body = buf_span(&fetch->body);
		fetch->on_end(fetch->arg, &fetch->result);
	}
	fetch_free(fetch);
}

static void
fetch_conclude(struct fetch *fetch, enum fetch_end end, const char *seen)
{
	struct fetcher *fetcher = fetch->fetcher;

	snprintf(fetch->result.seen, sizeof(fetch->result.seen), "%s", seen);
	fetch->result.end = end;
	fetch->result.took_ms = clock_ms() - fetch->began_ms;
	fetch_leave(fetch);
	fetch->state = STATE_ENDING;
	if (end == FETCH_DONE)
		fetcher->done++;
	else
		fetcher->failed++;
	loop_soon(fetch_tell, fetch);
	pump(fetcher);
}

/* --- what libcurl tells of a response --- */

static size_t
refuse(struct fetch *fetch, enum fetch_end end)
{
	fetch->refused = end;
	return 0;	/* any other number of octets than there were ends the transfer */
}

static size_t
on_header(char *data, size_t one, size_t length, void *arg)
{
	struct fetch *fetch = arg;

	(void)data;
	fetch->header_octets += one * length;
	if (fetch->header_octets > HEADER_OCTETS)
		return refuse(fetch, FETCH_TOO_LARGE);
	return one * length;
}

static size_t
on_body(char *data, size_t one, size_t length, void *arg)
{
	struct fetch *fetch = arg;
	long status = 0;

	/* The body of an error page is nobody's business. */
	curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200)
		return refuse(fetch, FETCH_STATUS);
	if (!buf_add(&fetch->body, span_make(data, one * length)))
		return refuse(fetch, FETCH_TOO_LARGE);
	return one * length;
}

/* The name by DNS-ID alone, wildcards only as a whole label (M12), beside what libcurl looks at itself. */
static CURLcode
on_tls_context(CURL *easy, void *ssl, void *arg)
{
	struct fetch *fetch = arg;
	const struct conf_tls *conf = &fetch->fetcher->conf->tls;
	struct tls_choices choices = { conf->ciphers, conf->ciphersuites, conf->groups };
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ssl);

	(void)easy;
	if (!tls_context_lend(fetch->fetcher->tls, &choices, ssl))
		return CURLE_SSL_CONNECT_ERROR;
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (X509_VERIFY_PARAM_set1_host(param, fetch->host, 0) != 1)
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
field_get(struct fetch *fetch, const char *name, size_t *amount)
{
	struct curl_header *header;

	*amount = 0;
	if (curl_easy_header(fetch->easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return SPAN("");
	*amount = header->amount;
	return span_trim(span_of(header->value));
}

static bool
type_is_good(struct fetch *fetch)
{
	size_t amount;
	struct span type = field_get(fetch, "Content-Type", &amount);

	snprintf(fetch->error, sizeof(fetch->error), "%.*s", amount == 0 ? 9 : (int)(type.length < 200 ? type.length : 200),
	    amount == 0 ? "(no type)" : type.data);
	return amount == 1 && span_equal_nocase(span_trim(span_first(type, span_find(type, ';'))), SPAN("text/plain"));
}

static bool
coding_is(struct fetch *fetch, const char *name, struct span welcome)
{
	size_t amount;
	struct span coding = field_get(fetch, name, &amount);

	return amount == 0 || (amount == 1 && span_equal_nocase(coding, welcome));
}

/* A body that ends where the connection does may have been cut off by anybody: libcurl does not insist on close_notify. */
static bool
length_is_known(struct fetch *fetch)
{
	size_t lengths, codings;

	(void)field_get(fetch, "Content-Length", &lengths);
	(void)field_get(fetch, "Transfer-Encoding", &codings);
	return lengths + codings > 0;
}

/* All of the response has come: is it what was asked for? */
static enum fetch_end
response_judge(struct fetch *fetch)
{
	long status = 0;

	curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200)
		return FETCH_STATUS;
	if (!coding_is(fetch, "Content-Encoding", SPAN("identity")) || !coding_is(fetch, "Transfer-Encoding", SPAN("chunked")))
		return FETCH_ENCODED;
	if (!length_is_known(fetch))
		return FETCH_BROKEN;
	return type_is_good(fetch) ? FETCH_DONE : FETCH_TYPE;
}

/* What was seen, where that says more than the sentence. */
static const char *
transfer_seen(struct fetch *fetch, enum fetch_end end)
{
	long number = 0;

	if (end == FETCH_STATUS) {
		curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &number);
		snprintf(fetch->error, sizeof(fetch->error), "%ld", number);
	} else if (end == FETCH_CERTIFICATE) {
		curl_easy_getinfo(fetch->easy, CURLINFO_SSL_VERIFYRESULT, &number);
		if (number != X509_V_OK)
			return X509_verify_cert_error_string(number);
	} else if (end == FETCH_DONE || end == FETCH_ENCODED || end == FETCH_TOO_LARGE) {
		return "";
	}
	return fetch->error;
}

static void
transfer_end(struct fetch *fetch, CURLcode code)
{
	enum fetch_end end = fetch->refused != FETCH_DONE ? fetch->refused : code != CURLE_OK ? code_end(code) : response_judge(fetch);

	fetch_conclude(fetch, end, transfer_seen(fetch, end));
}

/* Transfers that are over, one after the other: what is told may begin others. */
static void
transfers_end(struct fetcher *fetcher)
{
	struct CURLMsg *message;
	struct fetch *fetch;
	int left;

	while ((message = curl_multi_info_read(fetcher->multi, &left)) != NULL) {
		char *pointer = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &pointer);
		fetch = (struct fetch *)(void *)pointer;
		transfer_end(fetch, message->data.result);
	}
}

/* --- libcurl on the loop --- */

static void
on_socket_ready(void *arg, unsigned ready)
{
	struct socket *socket = arg;
	struct fetcher *fetcher = socket->fetcher;	/* the socket may be gone when libcurl returns */
	int running;

	curl_multi_socket_action(fetcher->multi, socket->fd,
	    (ready & LOOP_READABLE ? CURL_CSELECT_IN : 0) | (ready & LOOP_WRITABLE ? CURL_CSELECT_OUT : 0), &running);
	transfers_end(fetcher);
}

static void
on_timer(void *arg)
{
	struct fetcher *fetcher = arg;
	int running;

	curl_multi_socket_action(fetcher->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	transfers_end(fetcher);
}

static int
on_timer_wish(CURLM *multi, long ms, void *arg)
{
	struct fetcher *fetcher = arg;

	(void)multi;
	if (ms < 0)
		timer_cancel(fetcher->timer);
	else
		timer_start(fetcher->timer, ms);
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
	struct fetcher *fetcher = arg;
	struct socket *socket = known;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (socket != NULL)
			socket_free(socket);
		return 0;
	}
	if (socket == NULL) {
		socket = must_alloc(sizeof(*socket));
		socket->fetcher = fetcher;
		socket->fd = fd;
		socket->watch = watch_new(fd, on_socket_ready, socket);
		LIST_INSERT_HEAD(&fetcher->sockets, socket, entry);
		curl_multi_assign(fetcher->multi, fd, socket);
	}
	watch_set(socket->watch, (what & CURL_POLL_IN ? LOOP_READABLE : 0) | (what & CURL_POLL_OUT ? LOOP_WRITABLE : 0));
	return 0;
}

/* --- a transfer begins --- */

/* "mta-sts.example.org:443:192.0.2.1,[2001:db8::1]": libcurl finds the name where it would ask the DNS. */
static struct curl_slist *
names_list(const struct fetch *fetch)
{
	char text[HOST_TEXT + 16 + 2 * ADDRESSES * (IP_TEXT + 3)], address[IP_TEXT];
	int length = snprintf(text, sizeof(text), "%s:%u:", fetch->host, fetch->fetcher->port);

	for (unsigned i = 0; i < fetch->addresses_count; i++)
		length += snprintf(text + length, sizeof(text) - (size_t)length, "%s%s%s%s", i > 0 ? "," : "",
		    fetch->addresses[i].family == 6 ? "[" : "", ip_format(fetch->addresses[i], address),
		    fetch->addresses[i].family == 6 ? "]" : "");
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
	{ CURLOPT_FOLLOWLOCATION, 0 },		/* M11, H42 */
	{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 },
	{ CURLOPT_HTTP09_ALLOWED, 0 },
	{ CURLOPT_HTTPGET, 1 },
	{ CURLOPT_NETRC, CURL_NETRC_IGNORED },
	{ CURLOPT_NOSIGNAL, 1 },
	{ CURLOPT_FORBID_REUSE, 1 },
	{ CURLOPT_FRESH_CONNECT, 1 },
	{ CURLOPT_SSL_SESSIONID_CACHE, 0 },
	{ CURLOPT_SSL_VERIFYPEER, 1 },
	{ CURLOPT_SSL_VERIFYHOST, 2 },
	{ CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
	{ CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS },
	{ CURLOPT_MAXFILESIZE, STS_OCTETS },
	{ CURLOPT_MAXREDIRS, 0 },
};

static void
handle_set_request(struct fetch *fetch)
{
	CURL *easy = fetch->easy;
	char text[HOST_TEXT + 64], agent[300];

	snprintf(text, sizeof(text), "https://%s/.well-known/mta-sts.txt", fetch->host);
	snprintf(agent, sizeof(agent), "sealpost/" PACKAGE_VERSION " (%.200s)", fetch->fetcher->conf->hostname);
	set_text(easy, CURLOPT_URL, text);
	set_text(easy, CURLOPT_USERAGENT, agent);
	set_text(easy, CURLOPT_PROTOCOLS_STR, "https");
	set_text(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https");
	set_text(easy, CURLOPT_PROXY, "");
	set_text(easy, CURLOPT_NOPROXY, "*");
	set_text(easy, CURLOPT_CAINFO, NULL);
	set_text(easy, CURLOPT_CAPATH, NULL);
	fetch->fields = curl_slist_append(NULL, "Accept: text/plain");
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fetch->fields);
	fetch->names = names_list(fetch);
	curl_easy_setopt(easy, CURLOPT_RESOLVE, fetch->names);
	if (fetch->fetcher->port != HTTPS_PORT) {
		snprintf(text, sizeof(text), "::%s:%u", fetch->host, fetch->fetcher->port);
		fetch->connect_to = curl_slist_append(NULL, text);
		curl_easy_setopt(easy, CURLOPT_CONNECT_TO, fetch->connect_to);
	}
}

static void
handle_set_callbacks(struct fetch *fetch)
{
	CURL *easy = fetch->easy;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, fetch);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, fetch->error);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, fetch);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetch);
	if (curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_tls_context) != CURLE_OK)
		fatal("libcurl is not one with OpenSSL");
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, fetch);
}

static void
fetch_run(struct fetch *fetch)
{
	int64_t left_ms = fetch->fetcher->whole_ms - (clock_ms() - fetch->began_ms);

	fetch->state = STATE_RUNNING;
	TAILQ_INSERT_TAIL(&fetch->fetcher->running, fetch, entry);
	fetch->easy = curl_easy_init();
	fetch->share = curl_share_init();
	if (fetch->easy == NULL || fetch->share == NULL)
		fatal("libcurl cannot make a handle");
	curl_share_setopt(fetch->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
	curl_easy_setopt(fetch->easy, CURLOPT_SHARE, fetch->share);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		set_number(fetch->easy, numbers[i].option, numbers[i].number);
	set_number(fetch->easy, CURLOPT_TIMEOUT_MS, left_ms > 1 ? (long)left_ms : 1);
	handle_set_request(fetch);
	handle_set_callbacks(fetch);
	if (curl_multi_add_handle(fetch->fetcher->multi, fetch->easy) != CURLM_OK)
		fatal("libcurl does not take a handle");
}

/* --- addresses --- */

static enum fetch_end
addresses_fault(const struct fetch *fetch)
{
	if (fetch->has_special)
		return FETCH_SPECIAL_ADDRESS;
	for (int i = 0; i < 2; i++)
		if (fetch->statuses[i] == DNS_FAILED || fetch->statuses[i] == DNS_BOGUS)
			return FETCH_DNS_FAILED;
	return FETCH_NO_ADDRESS;
}

/* The slot is another's while this one waits for its place. */
static void
addresses_found(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;
	struct place *place;

	timer_cancel(fetch->timer);
	if (fetch->addresses_count == 0) {
		fetch_conclude(fetch, addresses_fault(fetch), "");
		return;
	}
	fetch->result.address = fetch->addresses[0];
	TAILQ_REMOVE(&fetcher->looking, fetch, entry);
	place = place_get(fetcher, fetch->addresses[0]);
	if (place->taken < PLACE_PART(fetcher->conf->fetches)) {
		place->taken++;
		fetch->place = place;
		fetch_run(fetch);
		return;
	}
	fetcher->begun[fetch->began_urgent]--;
	place_park(fetch, place);
	pump(fetcher);
}

static void
addresses_take(struct fetch *fetch, int family, const struct dns_answer *answer)
{
	unsigned before = fetch->addresses_count;

	fetch->lookups[family] = NULL;
	fetch->statuses[family] = answer->status;
	for (uint32_t i = 0; i < answer->count && fetch->addresses_count - before < ADDRESSES; i++) {
		if (ip_is_special(answer->addresses[i]) && !fetch->fetcher->conf->private_destinations)
			fetch->has_special = true;
		else
			fetch->addresses[fetch->addresses_count++] = answer->addresses[i];
	}
	if (fetch->lookups[!family] == NULL)
		addresses_found(fetch);
}

static void
on_address6(void *arg, const struct dns_answer *answer)
{
	addresses_take(arg, 0, answer);
}

static void
on_address4(void *arg, const struct dns_answer *answer)
{
	addresses_take(arg, 1, answer);
}

static void
on_looked_too_long(void *arg)
{
	struct fetch *fetch = arg;

	lookup_cancel(&fetch->lookups[0]);
	lookup_cancel(&fetch->lookups[1]);
	fetch_conclude(fetch, FETCH_DNS_FAILED, "no answer");
}

static void
addresses_ask(struct fetch *fetch)
{
	struct resolver *resolver = fetch->fetcher->resolver;

	fetch->addresses_count = 0;
	fetch->has_special = false;
	fetch->lookups[0] = resolver_ask(resolver, fetch->host, DNS_AAAA, on_address6, fetch);
	fetch->lookups[1] = resolver_ask(resolver, fetch->host, DNS_A, on_address4, fetch);
}

/* --- whose turn it is --- */

static struct fetch *
turn_next(struct fetcher *fetcher)
{
	uint64_t most = fetcher->conf->fetches;
	struct fetch *urgent = TAILQ_FIRST(&fetcher->waiting[true]);

	if (fetcher->begun[false] + fetcher->begun[true] >= most)
		return NULL;
	if (urgent != NULL)
		return urgent;
	return fetcher->begun[false] < BACKGROUND_PART(most) ? TAILQ_FIRST(&fetcher->waiting[false]) : NULL;
}

static void
turn_take(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;

	TAILQ_REMOVE(&fetcher->waiting[fetch->is_urgent], fetch, entry);
	fetcher->waits--;
	fetch->began_urgent = fetch->is_urgent;
	fetcher->begun[fetch->began_urgent]++;
	fetch->began_ms = clock_ms();
	if (fetch->place != NULL) {
		fetch_run(fetch);
		return;
	}
	fetch->state = STATE_LOOKING;
	TAILQ_INSERT_TAIL(&fetcher->looking, fetch, entry);
	timer_start(fetch->timer, fetcher->whole_ms / 2);
	addresses_ask(fetch);
}

static void
pump(struct fetcher *fetcher)
{
	struct fetch *fetch;

	if (fetcher->conf == NULL || fetcher->is_pumping)
		return;
	fetcher->is_pumping = true;
	while ((fetch = turn_next(fetcher)) != NULL)
		turn_take(fetch);
	fetcher->is_pumping = false;
}

struct fetch *
fetch_start(struct fetcher *fetcher, const char *domain, bool is_urgent,
    void (*on_end)(void *arg, const struct fetch_result *result), void *arg)
{
	struct fetch *fetch = must_alloc(sizeof(*fetch));

	fetch->fetcher = fetcher;
	fetch->is_urgent = is_urgent;
	fetch->on_end = on_end;
	fetch->arg = arg;
	fetch->timer = timer_new(on_looked_too_long, fetch);
	buf_init(&fetch->body, STS_OCTETS);
	snprintf(fetch->host, sizeof(fetch->host), "mta-sts.%s", domain);
	fetch->state = STATE_WAITING;
	TAILQ_INSERT_TAIL(&fetcher->waiting[is_urgent], fetch, entry);
	fetcher->waits++;
	pump(fetcher);
	return fetch;
}

void
fetch_hurry(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;
	struct place *place;

	if (fetch->is_urgent)
		return;
	if (fetch->state == STATE_WAITING) {
		TAILQ_REMOVE(&fetcher->waiting[false], fetch, entry);
		TAILQ_INSERT_TAIL(&fetcher->waiting[true], fetch, entry);
	} else if (fetch->state == STATE_PARKED) {
		place = place_get(fetcher, fetch->addresses[0]);
		TAILQ_REMOVE(&place->parked, fetch, entry);
		TAILQ_INSERT_HEAD(&place->parked, fetch, entry);
	}
	fetch->is_urgent = true;
	pump(fetcher);
}

void
fetch_cancel(struct fetch **handle)
{
	struct fetch *fetch = *handle;
	struct fetcher *fetcher;

	*handle = NULL;
	if (fetch == NULL)
		return;
	fetch->on_end = NULL;
	if (fetch->state == STATE_ENDING)
		return;		/* the call that was to tell finds nobody and frees it */
	fetcher = fetch->fetcher;
	fetch_leave(fetch);
	fetch_free(fetch);
	pump(fetcher);
}

/* --- the fetcher --- */

void
fetch_prepare(void)
{
	tls_prepare();
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		fatal("libcurl cannot be initialised");
}

struct fetcher *
fetcher_new(void)
{
	struct fetcher *fetcher = must_alloc(sizeof(*fetcher));

	fetch_prepare();
	fetcher->port = HTTPS_PORT;
	fetcher->whole_ms = FETCH_WHOLE_MS;
	fetcher->timer = timer_new(on_timer, fetcher);
	LIST_INIT(&fetcher->sockets);
	RB_INIT(&fetcher->places);
	TAILQ_INIT(&fetcher->waiting[false]);
	TAILQ_INIT(&fetcher->waiting[true]);
	TAILQ_INIT(&fetcher->looking);
	TAILQ_INIT(&fetcher->running);
	fetcher->multi = curl_multi_init();
	if (fetcher->multi == NULL)
		fatal("libcurl cannot make its list of transfers");
	curl_multi_setopt(fetcher->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wish);
	curl_multi_setopt(fetcher->multi, CURLMOPT_SOCKETDATA, fetcher);
	curl_multi_setopt(fetcher->multi, CURLMOPT_TIMERFUNCTION, on_timer_wish);
	curl_multi_setopt(fetcher->multi, CURLMOPT_TIMERDATA, fetcher);
	curl_multi_setopt(fetcher->multi, CURLMOPT_MAXCONNECTS, 1L);
	return fetcher;
}

void
fetcher_set_limits(struct fetcher *fetcher, uint16_t port, int64_t whole_ms)
{
	fetcher->port = port;
	fetcher->whole_ms = whole_ms;
}

bool
fetcher_configure(struct fetcher *fetcher, const struct conf_policy *conf, struct resolver *resolver, char *why, size_t size)
{
	struct tls_choices choices = { conf->tls.ciphers, conf->tls.ciphersuites, conf->tls.groups };
	struct tls_context *tls = tls_context_client(span_of(conf->trust), &choices, why, size);
	struct fetch *fetch;

	if (tls == NULL)
		return false;
	tls_context_free(&fetcher->tls);
	fetcher->tls = tls;
	fetcher->conf = conf;
	fetcher->resolver = resolver;
	TAILQ_FOREACH(fetch, &fetcher->looking, entry) {
		lookup_cancel(&fetch->lookups[0]);
		lookup_cancel(&fetch->lookups[1]);
		addresses_ask(fetch);
	}
	pump(fetcher);
	return true;
}

void
fetcher_load(const struct fetcher *fetcher, struct fetcher_load *load)
{
	*load = (struct fetcher_load){ fetcher->begun[false] + fetcher->begun[true], fetcher->waits, fetcher->done, fetcher->failed };
}

static void
list_end(struct fetch_list *list)
{
	struct fetch *fetch;

	while ((fetch = TAILQ_FIRST(list)) != NULL)
		fetch_cancel(&fetch);
}

void
fetcher_free(struct fetcher **handle)
{
	struct fetcher *fetcher = *handle;

	*handle = NULL;
	if (fetcher == NULL)
		return;
	fetcher->conf = NULL;	/* nobody's turn comes any more */
	list_end(&fetcher->looking);
	/* Whoever leaves a place makes one wait that was parked there. */
	while (!TAILQ_EMPTY(&fetcher->running) || !TAILQ_EMPTY(&fetcher->waiting[true]) || !TAILQ_EMPTY(&fetcher->waiting[false])) {
		list_end(&fetcher->running);
		list_end(&fetcher->waiting[true]);
		list_end(&fetcher->waiting[false]);
	}
	curl_multi_cleanup(fetcher->multi);
	while (!LIST_EMPTY(&fetcher->sockets))
		socket_free(LIST_FIRST(&fetcher->sockets));
	timer_free(&fetcher->timer);
	tls_context_free(&fetcher->tls);
	free(fetcher);
}
