/*
 * Tests of master as a process, with stand-in rooms: src/master/main.c, supervise.c, child.c, spawn.c, reload.c,
 * control.c.
 */
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "ipc/master_rooms.h"
#include "tests/unit/unit.h"

#define LISTEN "hostname: mx.example.org\nlisten: 127.0.0.1:%u\n"

static void
start(void)
{
	daemon_prepare();
	daemon_configure(LISTEN "workers: {intake: 1, relay: 1}\ngrace: 1s\n", daemon_ports[0]);
	daemon_start(NULL, false);
	daemon_log_has("event=ready", 1);
}

static pid_t
pid_of(const char *room)
{
	char line[64], path[PATH_MAX], text[200];
	pid_t pid = 0;
	FILE *file;

	snprintf(line, sizeof(line), "%s start pid=", room);
	snprintf(path, sizeof(path), "%s", daemon_path("libexec/events"));
	file = fopen(path, "r");
	while (fgets(text, sizeof(text), file) != NULL)
		if (strncmp(text, line, strlen(line)) == 0)
			pid = atoi(text + strlen(line));
	fclose(file);
	ck_assert_int_gt(pid, 0);
	return pid;
}

/* Of one room's events. */
static void
in_order(const char *const *texts)
{
	for (size_t i = 0; texts[i + 1] != NULL; i++)
		ck_assert_msg(daemon_events_at(texts[i]) < daemon_events_at(texts[i + 1]), "\"%s\" after \"%s\"", texts[i],
		    texts[i + 1]);
}

START_TEST(rooms_are_told_what_is_theirs_and_no_more)
{
	static const char *const queue[] = { "queue-0 setup 1 mx.example.org\n",
		"queue-0 directory queue own=1 mode=0700\n", "queue-0 directory intake-0 own=0",
		"queue-0 key public=1 private=1\n", "queue-0 start", NULL };
	static const char *const intake[] = { "intake-0 setup 1 mx.example.org\n", "intake-0 directory intake-0 own=1",
		"intake-0 key public=1 private=0\n", "intake-0 listener 1 127.0.0.1:", "intake-0 listener 2 /tmp/",
		"intake-0 peer queue-0\n", "intake-0 start", NULL };
	static const char *const relay[] = { "relay-0 setup 1 mx.example.org\n", "relay-0 peer queue-0\n",
		"relay-0 peer policy-0\n", "relay-0 start", NULL };
	static const char *const policy[] = { "policy-0 setup 1 mx.example.org\n", "policy-0 start", "policy-0 peer relay-0\n",
		NULL };
	static const char *const report[] = { "report-0 setup 1 mx.example.org\n", "report-0 directory report-0 own=1",
		"report-0 key public=1 private=0\n", "report-0 peer queue-0\n", "report-0 start", NULL };

	start();
	in_order(queue);
	in_order(intake);
	in_order(relay);
	in_order(policy);
	in_order(report);
	ck_assert_uint_eq(daemon_events_count("relay-0 key"), 0);
	ck_assert_uint_eq(daemon_events_count("relay-0 directory"), 0);
	ck_assert_uint_eq(daemon_events_count("relay-0 listener"), 0);
	ck_assert_uint_eq(daemon_events_count("policy-0 key"), 0);
	ck_assert_uint_eq(daemon_events_count("policy-0 directory"), 0);
	ck_assert_uint_eq(daemon_events_count("policy-0 listener"), 0);
	ck_assert_uint_eq(daemon_events_count("policy-0 peer"), 3);
	ck_assert_uint_eq(daemon_events_count("policy-0 peer intake-0\n"), 1);
	ck_assert_uint_eq(daemon_events_count("policy-0 peer report-0\n"), 1);
	/* It opens its folder itself; nobody else hears of it. */
	ck_assert_int_eq(access(daemon_path("spool/policy"), F_OK), 0);
	ck_assert_uint_eq(daemon_events_count("directory policy"), 0);
	ck_assert_int_eq(access(daemon_path("spool/ledger"), F_OK), 0);
	ck_assert_uint_eq(daemon_events_count("directory ledger"), 0);
	ck_assert_uint_eq(daemon_events_count("intake-0 peer"), 3);
	ck_assert_uint_eq(daemon_events_count("relay-0 peer"), 3);
	ck_assert_uint_eq(daemon_events_count("report-0 peer"), 4);
	ck_assert_uint_eq(daemon_events_count("report-0 peer policy-0\n"), 1);
	ck_assert_uint_eq(daemon_events_count("queue-0 peer"), 3);
	ck_assert_uint_eq(daemon_events_count(" surplus=0 umask=0007\n"), 5);
	daemon_clear();
}
END_TEST

START_TEST(a_room_that_dies_is_started_again_and_its_peers_are_told)
{
	start();
	kill(pid_of("queue-0"), SIGKILL);
	daemon_log_has("event=room-ended level=warn room=queue index=0", 1);
	ck_assert_uint_eq(daemon_log_count("signal=9 reason=Killed restart=1.00"), 1);
	daemon_events_have("queue-0 start", 2);
	daemon_events_have("intake-0 peer queue-0", 2);
	daemon_events_have("relay-0 peer queue-0", 2);
	daemon_events_have("report-0 peer queue-0", 2);
	daemon_events_have("queue-0 directory intake-0 own=0", 2);
	daemon_events_have("queue-0 key public=1 private=1", 2);
	ck_assert_uint_eq(daemon_events_count("intake-0 start"), 1);
	daemon_clear();
}
END_TEST

