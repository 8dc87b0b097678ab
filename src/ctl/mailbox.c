/* Mail as people keep it. Only headers are kept in memory, one at a time; bodies go by. */
#include "mailbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "mail/header.h"

#define PIECE_OCTETS (64u * 1024)		/* of a line that is seen at once: longer ones are no header's */
#define LOOK_OCTETS 128				/* of a line "From ..." that Content-Length leads to */

/* One descriptor, read in pieces of lines. */
struct source {
	int fd;
	char octets[PIECE_OCTETS];
	size_t start, end;
	off_t offset;				/* of octets[start] in the file */
	bool is_seekable, is_at_end, is_mid_line;
	int error;
};

struct piece {
	struct span text;			/* without its line end */
	bool begins, ends;			/* the line */
};

/* The message under way. */
struct letter {
	struct mailbox_message message;
	struct header header;
	struct buf fields;			/* values of Received, one behind the other */
	struct { size_t at, length; } hops[MAILBOX_HOPS_MAX], return_path;
	struct span received[MAILBOX_HOPS_MAX];
	size_t hops_count;
	uint64_t header_octets;
	bool is_open, is_in_received, is_mbox, was_empty;
	off_t body_end;				/* by a Content-Length that is to be believed; 0 = none */
	uint64_t content_length;
	bool has_length;
	mailbox_fn *on_message;
	void *arg;
};

/* --- lines --- */

