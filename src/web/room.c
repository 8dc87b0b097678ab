/* From master's sockets to the server, and from master's census to text. */
#include "web/room.h"

#include "base/log.h"
#include "conf/web.h"
#include "metrics/count.h"
#include "metrics/sample.h"
#include "metrics/text.h"
#include "web/server.h"

static void
on_setup(void *unused, const struct setup *setup, const void *slice)
{
	static bool is_open;

	(void)unused;
	(void)setup;
	(void)slice;
	if (!is_open)
		server_open(room_want_census);
	is_open = true;
}

static void
on_listener(void *unused, const struct listener *listener, int fd)
{
	(void)unused;
	server_add(listener->id, fd);
}

static void
on_listener_gone(void *unused, uint32_t id)
{
	(void)unused;
	server_drop(id);
}

static void
on_census(void *unused, struct span census)
{
	struct buf text;

	(void)unused;
	buf_init(&text, TEXT_OCTETS_MAX);
	if (text_write(&text, census)) {
		server_tell(buf_span(&text));
	} else {
		log_error("census", LOG_TEXT("what", "master tells what makes no sense"));
		server_tell(SPAN(""));
	}
	buf_clear(&text);
}

static void
on_count(void *unused, struct buf *samples)
{
	(void)unused;
	count_tell(samples);
	sample_put(samples, METRIC_WEB_CONNECTIONS, server_connections());
}

const struct room_handler web_room_handler = {
	.slice = &conf_web_slice, .on_setup = on_setup, .on_listener = on_listener, .on_listener_gone = on_listener_gone,
	.on_count = on_count, .on_census = on_census
};