/* Neither is restarted: a room without a channel to queue would take mail that nobody sends. */
START_TEST(rooms_that_live_and_lost_their_channel_get_another)
{
	daemon_prepare();
	daemon_room("relay-0", "leave");
	daemon_configure(LISTEN "workers: {intake: 1, relay: 1}\n", daemon_ports[0]);
	daemon_start(NULL, false);
	daemon_log_has("event=channel-mended level=warn room=relay index=0 peer=queue peer_index=0", 1);
	daemon_events_have("relay-0 peer queue-0", 2);
	daemon_events_have("queue-0 peer relay-0", 2);
	ck_assert_uint_eq(daemon_events_count("relay-0 start"), 1);
	ck_assert_uint_eq(daemon_events_count("queue-0 start"), 1);
	ck_assert_uint_eq(daemon_events_count("intake-0 peer queue-0"), 1);
	daemon_clear();
}
END_TEST

START_TEST(a_room_that_keeps_dying_waits_longer_every_time)
{
	daemon_prepare();
	daemon_configure(LISTEN "workers: {intake: 1, relay: 1}\n", daemon_ports[0]);
	daemon_room("relay-0", "exit 70");
	daemon_start(NULL, false);
	daemon_log_has("room=relay index=0 pid=", 2 * 3 + 0);
	ck_assert_uint_eq(daemon_log_count("status=70 reason=- restart=1.00"), 1);
	ck_assert_uint_eq(daemon_log_count("status=70 reason=- restart=2.00"), 1);
	ck_assert_uint_eq(daemon_log_count("status=70 reason=- restart=4.00"), 1);
	ck_assert_uint_eq(daemon_log_count("event=ready"), 0);
	daemon_clear();
}
END_TEST

