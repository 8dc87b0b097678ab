/*
 * Who wants no notices, or is to get none: rows of notices.db, and lines of notices.stopped, which outlives a damaged database; and the
 * tokens by which mail stops them. A token tells by itself whom it stops, so that none is ever forgotten.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/log.h"
#include "report/notice_tables.h"

#define FILE_NAME "notices.stopped"
#define FRESH FILE_NAME ".new"
#define LINE 128		/* octets, NUL included */
#define WHO 16
#define SHORT_KEY 12		/* hex digits of a key that are in a token */
#define SEAL 8			/* hex digits that prove it: whoever guesses them stops nobody, for no key begins as theirs */

/* --- the file: "+ KEY who time" and "- KEY", the last of a key counts --- */

struct line {
	bool is_stop;
	char key[NOTICE_KEY], who[WHO];
	int64_t at_s;
};

static int
line_format(const struct line *line, char out[LINE])
{
	return line->is_stop ? snprintf(out, LINE, "+ %s %s %lld\n", line->key, line->who, (long long)line->at_s) :
	    snprintf(out, LINE, "- %s\n", line->key);
}

/* What was cut off while it was written was never said to be there. */
static bool
line_parse(const char *text, struct line *line)
{
	char sign;
	long long at_s = 0;
	int fields = sscanf(text, "%c %64[0-9a-f] %15[a-z] %lld", &sign, line->key, line->who, &at_s);
	size_t digits = fields >= 2 ? strlen(line->key) : 0;

	line->is_stop = fields >= 1 && sign == '+';
	line->at_s = at_s;
	return (digits == NOTICE_KEY - 1 || digits == SHORT_KEY) && strchr(text, '\n') != NULL &&
	    (line->is_stop ? fields == 4 : fields == 2 && sign == '-');
}

static bool
octets_write(int fd, const char *octets, int length)
{
	return write(fd, octets, (size_t)length) == length;
}

/* A line that a crash has cut off must not become part of this one. */
static bool
end_line(int fd)
{
	struct stat status;
	char last;

	if (fstat(fd, &status) < 0)
		return false;
	if (status.st_size == 0)
		return true;
	if (pread(fd, &last, 1, status.st_size - 1) != 1)
		return false;
	return last == '\n' || octets_write(fd, "\n", 1);
}

static bool
file_complain(const char *what)
{
	log_error("notices-stopped", LOG_TEXT("file", FILE_NAME), LOG_TEXT("what", what), LOG_TEXT("reason", strerror(errno)));
	return false;
}

