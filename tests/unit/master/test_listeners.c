/* Tests of src/master/listeners.c, and of the sockets that src/master/privileged.c makes. */
#include "src/master/listeners.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "folder.h"
#include "src/master/privileged.h"

/* What intake was told, as text; ports as letters. */
static char told[2048];
static uint16_t ports[3];

__attribute__((format(printf, 1, 2))) static void
tell(const char *format, ...)
{
	size_t length = strlen(told);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(told + length, sizeof(told) - length, format, arguments);
	va_end(arguments);
}

static const char *
name_of(struct span name)
{
	static char text[200];

	for (int i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "127.0.0.1:%u", ports[i]);
		if (span_equal(name, span_of(text))) {
			snprintf(text, sizeof(text), "%c", 'A' + i);
			return text;
		}
	}
	return "local";
}

static void
on_new(void *arg, const struct listener *listener, int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	(void)arg;
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	tell("+%u:%s%s%s%s ", listener->id, name_of(listener->name), listener->kind == LISTENER_IMPLICIT ? "i" : "",
	    listener->tickets ? "t" : "", listener->request_certificate ? "c" : "");
	close(fd);
}

static void
on_gone(void *arg, uint32_t id)
{
	(void)arg;
	tell("-%u ", id);
}

static void
begin(void)
{
	folder_make();
	for (int i = 0; i < 3; i++) {
		struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		socklen_t length = sizeof(address);
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, length), 0);
		ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
		ports[i] = ntohs(address.sin_port);
		close(fd);
	}
}

/* Prepare and commit `listen` (a format with ports A, B, C) and what else is said. */
static bool
prepare(const char *listen, const char *more)
{
	char text[1024], *at = text;

	for (const char *c = listen; *c != '\0'; c++)
		at += *c >= 'A' && *c <= 'C' ? sprintf(at, "\"127.0.0.1:%u\"", ports[*c - 'A']) : sprintf(at, "%c", *c);
	snprintf(at, sizeof(text) - (size_t)(at - text), "\n%s", more);
	settings_clear(&settings);
	settings_begin(text);
	return listeners_prepare(&settings, &complaints);
}

static void
commits(const char *expected)
{
	told[0] = '\0';
	listeners_commit(on_new, on_gone, NULL);
	ck_assert_str_eq(told, expected);
}

START_TEST(what_changes_is_told_and_what_stays_is_not)
{
	int control;

	begin();
	ck_assert(prepare("listen: [A, B]", "submission: {socket: off}"));
	commits("+1:At +2:Bt ");
	control = listeners_control();
	ck_assert_int_ge(control, 0);
	ck_assert(prepare("listen: [A, B]", "submission: {socket: off}"));
	commits("");
	ck_assert_int_eq(listeners_control(), control);
	ck_assert(prepare("listen: [B, C]", "submission: {socket: off}"));
	commits("-1 +4:Ct ");
	ck_assert(prepare("listen: [{address: B, tls: implicit, tickets: no}, C]", "submission: {socket: off}"));
	commits("-2 +5:Bi ");
	ck_assert(prepare("listen: [C]", "submission: {socket: off}\nclients: [cert:sha256:"
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef]"));
	commits("-5 -4 +6:Ctc ");
	told[0] = '\0';
	listeners_each(on_new, NULL);
	ck_assert_str_eq(told, "+6:Ctc ");
	listeners_close();
	folder_remove();
}
END_TEST

START_TEST(what_cannot_be_had_leaves_everything_as_it_was)
{
	struct ip ip = { .family = 4, .octets = { 127, 0, 0, 1 } };
	int taken, again;

	begin();
	taken = privileged_listen(ip, ports[1]);
	ck_assert_int_ge(taken, 0);
	ck_assert(prepare("listen: [A]", "submission: {socket: off}"));
	commits("+1:At ");
	ck_assert(!prepare("listen: [C, B]", "submission: {socket: off}"));
	ck_assert_ptr_nonnull(strstr(said(), "Address already in use"));
	told[0] = '\0';
	listeners_each(on_new, NULL);
	ck_assert_str_eq(told, "+1:At ");
	/* What was opened in vain is closed again. */
	again = privileged_listen(ip, ports[2]);
	ck_assert_int_ge(again, 0);
	close(again);
	close(taken);
	listeners_close();
	folder_remove();
}
END_TEST

static void
mode_is(const char *name, mode_t mode)
{
	struct stat st;

	ck_assert_int_eq(lstat(path_of(name), &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 07777, mode);
}

START_TEST(paths_have_their_permissions_and_go_with_us)
{
	char more[200];

	begin();
	snprintf(more, sizeof(more), "submission: {socket: %s/sub/mit, mode: \"0660\"}", folder);
	ck_assert(prepare("listen: [A]", more));
	commits("+1:At +2:local ");
	mode_is("sub/mit", 0660);
	mode_is("control", privileged_operators() == (gid_t)-1 ? 0600 : 0660);
	snprintf(more, sizeof(more), "submission: {socket: %s/sub/mit}", folder);
	ck_assert(prepare("listen: [A]", more));
	commits("");
	mode_is("sub/mit", 0666);
	snprintf(more, sizeof(more), "submission: {socket: off}\nledger: {socket: %s/facts}", folder);
	ck_assert(prepare("listen: [A]", more));
	commits("-2 ");
	ck_assert_int_ge(listeners_facts(), 0);
	ck_assert_int_ne(listeners_facts(), listeners_control());
	mode_is("facts", privileged_feeders() == (gid_t)-1 ? 0600 : 0660);
	ck_assert(prepare("listen: [A]", "submission: {socket: off}"));
	commits("");
	ck_assert_int_eq(listeners_facts(), -1);
	ck_assert_int_ne(access(path_of("facts"), F_OK), 0);
	/* Somebody else's socket at our path stays. */
	unlink(path_of("control"));
	ck_assert_int_eq(mkdir(path_of("control"), 0700), 0);
	listeners_close();
	ck_assert_int_ne(access(path_of("sub/mit"), F_OK), 0);
	ck_assert_int_eq(access(path_of("control"), F_OK), 0);
	folder_remove();
}
END_TEST

START_TEST(a_stale_socket_is_replaced_and_a_live_one_is_not)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	begin();
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(privileged_listen_path(path_of("socket"), 0600, (gid_t)-1), -1);
	ck_assert_int_eq(errno, EADDRINUSE);
	close(fd);
	fd = privileged_listen_path(path_of("socket"), 0600, (gid_t)-1);
	ck_assert_int_ge(fd, 0);
	close(fd);
	unlink(path_of("socket"));
	fclose(fopen(path_of("socket"), "w"));
	ck_assert_int_eq(privileged_listen_path(path_of("socket"), 0600, (gid_t)-1), -1);
	ck_assert_int_eq(errno, EEXIST);
	unlink(path_of("socket"));
	ck_assert_int_eq(symlink("elsewhere", path_of("socket")), 0);
	ck_assert_int_eq(privileged_listen_path(path_of("socket"), 0600, (gid_t)-1), -1);
	ck_assert_int_eq(errno, EEXIST);
	folder_remove();
}
END_TEST

UNIT_MAIN("listeners", what_changes_is_told_and_what_stays_is_not, what_cannot_be_had_leaves_everything_as_it_was,
    paths_have_their_permissions_and_go_with_us, a_stale_socket_is_replaced_and_a_live_one_is_not)