START_TEST(a_good_configuration_is_handed_out_and_sockets_survive)
{
	char inode[64];
	int client;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	start();
	/* A client in the backlog that nobody has accepted yet. */
	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	address.sin_port = htons(daemon_ports[0]);
	ck_assert_int_eq(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
	daemon_configure("hostname: mx2.example.org\nlisten: [127.0.0.1:%u, {address: 127.0.0.1:%u, tls: implicit}]\n"
	    "workers: {intake: 2, relay: 1}\ngrace: 1s\n", daemon_ports[0], daemon_ports[1]);
	kill(daemon_pid, SIGHUP);
	daemon_log_has("event=reload file=", 1);
	daemon_events_have("setup 2 mx2.example.org", 2);
	daemon_events_have("setup 1 mx2.example.org", 4);
	daemon_events_have("queue-0 directory intake-1 own=0", 1);
	daemon_events_have("queue-0 peer intake-1", 1);
	daemon_events_have("intake-1 start", 1);
	/* The old socket is not mentioned to intake-0 again, and intake-1 has the same one. */
	ck_assert_uint_eq(daemon_events_count("intake-0 listener 1 "), 1);
	daemon_events_have("intake-0 listener 4 127.0.0.1:", 1);
	daemon_events_have("intake-1 listener 4 127.0.0.1:", 1);
	ck_assert_uint_eq(daemon_events_count("gone"), 0);
	ck_assert_uint_eq(daemon_events_count("intake-0 start"), 1);
	snprintf(inode, sizeof(inode), "listener 1 127.0.0.1:%u kind=0 ", daemon_ports[0]);
	ck_assert_uint_eq(daemon_events_count(inode), 2);
	/* And back: the second socket goes, and so does the second worker, with its grace period. */
	daemon_configure(LISTEN "workers: {intake: 1, relay: 1}\ngrace: 1s\n", daemon_ports[0]);
	kill(daemon_pid, SIGHUP);
	daemon_events_have("intake-0 gone 4", 1);
	daemon_events_have("intake-1 stop 1000", 1);
	daemon_events_have("intake-1 stopped", 1);
	daemon_log_has("room=intake index=1", 2);
	ck_assert_int_eq(send(client, "x", 1, MSG_NOSIGNAL), 1);
	close(client);
	daemon_clear();
}
END_TEST

/* Its door is not intake's, and intake's are not its; without a door there is no such room. */
START_TEST(web_has_its_own_door_and_nothing_else)
{
	char line[100];

	start();
	ck_assert_uint_eq(daemon_events_count("web-0"), 0);
	daemon_configure(LISTEN "workers: {intake: 1, relay: 1}\ngrace: 1s\nmetrics: {listen: 127.0.0.1:%u}\n",
	    daemon_ports[0], daemon_ports[1]);
	kill(daemon_pid, SIGHUP);
	daemon_events_have("web-0 start", 1);
	snprintf(line, sizeof(line), " 127.0.0.1:%u kind=%d ", daemon_ports[1], LISTENER_METRICS);
	daemon_events_have(line, 1);
	ck_assert_uint_eq(daemon_events_count("web-0 listener"), 1);
	ck_assert_uint_eq(daemon_events_count("intake-0 listener"), 2);
	ck_assert_uint_eq(daemon_events_count("web-0 key"), 0);
	ck_assert_uint_eq(daemon_events_count("web-0 directory"), 0);
	ck_assert_uint_eq(daemon_events_count("web-0 peer"), 0);
	daemon_configure(LISTEN "workers: {intake: 1, relay: 1}\ngrace: 1s\n", daemon_ports[0]);
	kill(daemon_pid, SIGHUP);
	daemon_events_have("web-0 stopped", 1);
	daemon_clear();
}
END_TEST

START_TEST(a_listener_that_changes_its_kind_keeps_its_socket)
{
	start();
	daemon_configure("hostname: mx.example.org\nlisten: {address: 127.0.0.1:%u, tls: implicit}\n"
	    "workers: {intake: 1, relay: 1}\n", daemon_ports[0]);
	kill(daemon_pid, SIGHUP);
	daemon_events_have("intake-0 listener 4 127.0.0.1:", 1);
	ck_assert_int_lt(daemon_events_at("intake-0 gone 1"), daemon_events_at("intake-0 listener 4 "));
	ck_assert_uint_eq(daemon_events_count("kind=1"), 1);
	daemon_clear();
}
END_TEST

START_TEST(a_bad_configuration_changes_nothing_and_every_error_is_logged)
{
	start();
	daemon_configure("hostnaem: mx2.example.org\nlimits: {size: 5}\ncertificate: /nonexistent.pem\n");
	kill(daemon_pid, SIGHUP);
	daemon_log_has("what=\"unknown key \\\"hostnaem\\\"; did you mean hostname?\"", 1);
	daemon_log_has("line=5 what=\"limits.size: \\\"5\\\": not a size: a number and K, M or G\"", 1);
	daemon_log_has("result=\"nothing was changed\"", 1);
	/* Well-formed, but a file is missing, and a socket cannot be had: nothing of it counts either. */
	daemon_configure("hostname: mx2.example.org\ncertificate: /nonexistent.pem\n");
	kill(daemon_pid, SIGHUP);
	daemon_log_has("/nonexistent.pem: No such file or directory", 1);
	daemon_configure("hostname: mx2.example.org\nlisten: [127.0.0.1:%u, 192.0.2.1:%u]\n", daemon_ports[1],
	    daemon_ports[2]);
	kill(daemon_pid, SIGHUP);
	daemon_log_has("Cannot assign requested address", 1);
	daemon_configure("hostname: mx2.example.org\nspool:\n");
	kill(daemon_pid, SIGHUP);
	daemon_log_has("not YAML", 0);
	daemon_log_has("result=\"nothing was changed\"", 4);
	ck_assert_uint_eq(daemon_events_count("mx2.example.org"), 0);
	ck_assert_uint_eq(daemon_events_count("listener"), 2);
	/* What was prepared in vain was let go of: the port is free. */
	daemon_configure("hostname: mx3.example.org\nlisten: 127.0.0.1:%u\nworkers: {intake: 1, relay: 1}\n",
	    daemon_ports[1]);
	kill(daemon_pid, SIGHUP);
	daemon_events_have("mx3.example.org", 5);
	daemon_clear();
}
END_TEST

START_TEST(the_spool_cannot_move_while_it_runs)
{
	FILE *file;

	start();
	file = fopen(daemon_path("sealpost.yaml"), "w");
	fprintf(file, "hostname: mx2.example.org\nspool:\n  directory: %s/other\n", daemon_folder);
	fclose(file);
	kill(daemon_pid, SIGHUP);
	daemon_log_has("spool.directory: was ", 1);
	daemon_log_has("result=\"nothing was changed\"", 1);
	daemon_clear();
}
END_TEST

START_TEST(rooms_stop_in_the_order_that_loses_nothing)
{
	static const char *const order[] = { "intake-0 stop 1000\n", "intake-0 stopped", "relay-0 stop 1000\n",
		"relay-0 stopped", "queue-0 stop 1000\n", "queue-0 stopped", NULL };

	start();
	kill(daemon_pid, SIGTERM);
	daemon_ends(EX_OK);
	in_order(order);
	ck_assert_int_lt(daemon_events_at("relay-0 stopped"), daemon_events_at("report-0 stop 1000\n"));
	ck_assert_int_lt(daemon_events_at("relay-0 stopped"), daemon_events_at("policy-0 stop 1000\n"));
	ck_assert_uint_eq(daemon_events_count("start"), 5);
	ck_assert_int_ne(access(daemon_path("control"), F_OK), 0);
	ck_assert_int_ne(access(daemon_path("submission"), F_OK), 0);
	daemon_clear();
}
END_TEST

START_TEST(a_room_that_does_not_stop_is_killed_after_the_grace_period)
{
	time_t begun;

	daemon_prepare();
	daemon_configure(LISTEN "workers: {intake: 1, relay: 1}\ngrace: 1s\n", daemon_ports[0]);
	daemon_room("intake-0", "deaf");
	daemon_start(NULL, false);
	daemon_log_has("event=ready", 1);
	begun = time(NULL);
	kill(daemon_pid, SIGTERM);
	daemon_ends(EX_OK);
	ck_assert_int_ge(time(NULL) - begun, 5);
	ck_assert_uint_eq(daemon_log_count("event=room-killed level=warn room=intake"), 1);
	ck_assert_uint_eq(daemon_events_count("queue-0 stopped"), 1);
	daemon_clear();
}
END_TEST

START_TEST(a_second_signal_hurries)
{
	time_t begun;

	daemon_prepare();
	daemon_configure(LISTEN "workers: {intake: 1, relay: 1}\ngrace: 50s\n", daemon_ports[0]);
	daemon_room("intake-0", "deaf");
	daemon_start(NULL, false);
	daemon_log_has("event=ready", 1);
	begun = time(NULL);
	kill(daemon_pid, SIGTERM);
	daemon_events_have("intake-0 stop 50000", 1);
	kill(daemon_pid, SIGTERM);
	daemon_events_have("intake-0 stop 0\n", 1);
	daemon_ends(EX_OK);
	ck_assert_int_le(time(NULL) - begun, 10);
	ck_assert_uint_eq(daemon_events_count("queue-0 stop 0\n"), 1);
	daemon_clear();
}
END_TEST

/* Encrypt the key that a first start made. */
static void
key_lock(void)
{
	char command[PATH_MAX * 3];

	snprintf(command, sizeof(command), "cd %s/spool/keys && openssl pkey -aes256 -passout pass:secret -in spool.pem "
	    "-out locked.pem && mv locked.pem spool.pem && chmod 0600 spool.pem && chown --reference=. spool.pem",
	    daemon_folder);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(a_locked_spool_takes_mail_and_waits_for_its_passphrase)
{
	struct buf answer;

	buf_init(&answer, 65536);
	start();
	kill(daemon_pid, SIGTERM);
	daemon_ends(EX_OK);
	key_lock();
	daemon_start(NULL, false);
	daemon_log_has("spool=locked", 1);
	ck_assert_uint_eq(daemon_events_count("intake-0 start"), 2);
	ck_assert_uint_eq(daemon_events_count("queue-0 start"), 1);
	ck_assert_uint_eq(daemon_events_count("relay-0 start"), 1);
	ck_assert_uint_eq(daemon_events_count("report-0 start"), 1);
	ck_assert_uint_eq(daemon_events_count("policy-0 start"), 1);
	ck_assert_int_eq(daemon_ask("queue list", NULL, &answer), EX_TEMPFAIL);
	ck_span_eq(buf_span(&answer), "the spool is locked: sealpost unlock");
	buf_empty(&answer);
	ck_assert_int_eq(daemon_ask("unlock", "guess", &answer), 1);
	ck_assert_int_eq(daemon_ask("unlock", NULL, &answer), 1);
	ck_assert_uint_eq(daemon_events_count("queue-0 start"), 1);
	buf_empty(&answer);
	ck_assert_int_eq(daemon_ask("unlock", "secret", &answer), 0);
	ck_span_eq(buf_span(&answer), "the spool is unlocked");
	daemon_events_have("queue-0 start", 2);
	daemon_events_have("queue-0 key public=1 private=1", 2);
	daemon_events_have("intake-0 peer queue-0", 2);
	daemon_log_has("spool=open", 3);
	ck_assert_int_eq(daemon_ask("unlock", "secret", &answer), 1);
	/* A queue that dies gets the key again, without the operator. */
	kill(pid_of("queue-0"), SIGKILL);
	daemon_events_have("queue-0 key public=1 private=1", 3);
	buf_clear(&answer);
	daemon_clear();
}
END_TEST

static int inherited[2];

/* As the service manager does: from descriptor 3 on. */
static void
hand_over_sockets(void)
{
	char pid[20];

	for (int i = 0; i < 2; i++)
		dup2(inherited[i], 100 + i);
	for (int i = 0; i < 2; i++)
		dup2(100 + i, 3 + i);
	close(100);
	close(101);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "2", 1);
	setenv("LISTEN_FDNAMES", "mail:control", 1);
}

START_TEST(sockets_of_the_service_manager_are_used)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un path = { .sun_family = AF_UNIX };
	struct stat st;
	char line[200];
	struct buf answer;

	daemon_prepare();
	daemon_configure(LISTEN "workers: {intake: 1, relay: 1}\n", daemon_ports[0]);
	address.sin_port = htons(daemon_ports[0]);
	snprintf(path.sun_path, sizeof(path.sun_path), "%s/control", daemon_folder);
	inherited[0] = socket(AF_INET, SOCK_STREAM, 0);
	inherited[1] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(inherited[0], (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(bind(inherited[1], (struct sockaddr *)&path, sizeof(path)), 0);
	ck_assert_int_eq(listen(inherited[0], 10), 0);
	ck_assert_int_eq(listen(inherited[1], 10), 0);
	fstat(inherited[0], &st);
	daemon_start(hand_over_sockets, false);
	daemon_log_has("event=ready", 1);
	snprintf(line, sizeof(line), "inode=%lu\n", (unsigned long)st.st_ino);
	ck_assert_uint_eq(daemon_events_count(line), 1);
	ck_assert_uint_eq(daemon_events_count("surplus=0"), 5);
	buf_init(&answer, 65536);
	ck_assert_int_eq(daemon_ask("status", NULL, &answer), 0);
	kill(daemon_pid, SIGTERM);
	daemon_ends(EX_OK);
	/* Not ours to remove. */
	ck_assert_int_eq(access(daemon_path("control"), F_OK), 0);
	buf_clear(&answer);
	close(inherited[0]);
	close(inherited[1]);
	daemon_clear();
}
END_TEST

START_TEST(the_service_manager_hears_what_happens)
{
	struct timespec now;
	char since[64];

	daemon_prepare();
	daemon_configure(LISTEN "workers: {intake: 1, relay: 1}\n", daemon_ports[0]);
	daemon_notify_open();
	daemon_room("queue-0", "unready");
	daemon_start(NULL, false);
	daemon_events_have("intake-0 start", 1);
	nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
	ck_assert_uint_eq(daemon_notify_count("READY=1"), 0);
	daemon_room("queue-0", "");
	kill(pid_of("queue-0"), SIGKILL);
	daemon_notify_has("READY=1\nSTATUS=Taking and delivering mail", 1);
	clock_gettime(CLOCK_MONOTONIC, &now);
	kill(daemon_pid, SIGHUP);
	daemon_notify_has("RELOADING=1\nMONOTONIC_USEC=", 1);
	snprintf(since, sizeof(since), "MONOTONIC_USEC=%ld", (long)now.tv_sec / 100);
	ck_assert_uint_eq(daemon_notify_count(since), 1);
	daemon_notify_has("READY=1", 2);
	ck_assert_uint_eq(daemon_notify_count("WATCHDOG"), 0);
	kill(daemon_pid, SIGTERM);
	daemon_notify_has("STOPPING=1", 1);
	daemon_ends(EX_OK);
	daemon_clear();
	unsetenv("NOTIFY_SOCKET");
}
END_TEST

START_TEST(the_watchdog_is_fed_and_a_room_that_hangs_is_killed)
{
	unsigned fed;

	daemon_prepare();
	daemon_configure(LISTEN "workers: {intake: 1, relay: 1}\n", daemon_ports[0]);
	daemon_notify_open();
	setenv("WATCHDOG_USEC", "2000000", 1);
	daemon_start(NULL, false);
	daemon_notify_has("READY=1", 1);
	daemon_notify_has("WATCHDOG=1", 2);
	/* A room that is stopped by a signal answers nothing. */
	kill(pid_of("relay-0"), SIGSTOP);
	daemon_log_has("event=room-killed level=warn room=relay index=0", 1);
	daemon_events_have("relay-0 start", 2);
	fed = daemon_notify_count("WATCHDOG=1");
	daemon_notify_has("WATCHDOG=1", fed + 2);
	ck_assert_uint_eq(daemon_log_count("room-killed"), 1);
	daemon_clear();
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
}
END_TEST

/* Reading a large spool may take its time; for ever it may not. */
START_TEST(a_room_that_is_still_starting_is_given_more_time)
{
	time_t begun = time(NULL);

	daemon_prepare();
	daemon_configure(LISTEN "workers: {intake: 1, relay: 1}\n", daemon_ports[0]);
	daemon_notify_open();
	setenv("WATCHDOG_USEC", "1000000", 1);
	daemon_room("queue-0", "hang");
	daemon_start(NULL, false);
	daemon_events_have("queue-0 start", 1);
	daemon_notify_has("WATCHDOG=1", 5);
	ck_assert_uint_eq(daemon_log_count("room-killed"), 0);
	daemon_room("queue-0", "");
	daemon_log_has("event=room-killed level=warn room=queue index=0", 1);
	ck_assert_int_ge(time(NULL) - begun, 4);
	daemon_log_has("event=ready", 1);
	daemon_clear();
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
}
END_TEST

START_TEST(status_has_a_row_for_every_room)
{
	struct buf answer;

	buf_init(&answer, 65536);
	start();
	ck_assert_int_eq(daemon_ask("status", NULL, &answer), 0);
	ck_assert_ptr_nonnull(strstr(answer.data, "room=master index=0 "));
	ck_assert_ptr_nonnull(strstr(answer.data, "hostname=mx.example.org"));
	ck_assert_ptr_nonnull(strstr(answer.data, "room=queue index=0 "));
	ck_assert_ptr_nonnull(strstr(answer.data, "mood=fine state=ready restarts=0\n"));
	/* One that hangs is there as well. */
	kill(pid_of("relay-0"), SIGSTOP);
	buf_empty(&answer);
	ck_assert_int_eq(daemon_ask("status", NULL, &answer), 0);
	ck_assert_ptr_nonnull(strstr(answer.data, "room=relay index=0 "));
	ck_assert_ptr_nonnull(strstr(answer.data, "ready=0 state=silent restarts=0\n"));
	kill(pid_of("relay-0"), SIGKILL);
	daemon_log_has("room=relay index=0", 2);
	buf_empty(&answer);
	ck_assert_int_eq(daemon_ask("status", NULL, &answer), 0);
	ck_assert_msg(strstr(answer.data, "room=relay index=0 pid=0 ready=0 state=down restarts=1\n") != NULL, "%s",
	    answer.data);
	buf_clear(&answer);
	daemon_clear();
}
END_TEST

START_TEST(requests_for_the_queue_are_handed_to_it)
{
	struct buf answer;

	buf_init(&answer, 65536);
	start();
	ck_assert_int_eq(daemon_ask("queue hold", "--all", &answer), 1);
	ck_span_eq(buf_span(&answer), "verb=queue hold argument=--all\nas you say");
	daemon_events_have("queue-0 request queue hold", 1);
	buf_empty(&answer);
	ck_assert_int_eq(daemon_ask("queue burn", NULL, &answer), EX_USAGE);
	ck_assert_int_eq(daemon_ask("", NULL, &answer), EX_USAGE);
	buf_clear(&answer);
	daemon_clear();
}
END_TEST

/* Each verb, the room that answers it, and an argument. */
static const struct { const char *verb, *argument, *room; } handed[] = {
	{ "policy list", NULL, "policy" }, { "policy show", "example.org", "policy" }, { "policy refresh", "example.org", "policy" },
	{ "policy forget", "example.org", "policy" }, { "policy preload", "example.org enforce mx.example.org 0", "policy" },
	{ "policy warm", "example.org", "policy" }, { "policy observed", NULL, "policy" }, { "exception list", NULL, "policy" },
	{ "exception add", "example.org", "policy" }, { "exception remove", "example.org", "policy" },
	{ "notice list", NULL, "report" }, { "notice preview", "example.org", "report" }, { "notice stats", NULL, "report" },
	{ "notice send", "example.org", "report" }, { "notice suppress", "example.org", "report" }, { "notice allow", "example.org", "report" },
	{ "explain", "example.org", "relay" },
};

START_TEST(requests_about_policies_are_handed_to_who_knows)
{
	char wanted[200];
	struct buf answer;

	buf_init(&answer, 65536);
	start();
	for (size_t i = 0; i < sizeof(handed) / sizeof(*handed); i++) {
		buf_empty(&answer);
		ck_assert_int_eq(daemon_ask(handed[i].verb, handed[i].argument, &answer), 1);
		snprintf(wanted, sizeof(wanted), "%s-0 request %s\n", handed[i].room, handed[i].verb);
		daemon_events_have(wanted, 1);
	}
	/* Changes are written down with who wanted them; questions are not. */
	daemon_log_has("event=operator", 9);
	ck_assert_uint_eq(daemon_log_count("verb=\"exception add\""), 1);
	ck_assert_uint_eq(daemon_log_count("verb=explain"), 0);
	/* It connects to somebody. */
	buf_empty(&answer);
	ck_assert_int_eq(daemon_ask("explain", "--live", &answer), 1);
	daemon_log_has("verb=explain", 1);
	daemon_room("policy-0", "unready");
	kill(pid_of("policy-0"), SIGKILL);
	daemon_events_have("policy-0 start", 2);
	buf_empty(&answer);
	ck_assert_int_eq(daemon_ask("policy list", NULL, &answer), EX_TEMPFAIL);
	ck_span_eq(buf_span(&answer), "the policy room is not ready: see sealpost status, or the log");
	buf_clear(&answer);
	daemon_clear();
}
END_TEST

/* dns.dnssec: required, and a resolver that does not validate: no relay at all rather than one that asks for less. */
START_TEST(a_room_that_refuses_its_configuration_ends_the_first_start)
{
	daemon_prepare();
	daemon_configure(LISTEN "workers: {intake: 1, relay: 1}\n", daemon_ports[0]);
	daemon_room("relay-0", "exit 78");
	daemon_start(NULL, false);
	daemon_ends(EX_CONFIG);
	daemon_log_has("event=refused level=error room=relay", 1);
	ck_assert_uint_eq(daemon_log_count("event=ready"), 0);
	ck_assert_uint_eq(daemon_events_count("queue-0 stopped"), 1);
	daemon_clear();
}
END_TEST

/* Mail that was taken is not given up because a resolver changed. */
START_TEST(a_room_that_refuses_later_is_tried_again)
{
	start();
	daemon_room("relay-0", "exit 78");
	kill(pid_of("relay-0"), SIGKILL);
	daemon_log_has("room=relay index=0 pid=", 3 * 2);
	ck_assert_uint_eq(daemon_log_count("status=78 reason=- restart=2.00"), 1);
	ck_assert_uint_eq(daemon_log_count("event=refused"), 0);
	daemon_room("relay-0", "");
	daemon_events_have("relay-0 start", 4);
	daemon_clear();
}
END_TEST

START_TEST(a_reload_that_is_asked_for_says_what_is_wrong)
{
	struct buf answer;

	buf_init(&answer, 65536);
	start();
	daemon_configure("hostname: mx2.example.org\nlisten: 127.0.0.1:%u\nworkers: {intake: 1, relay: 1}\n",
	    daemon_ports[0]);
	ck_assert_int_eq(daemon_ask("reload", NULL, &answer), 0);
	ck_span_eq(buf_span(&answer), "the configuration was read and applied");
	daemon_events_have("mx2.example.org", 5);
	daemon_configure("grace: 5\n");
	buf_empty(&answer);
	ck_assert_int_eq(daemon_ask("reload", NULL, &answer), EX_CONFIG);
	ck_assert_ptr_nonnull(strstr(answer.data, " line=4 level=error text=grace: \"5\": not a duration"));
	ck_assert_ptr_nonnull(strstr(answer.data, "nothing was changed"));
	buf_clear(&answer);
	daemon_clear();
}
END_TEST

START_TEST(nonsense_on_the_control_socket_ends_that_connection_only)
{
	static const char nonsense[] = "EHLO example.org\r\nQUIT\r\n";
	struct buf answer;
	char octet;
	int fd, many[100];

	buf_init(&answer, 65536);
	start();
	fd = daemon_connect("control");
	ck_assert_int_eq(write(fd, nonsense, sizeof(nonsense)), sizeof(nonsense));
	ck_assert_int_eq(read(fd, &octet, 1), 0);
	close(fd);
	for (int i = 0; i < 100; i++)
		ck_assert_int_ge(many[i] = daemon_connect("control"), 0);
	for (int i = 0; i < 100; i++)
		close(many[i]);
	/* It notices a little later that the hundred are gone. */
	for (int i = 0; i < 100 && daemon_ask("status", NULL, &answer) != 0; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	buf_empty(&answer);
	ck_assert_int_eq(daemon_ask("status", NULL, &answer), 0);
	buf_clear(&answer);
	daemon_clear();
}
END_TEST

START_TEST(only_those_who_may_are_answered)
{
	struct buf answer;
	pid_t stranger;
	int status;

	if (geteuid() != 0) {
		printf("only_those_who_may_are_answered: skipped, it needs the superuser\n");
		return;
	}
	buf_init(&answer, 65536);
	start();
	chmod(daemon_path("control"), 0777);
	stranger = fork();
	if (stranger == 0) {
		if (setgid(12345) < 0 || setuid(12345) < 0)
			_exit(99);
		/* Both to be refused. */
		_exit(daemon_ask("status", NULL, &answer) == EX_NOPERM &&
		    daemon_ask("queue hold", "--all", &answer) == EX_NOPERM ? 0 : 1);
	}
	waitpid(stranger, &status, 0);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(daemon_events_count("request"), 0);
	daemon_log_has("verb=\"queue hold\" uid=12345 result=refused", 1);
	buf_clear(&answer);
	daemon_clear();
}
END_TEST

START_TEST(two_of_us_never_share_a_spool)
{
	pid_t first;

	start();
	first = daemon_pid;
	daemon_start(NULL, false);
	daemon_ends(EX_CONFIG);
	daemon_pid = first;
	daemon_log_has("another sealpostd has it", 1);
	daemon_clear();
}
END_TEST

/* Killed without a chance to say anything: its rooms end on their own, and the next one starts. */
START_TEST(after_a_kill_the_next_one_takes_over)
{
	start();
	kill(daemon_pid, SIGKILL);
	waitpid(daemon_pid, NULL, 0);
	daemon_start(NULL, false);
	daemon_log_has("event=ready", 2);
	daemon_events_have("queue-0 start", 2);
	daemon_clear();
}
END_TEST

START_TEST(what_cannot_start_says_why)
{
	daemon_prepare();
	daemon_configure("hostname: mx.example.org\nnonsense: 1\n");
	daemon_start(NULL, false);
	daemon_ends(EX_CONFIG);
	daemon_log_has("unknown key \\\"nonsense\\\"", 1);
	unlink(daemon_path("libexec/relay"));
	daemon_start(NULL, false);
	daemon_ends(EX_CONFIG);
	daemon_log_has("libexec/relay: No such file or directory", 1);
	ck_assert_uint_eq(daemon_events_count("start"), 0);
	daemon_clear();
}
END_TEST

/* Users of our own, seen by this process and its children only. Returns false when that is not to be had. */
static bool
users_make(void)
{
	static const char *const names[] = { "sealpost-intake", "sealpost-queue", "sealpost-relay", "sealpost-report",
		"sealpost-policy", "sealpost-web" };
	FILE *passwd = fopen(daemon_path("passwd"), "w"), *group = fopen(daemon_path("group"), "w");

	fprintf(passwd, "root:x:0:0::/root:/bin/sh\n");
	fprintf(group, "root:x:0:\nsealpost:x:4199:\nmail-sockets:x:4198:sealpost-relay\nsealpost-facts:x:4197:\n");
	for (int i = 0; i < 6; i++) {
		fprintf(passwd, "%s:x:%d:%d::/nonexistent:/usr/sbin/nologin\n", names[i], 4101 + i, 4101 + i);
		fprintf(group, "%s:x:%d:\n", names[i], 4101 + i);
	}
	fclose(passwd);
	fclose(group);
	return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount(daemon_path("passwd"), "/etc/passwd", NULL, MS_BIND, NULL) == 0 &&
	    mount(daemon_path("group"), "/etc/group", NULL, MS_BIND, NULL) == 0;
}

static void
owned(const char *name, uid_t uid, gid_t gid, mode_t mode)
{
	struct stat st;

	ck_assert_int_eq(lstat(daemon_path(name), &st), 0);
	ck_assert_msg(st.st_uid == uid && st.st_gid == gid && (st.st_mode & 07777) == mode, "%s: %d:%d %04o", name,
	    (int)st.st_uid, (int)st.st_gid, (unsigned)(st.st_mode & 07777));
}

START_TEST(as_the_superuser_every_room_has_its_own_user)
{
	daemon_prepare();
	if (geteuid() != 0 || !users_make()) {
		printf("as_the_superuser_every_room_has_its_own_user: skipped, it needs the superuser\n");
		daemon_clear();
		return;
	}
	daemon_configure(LISTEN "workers: {intake: 1, relay: 1}\n", daemon_ports[0]);
	/* Everything from the beginning, the key too. */
	ck_assert_int_eq(rename(daemon_path("spool"), daemon_path("unused")), 0);
	daemon_start(NULL, true);
	daemon_log_has("event=ready", 1);
	daemon_log_has("event=key what=made", 1);
	daemon_events_have(" uid=4101 gid=4101 surplus=0", 1);
	daemon_events_have(" uid=4102 gid=4102 surplus=0", 1);
	daemon_events_have(" uid=4103 gid=4103 surplus=0", 1);
	daemon_events_have(" uid=4104 gid=4104 surplus=0", 1);
	daemon_events_have(" uid=4105 gid=4105 surplus=0", 1);
	owned("spool", 0, 0, 0711);
	owned("spool/intake-0", 4101, 4102, 02770);
	owned("spool/report-0", 4104, 4102, 02770);
	owned("spool/queue", 4102, 4102, 0700);
	owned("spool/policy", 4105, 4105, 0700);
	owned("spool/ledger", 4104, 4104, 0700);
	owned("spool/keys", 0, 0, 0700);
	owned("spool/keys/spool.pem", 0, 0, 0600);
	owned("control", 0, 4199, 0660);
	owned("submission", 0, 4199, 0666);
	daemon_clear();
}
END_TEST

/* What a program of that user and group is answered by the door of facts: 1 is the stand-in's. */
static void
door_answers(const char *door, uid_t uid, gid_t gid, const char *verb, int code)
{
	struct buf answer;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		buf_init(&answer, 65536);
		if (setgroups(0, NULL) < 0 || setgid(gid) < 0 || setuid(uid) < 0)
			_exit(99);
		daemon_door = door;
		_exit(daemon_ask(verb, "x", &answer));
	}
	waitpid(pid, &status, 0);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == code, "%s: %u:%u: %s: %d", door, uid, gid, verb, WEXITSTATUS(status));
}

/* Who may add to the ledger may do nothing else; and by that door nobody may, not even the superuser. */
START_TEST(the_door_of_facts_is_for_one_verb)
{
	static const char *const others[] = { "status", "metrics", "reload", "unlock", "peers", "stats", "queue list", "queue remove",
		"policy forget", "exception add", "tlsrpt send", "explain" };

	daemon_prepare();
	if (geteuid() != 0 || !users_make()) {
		printf("the_door_of_facts_is_for_one_verb: skipped, it needs the superuser\n");
		daemon_clear();
		return;
	}
	daemon_configure(LISTEN "workers: {intake: 1, relay: 1}\nledger: {socket: %s}\n", daemon_ports[0], daemon_path("facts"));
	daemon_start(NULL, true);
	daemon_log_has("event=ready", 1);
	owned("facts", 0, 4197, 0660);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		door_answers("facts", 4150, 4197, others[i], EX_NOPERM);
		door_answers("facts", 0, 0, others[i], EX_NOPERM);
	}
	door_answers("facts", 4150, 4197, "ledger add", 1);
	door_answers("facts", 0, 0, "ledger add", 1);
	door_answers("control", 0, 0, "ledger add", 1);
	door_answers("control", 4150, 4199, "ledger add", EX_NOPERM);
	/* The door itself is shut to others; and were it open, they would not be heard. */
	chmod(daemon_path("facts"), 0666);
	chmod(daemon_path("control"), 0666);
	door_answers("facts", 4150, 4150, "ledger add", EX_NOPERM);
	door_answers("facts", 4150, 4199, "ledger add", EX_NOPERM);
	door_answers("control", 4150, 4197, "ledger add", EX_NOPERM);
	door_answers("control", 4150, 4197, "status", EX_NOPERM);
	ck_assert_uint_eq(daemon_events_count("request ledger add"), 3);
	ck_assert_uint_eq(daemon_log_count("verb=\"ledger add\" uid=4150 result=allowed"), 0);
	ck_assert_uint_eq(daemon_log_count("verb=\"queue remove\" uid=4150 result=refused"), 1);
	daemon_clear();
}
END_TEST