static bool
file_append(struct notices *notices, const struct line *line)
{
	int fd = openat(notices->folder, FILE_NAME, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	char text[LINE];
	bool good = fd >= 0 && end_line(fd) && octets_write(fd, text, line_format(line, text)) && fsync(fd) == 0 && fsync(notices->folder) == 0;

	if (!good)
		file_complain("cannot be written");
	if (fd >= 0)
		close(fd);
	return good;
}

/* --- the table --- */

static bool
row_put(struct notices *notices, const struct line *line)
{
	static const char stop[] = "INSERT OR IGNORE INTO stop (key, who, at) VALUES (?, ?, ?)";
	static const char allow[] = "DELETE FROM stop WHERE key = ?";
	struct query *query = query_begin_change(notices->store, line->is_stop ? stop : allow);

	query_put_text(query, span_of(line->key));
	if (line->is_stop) {
		query_put_text(query, span_of(line->who));
		query_put_number(query, line->at_s);
	}
	return query_run(query);
}

/* Returns false when the table cannot be read. */
static bool
row_find(struct notices *notices, struct span key, bool *is_there)
{
	static const char sql[] = "SELECT 1 FROM stop WHERE key = ?";
	struct query *query = query_begin(notices->store, sql);

	query_put_text(query, key);
	*is_there = query_next(query);
	return query_end(query);
}

uint64_t
notices_stopped_count(struct notices *notices)
{
	static const char sql[] = "SELECT COUNT(*) FROM stop";

	return query_count(query_begin(notices->store, sql));
}

/* --- both of them, at the start --- */

/* Of who is stopped there are so many lines; *is_plain: and no others, be it that somebody was allowed again, or that they are damaged. */
static bool
file_read(struct notices *notices, uint64_t *stops, bool *is_plain)
{
	int fd = openat(notices->folder, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char text[LINE];
	struct line line;
	bool good = true;

	*stops = 0;
	*is_plain = true;
	if (file == NULL)
		return errno == ENOENT || file_complain("cannot be read");
	while (good && fgets(text, sizeof(text), file) != NULL) {
		bool is_line = line_parse(text, &line);

		*stops += is_line && line.is_stop;
		*is_plain = *is_plain && is_line && line.is_stop;
		good = !is_line || row_put(notices, &line);
	}
	if (ferror(file))
		good = file_complain("cannot be read");
	fclose(file);
	return good;
}

static bool
rows_write(struct notices *notices, int fd)
{
	static const char sql[] = "SELECT key, who, at FROM stop";
	struct query *query = query_begin(notices->store, sql);
	bool good = true;

	while (good && query_next(query)) {
		struct line line = { .is_stop = true, .at_s = query_number(query, 2) };
		char text[LINE];

		snprintf(line.key, sizeof(line.key), "%.*s", SPAN_ARG(query_text(query, 0)));
		snprintf(line.who, sizeof(line.who), "%.*s", SPAN_ARG(query_text(query, 1)));
		good = octets_write(fd, text, line_format(&line, text));
	}
	return query_end(query) && good;
}

/* One line for each that is stopped, whole or not at all. */
static bool
file_write(struct notices *notices)
{
	int fd;
	bool good;

	(void)unlinkat(notices->folder, FRESH, 0);
	fd = openat(notices->folder, FRESH, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	good = fd >= 0 && rows_write(notices, fd) && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return (good && renameat(notices->folder, FRESH, notices->folder, FILE_NAME) == 0 && fsync(notices->folder) == 0) ||
	    file_complain("cannot be written");
}

bool
notices_stops_restore(struct notices *notices)
{
	uint64_t stops;
	bool is_plain;

	if (!file_read(notices, &stops, &is_plain) || !store_commit(notices->store))
		return false;
	return (is_plain && stops == notices_stopped_count(notices)) || file_write(notices);
}

/* --- stopping, and allowing again --- */

/* The line first: whatever ends then, it is read back at the next start. */
static bool
change(struct notices *notices, const struct line *line, bool *was_stopped)
{
	if (!row_find(notices, span_of(line->key), was_stopped))
		return false;
	if (*was_stopped == line->is_stop)
		return true;
	return file_append(notices, line) && row_put(notices, line) && store_commit(notices->store);
}

static bool
stop(struct notices *notices, struct span key, const char *by, int64_t now_s)
{
	struct line line = { .is_stop = true, .at_s = now_s };
	bool was_stopped;

	snprintf(line.key, sizeof(line.key), "%.*s", SPAN_ARG(key));
	snprintf(line.who, sizeof(line.who), "%s", by);
	return change(notices, &line, &was_stopped);
}

/* What an operator stopped, and what mail did, are one to who is allowed again. */
static bool
allow(struct notices *notices, struct span key, bool *was_stopped)
{
	struct line whole = { .is_stop = false }, brief = { .is_stop = false };
	bool by_operator, by_mail;

	snprintf(whole.key, sizeof(whole.key), "%.*s", SPAN_ARG(key));
	snprintf(brief.key, sizeof(brief.key), "%.*s", SPAN_ARG(span_first(key, SHORT_KEY)));
	if (!change(notices, &whole, &by_operator) || !change(notices, &brief, &by_mail))
		return false;
	*was_stopped = by_operator || by_mail;
	return true;
}

/* Networks are equal however they are written: "192.0.2.1" is "192.0.2.1/32". */
static bool
key_of(const struct notices *notices, enum notice_key_of of, struct span name, char key[NOTICE_KEY])
{
	char text[IP_TEXT + 8], address[IP_TEXT];
	struct ip_network network;

	if (of == NOTICE_OF_NETWORK) {
		if (!ip_network_parse(name, &network))
			return false;
		snprintf(text, sizeof(text), "%s/%u", ip_format(network.base, address), network.prefix);
		name = span_of(text);
	}
	notices_key(notices, of, name, key);
	return true;
}

bool
notices_stop(struct notices *notices, enum notice_key_of of, struct span name, const char *by, int64_t now_s)
{
	char key[NOTICE_KEY];

	return key_of(notices, of, name, key) && stop(notices, span_of(key), by, now_s);
}

bool
notices_stop_party(struct notices *notices, const char *party_key, const char *by, int64_t now_s)
{
	return stop(notices, span_of(party_key), by, now_s);
}

bool
notices_allow(struct notices *notices, enum notice_key_of of, struct span name, bool *was_stopped)
{
	char key[NOTICE_KEY];

	*was_stopped = false;
	return key_of(notices, of, name, key) && allow(notices, span_of(key), was_stopped);
}

bool
notices_allow_party(struct notices *notices, const char *party_key, bool *was_stopped)
{
	*was_stopped = false;
	return allow(notices, span_of(party_key), was_stopped);
}

/* --- is it? When that cannot be told, it is. --- */

static bool
has_key(struct notices *notices, struct span key)
{
	bool is_there;

	return !row_find(notices, key, &is_there) || is_there;
}

static bool
has_either(struct notices *notices, struct span key)
{
	return has_key(notices, key) || has_key(notices, span_first(key, SHORT_KEY));
}

static bool
has_name(struct notices *notices, enum notice_key_of of, struct span name)
{
	char key[NOTICE_KEY];

	notices_key(notices, of, name, key);
	return has_either(notices, span_of(key));
}

/* The domain, and every one that it is below. */
static bool
has_domain(struct notices *notices, struct span domain)
{
	for (; domain.length > 0; domain = span_skip(domain, span_find(domain, '.') + 1))
		if (has_name(notices, NOTICE_OF_DOMAIN, domain))
			return true;
	return false;
}

/* Every network that the address is in: operators write them with any prefix. */
static bool
has_network(struct notices *notices, struct ip ip)
{
	unsigned most = ip.family == 4 ? 32 : 128;
	uint64_t stopped = notices_stopped_count(notices);
	char text[IP_TEXT + 8], address[IP_TEXT];

	for (unsigned prefix = 0; stopped > 0 && ip.family != 0 && prefix <= most; prefix++) {
		snprintf(text, sizeof(text), "%s/%u", ip_format(ip_mask(ip, prefix), address), prefix);
		if (has_name(notices, NOTICE_OF_NETWORK, span_of(text)))
			return true;
	}
	return false;
}

bool
notices_is_stopped(struct notices *notices, const char *party_key, struct span address, struct span domain, struct ip ip)
{
	return has_either(notices, span_of(party_key)) || (address.length > 0 && has_name(notices, NOTICE_OF_ADDRESS, address)) ||
	    has_domain(notices, domain) || has_domain(notices, span_behind_last(address, '@')) || has_network(notices, ip);
}

/* --- tokens --- */

static void
seal(const struct notices *notices, struct span keys, char out[SEAL + 1])
{
	unsigned char mac[NOTICE_MAC];

	notices_mac(notices, "token", keys, mac);
	hex_format(span_make(mac, SEAL / 2), out);
}

bool
notices_token(struct notices *notices, const char *party_key, struct span address, char token[STOP_TOKEN + 1])
{
	char key[NOTICE_KEY];

	notices_key(notices, NOTICE_OF_ADDRESS, address, key);
	snprintf(token, STOP_TOKEN + 1, "%.*s%.*s", SHORT_KEY, party_key, SHORT_KEY, key);
	seal(notices, span_of(token), token + 2 * SHORT_KEY);
	return true;
}

enum stop_end
notices_token_stop(struct notices *notices, struct span token, int64_t now_s)
{
	unsigned char octets[STOP_TOKEN / 2];
	char text[STOP_TOKEN + 1], proof[SEAL + 1];
	struct span keys;

	if (!hex_parse(token, octets, sizeof(octets)))
		return STOP_NO_SUCH;
	keys = span_make(hex_format(span_make(octets, sizeof(octets)), text), 2 * SHORT_KEY);
	seal(notices, keys, proof);
	if (CRYPTO_memcmp(proof, text + keys.length, SEAL) != 0)
		return STOP_NO_SUCH;
	return stop(notices, span_first(keys, SHORT_KEY), "mail", now_s) && stop(notices, span_skip(keys, SHORT_KEY), "mail", now_s) ?
	    STOP_DONE : STOP_LATER;
}
