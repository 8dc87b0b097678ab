/* Tests of src/ctl/mailbox.c: files and folders of mail, and what is made of them. */
#include "src/ctl/mailbox.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define HOP "Received: by a\n"
#define FROM "From a@b Sun Mar  1 00:00:00 2026\n"

static char folder[64], told[4096];

static const char *
path_of(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s%s%s", folder, name[0] == '\0' ? "" : "/", name);
	return path;
}

static void
folder_make(void)
{
	strcpy(folder, "/tmp/mailbox.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	told[0] = '\0';
}

static void
file_write(const char *name, const char *text, size_t times)
{
	FILE *file = fopen(path_of(name), "a");

	ck_assert_ptr_nonnull(file);
	for (size_t i = 0; i < times; i++)
		fputs(text, file);
	fclose(file);
}

/* Every message as its number, its hops without white space at their ends, and why it is passed over. */
static void
on_message(void *arg, const struct mailbox_message *message)
{
	(void)arg;
	sprintf(told + strlen(told), "%llu:", (unsigned long long)message->number);
	for (size_t i = 0; i < message->received_count && i < 4; i++) {
		struct span hop = span_trim(message->received[i]);

		sprintf(told + strlen(told), "[%.*s]", (int)hop.length - 2, hop.data);
	}
	sprintf(told + strlen(told), "%.*s", SPAN_ARG(span_trim(message->return_path)));
	sprintf(told + strlen(told), "%s;", message->why == NULL ? "" : message->why);
}

static const struct {
	const char *name, *text, *told;
} rows[] = {
	{ "nothing at all", "", "" },
	{ "one message", HOP "Subject: x\n\n" HOP, "1:[by a];" },
	{ "lines with CRLF", "Received: by a\r\n\tx\r\nReceived: by b\r\n\r\n" HOP, "1:[by a\r\n\tx][by b];" },
	{ "any letter case, white space before the colon", "RECEIVED : by a\nreceived:by b\n\n", "1:[by a][by b];" },
	{ "a fold of another field", "Subject: x\n Received: y\n" HOP "\n", "1:[by a];" },
	{ "a header without a body, and without an end of line", "Subject: x\nReceived: by a", "1:[by a];" },
	{ "a line that is no field ends it", HOP "no field\n" HOP, "1:[by a];" },
	{ "a body alone", "nothing of a header\n", "1:it has no header;" },
	{ "an empty line in front", "\n" HOP, "1:;" },
	{ "who sent it, above all hops", "return-path: <a@b>\n" HOP "\n", "1:[by a]<a@b>;" },
	{ "the first of them", "Return-Path: <a@b>\nReturn-Path: <c@d>\n" HOP "\n", "1:[by a]<a@b>;" },
	{ "below a hop anybody may have written it", HOP "Return-Path: <a@b>\n\n", "1:[by a];" },
	{ "it is of one message", FROM "Return-Path: <a@b>\n" HOP "\n\n" FROM HOP "\n\n", "1:[by a]<a@b>;2:[by a];" },
	{ "an mbox", FROM HOP "\nx\n\n" FROM HOP HOP "\n\n", "1:[by a];2:[by a][by a];" },
	{ "an mbox with CRLF",
	  "From a Sun Mar  1 00:00:00 2026\r\nReceived: by a\r\n\r\nx\r\n\r\nFrom a Sun Mar  1 00:00:00 2026\r\nReceived: by b\r\n\r\n",
	  "1:[by a];2:[by b];" },
	{ "From in a body: quoted, without an empty line, without a time",
	  FROM HOP "\n>" FROM HOP "x\n" FROM HOP "\nFrom here on\n" HOP, "1:[by a];" },
	{ "a relic of UUCP", FROM ">" FROM HOP "\n", "1:[by a];" },
	{ "a message without a body", FROM HOP "\n" FROM HOP "\n", "1:[by a];2:[by a];" },
	{ "a broken one among good ones", FROM HOP "\n\n" FROM "no field\n\n" FROM HOP "\n\n", "1:[by a];2:it has no header;3:[by a];" },
	/* 51 octets: an empty line, a separator with a field, an empty line, none of them one */
	{ "Content-Length that holds", FROM "Content-Length: 51\n\n\n" FROM HOP "\n" FROM HOP "\n", "1:;2:[by a];" },
	{ "Content-Length up to the end", FROM "Content-Length: 51\n\n\n" FROM HOP "\n", "1:;" },
	{ "Content-Length that lies", FROM "Content-Length: 60\n\n\n" FROM HOP "\n" FROM HOP "\n", "1:;2:[by a];3:[by a];" },
	{ "Content-Length far beyond", FROM "Content-Length: 99999999\n\n\n" FROM HOP "\n", "1:;2:[by a];" },
	{ "Content-Length of too many digits", FROM "Content-Length: 99999999999999999999\n\n\n" FROM HOP "\n", "1:;2:[by a];" },
};

START_TEST(a_file_is_read_as_what_it_is)
{
	folder_make();
	file_write("mail", rows[_i].text, 1);
	ck_assert_ptr_null(mailbox_read(path_of("mail"), on_message, NULL));
	ck_assert_msg(strcmp(told, rows[_i].told) == 0, "%s: %s", rows[_i].name, told);
	unlink(path_of("mail"));
	rmdir(folder);
}
END_TEST

START_TEST(what_is_too_large_is_passed_over_and_the_next_is_read)
{
	static const struct {
		const char *text;
		size_t times;
		const char *told;
	} huge[] = {
		{ "0123456789abcdef", 5000, "1:a line of its header is longer than 64 KiB;" },
		{ "Subject: 0123456789abcdef\n", 50000, "1:its header is longer than 1 MiB;" },
		{ HOP, 257, "1:it has more than 256 Received fields;" },
	};

	for (size_t i = 0; i < sizeof(huge) / sizeof(*huge); i++) {
		folder_make();
		file_write("mail", FROM, 1);
		file_write("mail", huge[i].text, huge[i].times);
		file_write("mail", "\n\n" FROM HOP "\n", 1);
		ck_assert_ptr_null(mailbox_read(path_of("mail"), on_message, NULL));
		ck_assert_int_eq(strncmp(told, huge[i].told, strlen(huge[i].told)), 0);
		ck_assert_str_eq(told + strlen(huge[i].told), "2:[by a];");
		unlink(path_of("mail"));
		rmdir(folder);
	}
}
END_TEST

START_TEST(a_body_without_end_and_without_lines_goes_by)
{
	folder_make();
	file_write("mail", FROM HOP "\n", 1);
	file_write("mail", "0123456789abcdef", 500000);
	file_write("mail", FROM HOP "\n\n" FROM "Received: by b\n\n", 1);
	ck_assert_ptr_null(mailbox_read(path_of("mail"), on_message, NULL));
	ck_assert_str_eq(told, "1:[by a];2:[by b];");
	unlink(path_of("mail"));
	rmdir(folder);
}
END_TEST

START_TEST(a_maildir_has_its_new_mail_first)
{
	static const char *const names[] = { "new/1", "cur/2:2,S", "cur/.hidden", "tmp/3" };

	folder_make();
	ck_assert_str_eq(mailbox_read(path_of(""), on_message, NULL), "it is no maildir: it lacks new or cur");
	mkdir(path_of("new"), 0700);
	mkdir(path_of("cur"), 0700);
	mkdir(path_of("tmp"), 0700);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		file_write(names[i], i == 0 ? "Received: by b\n\n" : HOP "\n", 1);
	mkdir(path_of("cur/folder"), 0700);
	ck_assert_ptr_null(mailbox_read(path_of(""), on_message, NULL));
	ck_assert_int_eq(strncmp(told, "1:[by b];", 9), 0);
	ck_assert_ptr_nonnull(strstr(told, "1:[by a];"));
	ck_assert_ptr_nonnull(strstr(told, "1:it is no file;"));
	ck_assert_uint_eq(strlen(told), strlen("1:[by b];1:[by a];1:it is no file;"));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlink(path_of(names[i]));
	rmdir(path_of("cur/folder"));
	rmdir(path_of("new"));
	rmdir(path_of("cur"));
	rmdir(path_of("tmp"));
	rmdir(folder);
	ck_assert_str_eq(mailbox_read(folder, on_message, NULL), "No such file or directory");
}
END_TEST

UNIT_MAIN_LOOPED("mailbox", a_file_is_read_as_what_it_is, rows, what_is_too_large_is_passed_over_and_the_next_is_read,
    a_body_without_end_and_without_lines_goes_by, a_maildir_has_its_new_mail_first)