static void
source_fill(struct source *source)
{
	ssize_t n;

	memmove(source->octets, source->octets + source->start, source->end - source->start);
	source->end -= source->start;
	source->start = 0;
	do
		n = read(source->fd, source->octets + source->end, PIECE_OCTETS - source->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		source->error = errno;
	source->is_at_end = n <= 0;
	source->end += n > 0 ? (size_t)n : 0;
}

/* The next piece: a whole line where it fits. Returns false at the end. */
static bool
source_next(struct source *source, struct piece *piece)
{
	struct span held = span_make(source->octets + source->start, source->end - source->start);
	size_t lf, taken;

	while ((lf = span_find(held, '\n')) == held.length && !source->is_at_end && held.length < PIECE_OCTETS) {
		source_fill(source);
		held = span_make(source->octets, source->end);
	}
	if (held.length == 0)
		return false;
	piece->begins = !source->is_mid_line;
	piece->ends = lf < held.length;
	piece->text = span_first(held, lf);
	if (piece->ends && lf > 0 && held.data[lf - 1] == '\r')
		piece->text.length--;
	taken = piece->ends ? lf + 1 : lf;
	source->start += taken;
	source->offset += (off_t)taken;
	source->is_mid_line = !piece->ends;
	return true;
}

/* "From sender Sun Mar  1 00:00:00 2026": a time of day is in it. */
static bool
is_separator(struct span line)
{
	if (!span_starts(line, SPAN("From ")))
		return false;
	for (size_t i = 5; i + 5 <= line.length; i++)
		if (line.data[i] >= '0' && line.data[i] <= '2' && line.data[i + 1] >= '0' && line.data[i + 1] <= '9' &&
		    line.data[i + 2] == ':' && line.data[i + 3] >= '0' && line.data[i + 3] <= '5')
			return true;
	return false;
}

/* --- one message --- */

static void
letter_begin(struct letter *letter)
{
	letter->header = (struct header){ .length = 0 };
	buf_empty(&letter->fields);
	letter->hops_count = 0;
	letter->return_path.length = 0;
	letter->header_octets = 0;
	letter->is_open = true;
	letter->is_in_received = letter->has_length = false;
	letter->body_end = 0;
	letter->message.why = NULL;
	letter->message.number++;
}

static void
letter_end(struct letter *letter)
{
	struct mailbox_message *message = &letter->message;

	if (!letter->is_open)
		return;
	letter->is_open = false;
	if (message->why == NULL && letter->header.length == 0)
		message->why = "it has no header";
	for (size_t i = 0; i < letter->hops_count; i++)
		letter->received[i] = span_first(span_skip(buf_span(&letter->fields), letter->hops[i].at), letter->hops[i].length);
	message->return_path = span_first(span_skip(buf_span(&letter->fields), letter->return_path.at), letter->return_path.length);
	message->received = letter->received;
	message->received_count = message->why == NULL ? letter->hops_count : 0;
	letter->on_message(letter->arg, message);
}

/* A line of the field under way, into its place. The ceiling of the header is that of the buffer, too. */
static void
hop_add(struct letter *letter, struct span text)
{
	if (!buf_add(&letter->fields, text) || !buf_add(&letter->fields, SPAN("\r\n")))
		letter->message.why = "its header is longer than 1 MiB";
	else
		letter->hops[letter->hops_count - 1].length += text.length + 2;
}

static void
hop_begin(struct letter *letter, struct span line)
{
	if (letter->hops_count == MAILBOX_HOPS_MAX) {
		letter->message.why = "it has more than 256 Received fields";
		return;
	}
	letter->hops[letter->hops_count].at = buf_length(&letter->fields);
	letter->hops[letter->hops_count++].length = 0;
	hop_add(letter, span_skip(line, span_find(line, ':') + 1));
}

/* The first one counts, and only one that whoever sent the message cannot have written below a hop. An address does not fold. */
static void
return_path_keep(struct letter *letter, struct span value)
{
	if (letter->hops_count > 0 || letter->return_path.length > 0)
		return;
	letter->return_path.at = buf_length(&letter->fields);
	if (buf_add(&letter->fields, value))
		letter->return_path.length = value.length;
}

static void
header_line(struct letter *letter, struct piece piece)
{
	uint32_t count = letter->header.count[HEADER_RECEIVED];
	bool is_folded = piece.text.length > 0 && (piece.text.data[0] == ' ' || piece.text.data[0] == '\t');

	letter->header_octets += piece.text.length + 2;
	if (!piece.begins || (!piece.ends && piece.text.length == PIECE_OCTETS))
		letter->message.why = "a line of its header is longer than 64 KiB";
	else if (letter->header_octets > MAILBOX_HEADER_OCTETS)
		letter->message.why = "its header is longer than 1 MiB";
	if (letter->message.why != NULL)
		return;
	header_look(&letter->header, piece.text);
	header_look(&letter->header, SPAN("\r\n"));
	letter->is_in_received &= is_folded && !header_is_over(&letter->header);
	if (letter->header.count[HEADER_RECEIVED] > count) {
		letter->is_in_received = true;
		hop_begin(letter, piece.text);
	} else if (letter->is_in_received) {
		hop_add(letter, piece.text);
	} else if (span_starts_nocase(piece.text, SPAN("Return-Path:"))) {
		return_path_keep(letter, span_skip(piece.text, 12));
	} else if (span_starts_nocase(piece.text, SPAN("Content-Length:"))) {
		letter->has_length = span_to_u64(span_trim(span_skip(piece.text, 15)), INT64_MAX / 2, &letter->content_length);
	}
}

/* --- an mbox --- */

/* Does a message end where Content-Length says so: at the end, or in front of a separator? */
static bool
length_holds(const struct source *source, off_t end)
{
	char octets[LOOK_OCTETS];
	ssize_t n = pread(source->fd, octets, sizeof(octets), end);
	struct span text = span_make(octets, n < 0 ? 0 : (size_t)n);
	struct stat status;

	while (text.length > 0 && (text.data[0] == '\r' || text.data[0] == '\n'))
		text = span_skip(text, 1);
	if (text.length > 0)
		return is_separator(span_first(text, span_find(text, '\n')));
	return fstat(source->fd, &status) == 0 && end <= status.st_size;
}

static void
body_begins(struct letter *letter, const struct source *source)
{
	if (!letter->is_mbox || !letter->has_length || !source->is_seekable)
		return;
	if (length_holds(source, source->offset + (off_t)letter->content_length))
		letter->body_end = source->offset + (off_t)letter->content_length;
}

/* A piece of an mbox. Returns whether it was a separator, and a new message has begun. */
static bool
separator_take(struct letter *letter, struct piece piece, off_t begin)
{
	bool is_here = piece.begins && letter->was_empty && begin >= letter->body_end && is_separator(piece.text);

	letter->was_empty = piece.begins && piece.ends && piece.text.length == 0;
	/* A length that is to be believed ends its message even without an empty line. */
	if (!is_here && piece.begins && letter->body_end > 0 && begin == letter->body_end)
		is_here = is_separator(piece.text);
	if (!is_here)
		return false;
	letter_end(letter);
	letter_begin(letter);
	return true;
}

static void
letters_read(struct letter *letter, struct source *source)
{
	off_t begin = source->offset;

	for (struct piece piece; source_next(source, &piece); begin = source->offset) {
		if (letter->is_mbox && separator_take(letter, piece, begin))
			continue;
		if (!letter->is_open || letter->message.why != NULL || header_is_over(&letter->header))
			continue;
		/* What mail over UUCP left behind the separator. */
		if (letter->is_mbox && letter->header.length == 0 && span_starts(piece.text, SPAN(">From ")))
			continue;
		header_line(letter, piece);
		if (header_is_over(&letter->header))
			body_begins(letter, source);
	}
	letter_end(letter);
}

/* --- files and folders --- */

/* Takes the descriptor. Returns NULL, or why it could not be read. */
static const char *
descriptor_read(int fd, const char *file, mailbox_fn *on_message, void *arg)
{
	static struct source source;
	static struct letter letter;

	source = (struct source){ .fd = fd };
	letter = (struct letter){ .message = { .file = file }, .on_message = on_message, .arg = arg };
	buf_init(&letter.fields, MAILBOX_HEADER_OCTETS);
	source.is_seekable = lseek(fd, 0, SEEK_CUR) == 0;
	while (source.end < 5 && !source.is_at_end)
		source_fill(&source);
	letter.is_mbox = letter.was_empty = span_starts(span_make(source.octets, source.end), SPAN("From "));
	if (!letter.is_mbox && source.end > 0)
		letter_begin(&letter);
	letters_read(&letter, &source);
	buf_clear(&letter.fields);
	file_close(&fd);
	return source.error == 0 ? NULL : strerror(source.error);
}

static const char *
file_read(int folder, const char *name, const char *path, mailbox_fn *on_message, void *arg)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;

	if (fd < 0)
		return strerror(errno);
	/* Opening must not wait for a writer; reading may. */
	if (fstat(fd, &status) < 0 || S_ISDIR(status.st_mode) || fcntl(fd, F_SETFL, 0) < 0) {
		file_close(&fd);
		return "it is no file";
	}
	return descriptor_read(fd, path, on_message, arg);
}