START_TEST(a_missing_user_is_named)
{
	if (geteuid() != 0 || getpwnam("sealpost-intake") != NULL) {
		printf("a_missing_user_is_named: skipped, it needs the superuser and no such user\n");
		return;
	}
	daemon_prepare();
	daemon_configure(LISTEN, daemon_ports[0]);
	daemon_start(NULL, true);
	daemon_ends(EX_CONFIG);
	daemon_log_has("there is no user \\\"sealpost-intake\\\": run systemd-sysusers", 1);
	daemon_clear();
}
END_TEST

UNIT_MAIN("daemon", rooms_are_told_what_is_theirs_and_no_more, a_room_that_dies_is_started_again_and_its_peers_are_told,
    rooms_that_live_and_lost_their_channel_get_another,
    a_room_that_keeps_dying_waits_longer_every_time, a_good_configuration_is_handed_out_and_sockets_survive,
    web_has_its_own_door_and_nothing_else, a_listener_that_changes_its_kind_keeps_its_socket,
    a_bad_configuration_changes_nothing_and_every_error_is_logged, the_spool_cannot_move_while_it_runs,
    rooms_stop_in_the_order_that_loses_nothing, a_room_that_does_not_stop_is_killed_after_the_grace_period,
    a_second_signal_hurries, a_locked_spool_takes_mail_and_waits_for_its_passphrase,
    sockets_of_the_service_manager_are_used, the_service_manager_hears_what_happens,
    the_watchdog_is_fed_and_a_room_that_hangs_is_killed,
    a_room_that_is_still_starting_is_given_more_time, status_has_a_row_for_every_room,
    requests_for_the_queue_are_handed_to_it, requests_about_policies_are_handed_to_who_knows,
    a_room_that_refuses_its_configuration_ends_the_first_start, a_room_that_refuses_later_is_tried_again,
    a_reload_that_is_asked_for_says_what_is_wrong,
    nonsense_on_the_control_socket_ends_that_connection_only, only_those_who_may_are_answered,
    two_of_us_never_share_a_spool, after_a_kill_the_next_one_takes_over, what_cannot_start_says_why,
    as_the_superuser_every_room_has_its_own_user, the_door_of_facts_is_for_one_verb, a_missing_user_is_named)