/* A message that moved from new to cur meanwhile, or that cannot be read, is told as one that is passed over. */
static void
folder_read(DIR *folder, const char *path, const char *name, mailbox_fn *on_message, void *arg)
{
	struct dirent *entry;

	while ((entry = readdir(folder)) != NULL) {
		char file[4096];
		const char *why;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s/%s", path, name, entry->d_name);
		why = file_read(dirfd(folder), entry->d_name, file, on_message, arg);
		if (why != NULL)
			on_message(arg, &(struct mailbox_message){ .file = file, .number = 1, .why = why });
	}
}

static const char *
maildir_read(const char *path, mailbox_fn *on_message, void *arg)
{
	static const char *const names[] = { "new", "cur" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char name[4096];
		DIR *folder;

		snprintf(name, sizeof(name), "%s/%s", path, names[i]);
		folder = opendir(name);
		if (folder == NULL)
			return errno == ENOENT ? "it is no maildir: it lacks new or cur" : strerror(errno);
		folder_read(folder, path, names[i], on_message, arg);
		closedir(folder);
	}
	return NULL;
}

const char *
mailbox_read(const char *path, mailbox_fn *on_message, void *arg)
{
	struct stat status;

	if (strcmp(path, "-") == 0)
		return descriptor_read(STDIN_FILENO, path, on_message, arg);
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return maildir_read(path, on_message, arg);
	return file_read(AT_FDCWD, path, path, on_message, arg);
}
