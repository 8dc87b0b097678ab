/*
 * Tests of src/lib-auth/spf.c, spf_match.c and spf_known.c: check_hosts of RFC 7208, as rows with a DNS of their own. Each is answered
 * in many orders, and once more with every answer missing, and with time being over, at every point.
 */
#include "auth/spf.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "tests/unit/unit.h"

#define ORDERS 8
#define ZONE_OCTETS 200000
#define RECORDS_MOST 120

/* --- a DNS: lines of "NAME TYPE DATA", "NAME FAILS" for any type, "NAME FAILS TYPE" for one --- */

static const char *const type_names[AUTH_TYPES] = { "A", "AAAA", "MX", "PTR", "TXT" };

/* Room for the records of one answer. */
struct said {
	struct auth_answer answer;
	struct ip addresses[RECORDS_MOST];
	struct auth_mx mx[RECORDS_MOST];
	const char *names[RECORDS_MOST];
	struct span texts[RECORDS_MOST];
};

static void
record_add(struct said *said, enum auth_type type, struct span data, struct arena *arena)
{
	struct span preference;
	uint64_t number = 0;
	size_t i = said->answer.count++;

	ck_assert_uint_lt(i, RECORDS_MOST);
	if (type == AUTH_A || type == AUTH_AAAA) {
		ck_assert_msg(ip_parse(data, &said->addresses[i]), "%.*s", SPAN_ARG(data));
		said->answer.addresses = said->addresses;
	} else if (type == AUTH_MX) {
		ck_assert(span_cut(&data, ' ', &preference) && span_to_u64(preference, 65535, &number));
		said->mx[i] = (struct auth_mx){ (uint16_t)number, data.data == NULL ? "" : arena_copy(arena, data) };
		said->answer.mx = said->mx;
	} else if (type == AUTH_PTR) {
		said->names[i] = arena_copy(arena, data);
		said->answer.names = said->names;
	} else {
		said->texts[i] = arena_span(arena, data);
		said->answer.texts = said->texts;
	}
}

static void
line_apply(struct said *said, const struct auth_question *question, struct span line, struct arena *arena, bool *fails)
{
	struct span name, type;

	if (!span_cut(&line, ' ', &name) || !span_equal_nocase(name, span_of(question->name)))
		return;
	if (said->answer.status == AUTH_NO_NAME)
		said->answer.status = AUTH_NO_DATA;
	ck_assert(span_cut(&line, ' ', &type));
	if (span_equal(type, SPAN("FAILS")))
		*fails = *fails || line.length == 0 || span_equal(line, span_of(type_names[question->type]));
	else if (span_equal(type, span_of(type_names[question->type])))
		record_add(said, question->type, line, arena);
}

static void
zone_say(const char *zone, const struct auth_question *question, struct said *said, struct arena *arena)
{
	struct span rest = span_of(zone), line;
	bool fails = false;

	said->answer = (struct auth_answer){ .status = AUTH_NO_NAME };
	while (span_cut(&rest, '\n', &line))
		line_apply(said, question, line, arena, &fails);
	if (said->answer.count > 0)
		said->answer.status = AUTH_FOUND;
	if (!fails)
		return;
	said->answer.status = AUTH_FAILED;
	said->answer.count = 0;
}

/* --- an evaluation, played --- */

/* What is asked, and what becomes of it. */
struct play {
	struct spf_asked asked;
	const char *zone;
	unsigned order;		/* 0 = as they come, 1 = the last first, more = by chance */
	int fails_from;		/* this answer, and */
	int fails_to;		/* all in front of that one, are not there */
	int expires_at;		/* time is over in front of this answer; -1 = never */
};

static unsigned
pick(unsigned order, unsigned count, uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return order == 0 ? 0 : order == 1 ? count - 1 : (unsigned)(*state >> 33) % count;
}

/* Returns the finding; *spf is to be freed. */
static const struct spf_finding *
play(const struct play *play, struct spf **out)
{
	struct spf *spf = spf_new(&play->asked);
	struct auth_question waiting[SPF_QUESTIONS_MOST];
	struct arena *arena = arena_new();
	static struct said said;
	uint64_t state = play->order;
	unsigned count = 0;

	for (int step = 0; !spf_is_done(spf); step++) {
		unsigned at;

		while (spf_ask(spf, &waiting[count]))
			ck_assert_uint_lt(++count, SPF_QUESTIONS_MOST);
		ck_assert_uint_gt(count, 0);
		if (step == play->expires_at) {
			spf_expire(spf, play->asked.deadline_ms - 1);
			ck_assert(!spf_is_done(spf));
			spf_expire(spf, play->asked.deadline_ms);
			break;
		}
		at = pick(play->order, count, &state);
		zone_say(play->zone, &waiting[at], &said, arena);
		if (step >= play->fails_from && step < play->fails_to)
			said.answer = (struct auth_answer){ .status = AUTH_FAILED };
		spf_answer(spf, waiting[at].number, &said.answer, 0);
		waiting[at] = waiting[--count];
	}
	arena_free(&arena);
	ck_assert(spf_is_done(spf));
	/* What comes late changes nothing, and nothing more is asked. */
	for (unsigned i = 0; i < count; i++)
		spf_answer(spf, waiting[i].number, &(struct auth_answer){ .status = AUTH_FAILED }, 0);
	ck_assert(!spf_ask(spf, &waiting[0]));
	*out = spf;
	return spf_finding(spf);
}

static struct spf_asked
asked_of(const char *ip, const char *helo, const char *from)
{
	struct spf_asked asked = { .identity = from == NULL ? SPF_HELO : SPF_MAIL_FROM, .helo = span_of(helo), .mail_from = span_of(from),
		.receiver = SPAN("relay.example.net"), .now_s = 1772323200, .deadline_ms = SPF_TIME_MS, .voids_most = SPF_VOIDS_MOST };

	ck_assert(ip_parse(span_of(ip), &asked.ip));
	return asked;
}

/* --- scenarios --- */

#define D "d.example TXT v=spf1 "

/* client of all rows that do not say otherwise */
#define IP4 "192.0.2.3"
#define IP6 "2001:db8::cb01"
#define PTR4 "3.2.0.192.in-addr.arpa PTR "
#define PTR6 "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR "

#define L63 "123456789012345678901234567890123456789012345678901234567890123"

static const struct scenario {
	const char *name;
	const char *zone;
	const char *ip, *helo, *from;	/* NULL: IP4, "mx.d.example", "user@d.example"; from "" = the null path; "HELO" = that identity */
	enum spf_result result;
	const char *mechanism;		/* NULL = not looked at */
	const char *explanation;
} scenarios[] = {
	/* P1: TXT only, "v=spf1" and a space or nothing; strings were joined by then */
	{ "no record", "d.example TXT spf2.0/mfrom -all\nd.example TXT v=spf10 -all", NULL, NULL, NULL, SPF_NONE, "", "" },
	{ "no TXT at all", "d.example A 192.0.2.3", NULL, NULL, NULL, SPF_NONE, "", "" },
	{ "an empty record", "d.example TXT v=spf1", NULL, NULL, NULL, SPF_NEUTRAL, "", "" },
	{ "two records", D "-all\nd.example TXT V=SPF1 +all", NULL, NULL, NULL, SPF_PERMERROR, "", "" },
	{ "one among others", "d.example TXT \x96\n" D "-all\nd.example TXT other", NULL, NULL, NULL, SPF_FAIL, "-all", "" },
	{ "octets beyond ASCII", D "a:\xc3\xa4.example -all", NULL, NULL, NULL, SPF_PERMERROR, "a:\xc3\xa4.example", "" },
	/* P2: no domain that could have a record */
	{ "NXDOMAIN", "", NULL, NULL, NULL, SPF_NONE, "", "" },
	{ "a single label", "localhost TXT v=spf1 -all", NULL, NULL, "user@localhost", SPF_NONE, "", "" },
	{ "a label too long", "", NULL, NULL, "user@" L63 "4.example", SPF_NONE, "", "" },
	{ "a label as long as may be", L63 ".example TXT v=spf1 -all", NULL, NULL, "user@" L63 ".example", SPF_FAIL, "-all", "" },
	{ "a name too long", "", NULL, NULL, "user@" L63 "." L63 "." L63 "." L63 ".example", SPF_NONE, "", "" },
	{ "an empty label", "", NULL, NULL, "user@a..example", SPF_NONE, "", "" },
	{ "an address literal", "", NULL, NULL, "user@[192.0.2.3]", SPF_NONE, "", "" },
	{ "a HELO that is a literal", "", NULL, "[192.0.2.3]", "HELO", SPF_NONE, "", "" },
	{ "a HELO of nothing", "", NULL, "", "HELO", SPF_NONE, "", "" },
	{ "a final dot", D "-all", NULL, NULL, "user@d.example.", SPF_FAIL, "-all", "" },
	{ "two final dots", D "-all", NULL, NULL, "user@d.example..", SPF_NONE, "", "" },
	/* P3: an error anywhere */
	{ "an error behind a match", D "+all foo!", NULL, NULL, NULL, SPF_PERMERROR, "foo!", "" },
	{ "an error behind what is not looked at", D "ip4:192.0.2.3 a:", NULL, NULL, NULL, SPF_PERMERROR, "a:", "" },
	/* P8: the DNS fails, for each mechanism */
	{ "the record cannot be had", "d.example FAILS", NULL, NULL, NULL, SPF_TEMPERROR, "", "" },
	{ "a fails", D "a -all\nd.example FAILS A", NULL, NULL, NULL, SPF_TEMPERROR, "a", "" },
	{ "a fails, for IPv6", D "a -all\nd.example FAILS AAAA", IP6, NULL, NULL, SPF_TEMPERROR, "a", "" },
	{ "mx fails", D "mx -all\nd.example FAILS MX", NULL, NULL, NULL, SPF_TEMPERROR, "mx", "" },
	{ "a host of mx fails", D "mx -all\nd.example MX 10 h.example\nh.example FAILS", NULL, NULL, NULL, SPF_TEMPERROR, "mx", "" },
	{ "exists fails", D "exists:h.example -all\nh.example FAILS", NULL, NULL, NULL, SPF_TEMPERROR, "exists:h.example", "" },
	{ "include fails", D "include:h.example -all\nh.example FAILS", NULL, NULL, NULL, SPF_TEMPERROR, "", "" },
	{ "redirect fails", D "redirect=h.example\nh.example FAILS", NULL, NULL, NULL, SPF_TEMPERROR, "", "" },
	{ "ptr fails and does not match", D "ptr -all\n3.2.0.192.in-addr.arpa FAILS", NULL, NULL, NULL, SPF_FAIL, "-all", "" },
	{ "a name of ptr fails and is none",
	  D "ptr -all\n" PTR4 "a.d.example\n" PTR4 "b.d.example\na.d.example FAILS\nb.d.example A 192.0.2.3",
	  NULL, NULL, NULL, SPF_PASS, "ptr", "" },
	{ "what stands behind a match does not matter", D "a exists:h.example -all\nd.example A 192.0.2.3\nh.example FAILS",
	  NULL, NULL, NULL, SPF_PASS, "a", "" },
	/* P9: include */
	{ "include of pass", D "~include:i.example -all\ni.example TXT v=spf1 ip4:192.0.2.3 -all",
	  NULL, NULL, NULL, SPF_SOFTFAIL, "~include:i.example", "" },
	{ "include of fail", D "include:i.example ~all\ni.example TXT v=spf1 -all", NULL, NULL, NULL, SPF_SOFTFAIL, "~all", "" },
	{ "include of softfail", D "include:i.example -all\ni.example TXT v=spf1 ~all", NULL, NULL, NULL, SPF_FAIL, "-all", "" },
	{ "include of neutral", D "include:i.example -all\ni.example TXT v=spf1 ?all", NULL, NULL, NULL, SPF_FAIL, "-all", "" },
	{ "include of nothing said", D "include:i.example -all\ni.example TXT v=spf1", NULL, NULL, NULL, SPF_FAIL, "-all", "" },
	{ "include of temperror", D "include:i.example -all\ni.example TXT v=spf1 a -all\ni.example FAILS A",
	  NULL, NULL, NULL, SPF_TEMPERROR, "a", "" },
	{ "include of permerror", D "include:i.example -all\ni.example TXT v=spf1 foo -all", NULL, NULL, NULL, SPF_PERMERROR, "foo", "" },
	{ "include of none", D "include:i.example -all\ni.example TXT nothing", NULL, NULL, NULL, SPF_PERMERROR, "", "" },
	{ "include of no name", D "include:i.example -all", NULL, NULL, NULL, SPF_PERMERROR, "", "" },
	{ "include of what is no name", D "include:a..example -all", NULL, NULL, NULL, SPF_PERMERROR, "a..example", "" },
	{ "an error behind include is where it is", D "include:i.example a:h.example\ni.example TXT v=spf1 -all\nh.example FAILS",
	  NULL, NULL, NULL, SPF_TEMPERROR, "a:h.example", "" },
	{ "include with redirect within", D "include:i.example -all\ni.example TXT v=spf1 redirect=j.example\nj.example TXT v=spf1 +all",
	  NULL, NULL, NULL, SPF_PASS, "include:i.example", "" },
	/* P10: redirect */
	{ "redirect when nothing matched", D "ip4:192.0.2.9 redirect=r.example\nr.example TXT v=spf1 -ip4:192.0.2.3", NULL, NULL, NULL,
	  SPF_FAIL, "-ip4:192.0.2.3", "" },
	{ "redirect stands in front and comes last", D "redirect=r.example ip4:192.0.2.3\nr.example TXT v=spf1 -all", NULL, NULL, NULL,
	  SPF_PASS, "ip4:192.0.2.3", "" },
	{ "redirect beside all", D "?all redirect=r.example\nr.example TXT v=spf1 -all", NULL, NULL, NULL, SPF_NEUTRAL, "?all", "" },
	{ "redirect to none", D "redirect=r.example\nr.example TXT nothing", NULL, NULL, NULL, SPF_PERMERROR, "", "" },
	{ "redirect to no name", D "redirect=r.example", NULL, NULL, NULL, SPF_PERMERROR, "", "" },
	{ "redirect to what is no name", D "redirect=" L63 "4.example", NULL, NULL, NULL, SPF_PERMERROR, NULL, "" },
	{ "redirect to itself", D "redirect=d.example", NULL, NULL, NULL, SPF_PERMERROR, NULL, "" },
	{ "%{d} is where the redirect led", D "redirect=r.example\nr.example TXT v=spf1 exists:%{d}.%{o}.ok.example -all\n"
	  "r.example.d.example.ok.example A 127.0.0.2", NULL, NULL, NULL, SPF_PASS, "exists:%{d}.%{o}.ok.example", "" },
	{ "unknown modifiers", D "foo=bar a:h.example foo=%{d}\nh.example A 192.0.2.3", NULL, NULL, NULL, SPF_PASS, "a:h.example", "" },
	/* P11: networks, lengths, families */
	{ "ip4", D "ip4:192.0.2.0/24 -all", NULL, NULL, NULL, SPF_PASS, "ip4:192.0.2.0/24", "" },
	{ "ip4 with host bits", D "ip4:192.0.2.77/24 -all", NULL, NULL, NULL, SPF_PASS, "ip4:192.0.2.77/24", "" },
	{ "ip4 of another network", D "ip4:192.0.2.0/31 -all", NULL, NULL, NULL, SPF_FAIL, "-all", "" },
	{ "ip4 of all", D "-ip4:0.0.0.0/0", NULL, NULL, NULL, SPF_FAIL, NULL, "" },
	{ "ip4 is not for IPv6", D "ip4:0.0.0.0/0 -all", IP6, NULL, NULL, SPF_FAIL, "-all", "" },
	{ "ip6", D "ip6:2001:db8::/32 -all", IP6, NULL, NULL, SPF_PASS, "ip6:2001:db8::/32", "" },
	{ "ip6 of 33 bits", D "ip6:2001:db8:8000::/33 -all", IP6, NULL, NULL, SPF_FAIL, "-all", "" },
	{ "ip6 of all", D "ip6:::1.1.1.1/0 -all", IP6, NULL, NULL, SPF_PASS, NULL, "" },
	{ "ip6 is not for IPv4", D "ip6:::/0 -all", NULL, NULL, NULL, SPF_FAIL, "-all", "" },
	{ "IPv4-mapped is IPv4", D "ip6:::ffff:192.0.2.3 ip4:192.0.2.3 -all",
	  "::ffff:192.0.2.3", NULL, NULL, SPF_PASS, "ip4:192.0.2.3", "" },
	{ "a", D "a -all\nd.example A 192.0.2.2\nd.example A 192.0.2.3", NULL, NULL, NULL, SPF_PASS, "a", "" },
	{ "a of another address", D "a -all\nd.example A 192.0.2.2", NULL, NULL, NULL, SPF_FAIL, "-all", "" },
	{ "a with a length", D "a:h.example/31 -all\nh.example A 192.0.2.2", NULL, NULL, NULL, SPF_PASS, NULL, "" },
	{ "a with the other length", D "a//64 -all\nd.example A 192.0.2.2", NULL, NULL, NULL, SPF_FAIL, NULL, "" },
	{ "a with both, for IPv6", D "a/32//64 -all\nd.example AAAA 2001:db8::1", IP6, NULL, NULL, SPF_PASS, NULL, "" },
	{ "a with both, of another network", D "a/8//64 -all\nd.example AAAA 2001:db8:1::1", IP6, NULL, NULL, SPF_FAIL, NULL, "" },
	{ "a for IPv6 asks for AAAA", D "a/0 -all\nd.example A 192.0.2.3", IP6, NULL, NULL, SPF_FAIL, NULL, "" },
	{ "a of nothing, with /0", D "a/0 -all", NULL, NULL, NULL, SPF_FAIL, NULL, "" },
	{ "mx", D "mx -all\nd.example MX 10 a.example\nd.example MX 20 b.example\na.example A 192.0.2.9\nb.example A 192.0.2.3",
	  NULL, NULL, NULL, SPF_PASS, "mx", "" },
	{ "mx with a length", D "mx/24 -all\nd.example MX 10 a.example\na.example A 192.0.2.9", NULL, NULL, NULL, SPF_PASS, "mx/24", "" },
	{ "mx for IPv6", D "mx//127 -all\nd.example MX 10 a.example\na.example AAAA 2001:db8::cb00", IP6, NULL, NULL, SPF_PASS, NULL, "" },
	{ "mx without MX is not its address", D "mx -all\nd.example A 192.0.2.3", NULL, NULL, NULL, SPF_FAIL, "-all", "" },
	{ "the null MX", D "mx -all\nd.example MX 0", NULL, NULL, NULL, SPF_FAIL, "-all", "" },
	{ "mx looks at the most preferred first", D "mx -all\nd.example MX 20 b.example\nd.example MX 10 a.example\na.example A 192.0.2.3\n"
	  "b.example FAILS", NULL, NULL, NULL, SPF_PASS, "mx", "" },
	{ "mx ends at the first that fails", D "mx -all\nd.example MX 20 b.example\nd.example MX 10 a.example\nb.example A 192.0.2.3\n"
	  "a.example FAILS", NULL, NULL, NULL, SPF_TEMPERROR, "mx", "" },
	{ "exists", D "exists:h.example -all\nh.example A 127.0.0.2", NULL, NULL, NULL, SPF_PASS, NULL, "" },
	{ "exists asks for A, for IPv6 too", D "exists:h.example -all\nh.example A 127.0.0.2", IP6, NULL, NULL, SPF_PASS, NULL, "" },
	{ "exists by AAAA is none", D "exists:h.example -all\nh.example AAAA ::1", IP6, NULL, NULL, SPF_FAIL, NULL, "" },
	{ "a name with an empty label does not match", D "a:a..example -all", NULL, NULL, NULL, SPF_FAIL, "-all", "" },
	{ "a name with a long label does not match", D "a:" L63 "4.example -all", NULL, NULL, NULL, SPF_FAIL, "-all", "" },
	/* P12: macros in names */
	{ "macros",
	  D "exists:%{ir}.%{l1r-}.%{v}.%{h2}.%{d1}.z.example -all\n3.2.0.192.user.in-addr.d.example.example.z.example A 127.0.0.2",
	  NULL, NULL, NULL, SPF_PASS, NULL, "" },
	{ "a HELO that is no name", D "a:%{h} -all", NULL, "JUMPIN' JUPITER", NULL, SPF_FAIL, "-all", "" },
	{ "a local part that no name may have", D "exists:%{l}.z.example -all", NULL, NULL, "a\\b@d.example", SPF_FAIL, "-all", "" },
	{ "upper case is escaped", D "exists:%{L}.z.example -all\na%2Bb.z.example A 127.0.0.2",
	  NULL, NULL, "a+b@d.example", SPF_PASS, NULL, "" },
	/* P13: whom it is about */
	{ "the null path is postmaster of HELO", "mx.d.example TXT v=spf1 exists:%{l}.%{o}.z.example -all\n"
	  "postmaster.mx.d.example.z.example A 127.0.0.2", NULL, NULL, "", SPF_PASS, NULL, "" },
	{ "no local part is postmaster", D "exists:%{l}.z.example -all\npostmaster.z.example A 127.0.0.2",
	  NULL, NULL, "@d.example", SPF_PASS, NULL, "" },
	{ "no @ is a domain", D "exists:%{s}.z.example -all\npostmaster@d.example.z.example A 127.0.0.2",
	  NULL, NULL, "d.example", SPF_PASS, NULL, "" },
	{ "the last @ counts", D "exists:%{l}.z.example -all\nx@y.z.example A 127.0.0.2", NULL, NULL, "x@y@d.example", SPF_PASS, NULL, "" },
	/* P14: HELO, whatever MAIL FROM is */
	{ "HELO", "mx.d.example TXT v=spf1 a -all\nmx.d.example A 192.0.2.3", NULL, NULL, "HELO", SPF_PASS, "a", "" },
	/* P16: explanations */
	{ "an explanation", D "-all exp=x.example\nx.example TXT %{i} is not %{d}'s: see http://z.example/?s=%{S}",
	  NULL, NULL, NULL, SPF_FAIL, "-all",
	  "192.0.2.3 is not d.example's: see http://z.example/?s=user%40d.example" },
	{ "an explanation when it does not fail", D "~all exp=x.example\nx.example TXT Go away",
	  NULL, NULL, NULL, SPF_SOFTFAIL, "~all", "" },
	{ "an explanation in two records", D "-all exp=x.example\nx.example TXT a\nx.example TXT b", NULL, NULL, NULL, SPF_FAIL, NULL, "" },
	{ "an explanation that is not there", D "-all exp=x.example", NULL, NULL, NULL, SPF_FAIL, NULL, "" },
	{ "an explanation that cannot be had", D "-all exp=x.example\nx.example FAILS", NULL, NULL, NULL, SPF_FAIL, NULL, "" },
	{ "an explanation at what is no name", D "-all exp=a..example", NULL, NULL, NULL, SPF_FAIL, NULL, "" },
	{ "an explanation with a stray %", D "-all exp=x.example\nx.example TXT 100%", NULL, NULL, NULL, SPF_FAIL, NULL, "" },
	{ "an explanation with a CR", D "-all exp=x.example\nx.example TXT a\rb", NULL, NULL, NULL, SPF_FAIL, NULL, "" },
	{ "an explanation with an ESC", D "-all exp=x.example\nx.example TXT \033[2J", NULL, NULL, NULL, SPF_FAIL, NULL, "" },
	{ "an explanation beyond ASCII", D "-all exp=x.example\nx.example TXT \xc3\xa4", NULL, NULL, NULL, SPF_FAIL, NULL, "" },
	{ "what macros bring along is made clean", D "-all exp=x.example\nx.example TXT %{l} %{h}",
	  NULL, "\033[1m\r\n\x80", "a\r\nb\t@d.example",
	  SPF_FAIL, "-all", "a??b? ?[1m???" },
	{ "the explanation of what is included is not ours", D "-include:i.example exp=x.example\ni.example TXT v=spf1 +all exp=y.example\n"
	  "x.example TXT ours\ny.example TXT theirs", NULL, NULL, NULL, SPF_FAIL, NULL, "ours" },
	{ "redirect takes its explanation along", D "redirect=r.example exp=x.example\nr.example TXT v=spf1 -all exp=y.example\n"
	  "x.example TXT ours\ny.example TXT %{d}'s", NULL, NULL, NULL, SPF_FAIL, NULL, "r.example's" },
	{ "redirect without one has none", D "redirect=r.example exp=x.example\nr.example TXT v=spf1 -all\nx.example TXT ours",
	  NULL, NULL, NULL, SPF_FAIL, NULL, "" },
	{ "letters of explanations", D "-all exp=x.example\nx.example TXT %{c} %{r} %{t} %{p}", IP6, NULL, NULL, SPF_FAIL, NULL,
	  "2001:db8::cb01 relay.example.net 1772323200 unknown" },
	/* P17: a local part beyond ASCII matches no term that has it, and no others lose by it */
	{ "%{l} beyond ASCII never matches",
	  D "exists:%{l}.z.example include:%{s}.z.example a:%{L}.z.example ip4:192.0.2.3 -all\n%C3%A4.z.example A 192.0.2.3",
	  NULL, NULL, "\xc3\xa4@d.example", SPF_PASS, "ip4:192.0.2.3", "" },
	/* P25: names of the client */
	{ "ptr", D "ptr -all\n" PTR4 "d.example\nd.example A 192.0.2.3", NULL, NULL, NULL, SPF_PASS, "ptr", "" },
	{ "ptr below", D "ptr -all\n" PTR4 "a.B.d.Example\na.b.d.example A 192.0.2.3", NULL, NULL, NULL, SPF_PASS, "ptr", "" },
	{ "ptr above", D "ptr:a.d.example -all\n" PTR4 "d.example\nd.example A 192.0.2.3", NULL, NULL, NULL, SPF_FAIL, "-all", "" },
	{ "ptr beside", D "ptr -all\n" PTR4 "xd.example\nxd.example A 192.0.2.3", NULL, NULL, NULL, SPF_FAIL, "-all", "" },
	{ "ptr that does not lead back", D "ptr -all\n" PTR4 "d.example\nd.example A 192.0.2.4", NULL, NULL, NULL, SPF_FAIL, "-all", "" },
	{ "ptr of another domain", D "ptr:z.example -all\n" PTR4 "a.z.example\na.z.example A 192.0.2.3",
	  NULL, NULL, NULL, SPF_PASS, NULL, "" },
	{ "ptr for IPv6", D "ptr -all\n" PTR6 "d.example\nd.example AAAA 2001:db8::cb01", IP6, NULL, NULL, SPF_PASS, "ptr", "" },
	{ "ptr to what is no name", D "ptr -all\n" PTR4 "a..d.example\n" PTR4 "a\\.d.example", NULL, NULL, NULL, SPF_FAIL, "-all", "" },
	{ "%{p} is the domain itself first", D "exists:%{p}.z.example -all\n" PTR4 "b.example\n" PTR4 "a.d.example\n" PTR4 "d.example\n"
	  "b.example A 192.0.2.3\na.d.example A 192.0.2.3\nd.example A 192.0.2.3\nd.example.z.example A 127.0.0.2",
	  NULL, NULL, NULL, SPF_PASS, NULL, "" },
	{ "%{p} is one below then", D "exists:%{p}.z.example -all\n" PTR4 "b.example\n" PTR4 "a.d.example\n"
	  "b.example A 192.0.2.3\na.d.example A 192.0.2.3\na.d.example.z.example A 127.0.0.2", NULL, NULL, NULL, SPF_PASS, NULL, "" },
	{ "%{p} is any then", D "exists:%{p}.z.example -all\n" PTR4 "a.example\n" PTR4 "b.example\n" PTR4 "c.example\n"
	  "a.example A 192.0.2.4\nb.example A 192.0.2.3\nc.example A 192.0.2.3\nb.example.z.example A 127.0.0.2",
	  NULL, NULL, NULL, SPF_PASS, NULL, "" },
	{ "%{p} is unknown at last",
	  D "exists:%{p}.z.example -all\n" PTR4 "a.example\na.example A 192.0.2.4\nunknown.z.example A 127.0.0.2",
	  NULL, NULL, NULL, SPF_PASS, NULL, "" },
	{ "%{p} is unknown when the DNS fails", D "exists:%{p}.z.example -all\n3.2.0.192.in-addr.arpa FAILS\nunknown.z.example A 127.0.0.2",
	  NULL, NULL, NULL, SPF_PASS, NULL, "" },
	{ "%{p} in an explanation", D "-all exp=x.example\nx.example TXT from %{p}\n" PTR4 "a.example\na.example A 192.0.2.3",
	  NULL, NULL, NULL,
	  SPF_FAIL, "-all", "from a.example" },
	/* PX1: loops */
	{ "include of itself", D "include:d.example -all", NULL, NULL, NULL, SPF_PERMERROR, "include:d.example", "" },
	{ "includes in a circle", D "include:e.example\ne.example TXT v=spf1 include:d.example",
	  NULL, NULL, NULL, SPF_PERMERROR, NULL, "" },
	{ "ip6 of everybody", D "ip6:::/0 ip4:0.0.0.0/0 -all", NULL, NULL, NULL, SPF_PASS, "ip4:0.0.0.0/0", "" },
};
#define SCENARIOS (sizeof(scenarios) / sizeof(*scenarios))

static struct play
play_of(const struct scenario *row)
{
	const char *from = row->from == NULL ? "user@d.example" : strcmp(row->from, "HELO") == 0 ? NULL : row->from;

	return (struct play){ .asked = asked_of(row->ip == NULL ? IP4 : row->ip, row->helo == NULL ? "mx.d.example" : row->helo, from),
		.zone = row->zone, .expires_at = -1 };
}

START_TEST(every_scenario_ends_as_the_rfc_says_in_every_order)
{
	const struct scenario *row = &scenarios[_i];
	struct play one = play_of(row);
	struct spf *first = NULL;
	const struct spf_finding *expected = play(&one, &first);

	for (one.order = 0; one.order < ORDERS; one.order++) {
		struct spf *spf;
		const struct spf_finding *finding = play(&one, &spf);

		ck_assert_msg(finding->result == row->result, "%s: %s, by \"%s\": %s", row->name, spf_result_name(finding->result),
		    finding->mechanism, finding->why);
		ck_assert_msg(row->mechanism == NULL || strcmp(finding->mechanism, row->mechanism) == 0, "%s: by \"%s\"", row->name,
		    finding->mechanism);
		ck_assert_msg(strcmp(finding->explanation, row->explanation) == 0, "%s: \"%s\"", row->name, finding->explanation);
		ck_assert_str_eq(finding->domain, expected->domain);
		ck_assert_str_eq(finding->mechanism, expected->mechanism);
		ck_assert_str_eq(finding->why, expected->why);
		ck_assert_uint_eq(finding->terms, expected->terms);
		ck_assert_uint_eq(finding->voids, expected->voids);
		ck_assert((finding->result == SPF_NONE || finding->result > SPF_SOFTFAIL) == (finding->why[0] != '\0'));
		spf_free(&spf);
	}
	spf_free(&first);
}
END_TEST

/* Can an answer that is missing change the result to anything but temperror? Only where the client's names count. */
static bool
may_differ(const struct scenario *row)
{
	return strstr(row->zone, "ptr") != NULL || strstr(row->zone, "%{p}") != NULL;
}

/* P8: every answer missing alone, and with all behind it. A doubt is temperror; it never makes a pass. */
START_TEST(a_failure_at_any_point_is_temperror_or_does_not_matter)
{
	for (size_t i = 0; i < SCENARIOS; i++) {
		const struct scenario *row = &scenarios[i];
		struct play one = play_of(row);

		for (one.fails_from = 0; one.fails_from < 24; one.fails_from++)
			for (int all = 0; all < 2; all++) {
				struct spf *spf;
				const struct spf_finding *finding;

				one.fails_to = all ? SPF_QUESTIONS_MOST : one.fails_from + 1;
				finding = play(&one, &spf);
				ck_assert_msg(finding->result == SPF_TEMPERROR || finding->result == row->result ||
				    (may_differ(row) && finding->result != SPF_PASS), "%s, without %d: %s", row->name, one.fails_from,
				    spf_result_name(finding->result));
				spf_free(&spf);
			}
	}
}
END_TEST

/* P7: time over at any point: temperror, or a fail that lacks but its explanation. */
START_TEST(time_over_at_any_point_is_temperror)
{
	for (size_t i = 0; i < SCENARIOS; i++) {
		const struct scenario *row = &scenarios[i];
		struct play one = play_of(row);
		bool is_cut = true;

		for (one.expires_at = 0; is_cut; one.expires_at++) {
			struct spf *spf;
			const struct spf_finding *finding = play(&one, &spf);

			is_cut = finding->questions > (unsigned)one.expires_at && one.expires_at < SPF_QUESTIONS_MOST;
			if (finding->result != SPF_TEMPERROR)
				ck_assert_msg(finding->result == row->result, "%s, cut at %d", row->name, one.expires_at);
			if (one.expires_at == 0 && is_cut)
				ck_assert_str_eq(finding->why, "the DNS did not answer in time (RFC 7208 4.6.4)");
			spf_free(&spf);
		}
	}
}
END_TEST

/* P7: an answer that comes at the deadline is the last. */
START_TEST(the_last_answer_comes_at_the_deadline)
{
	struct spf_asked asked = asked_of(IP4, "mx.d.example", "user@d.example");
	const struct span record = SPAN("v=spf1 a -all"), fail = SPAN("v=spf1 -all exp=x.example");
	struct auth_answer answer = { .status = AUTH_FOUND, .count = 1, .texts = &record };
	struct auth_question question;
	struct spf *spf = spf_new(&asked);

	ck_assert(spf_ask(spf, &question));
	ck_assert_str_eq(question.name, "d.example");
	spf_answer(spf, question.number, &answer, SPF_TIME_MS);
	ck_assert(spf_is_done(spf));
	ck_assert_int_eq(spf_finding(spf)->result, SPF_TEMPERROR);
	spf_free(&spf);

	spf = spf_new(&asked);
	answer.texts = &fail;
	ck_assert(spf_ask(spf, &question));
	spf_answer(spf, question.number, &answer, SPF_TIME_MS);
	ck_assert_int_eq(spf_finding(spf)->result, SPF_FAIL);
	ck_assert_str_eq(spf_finding(spf)->explanation, "");
	spf_free(&spf);
	spf_free(&spf);
}
END_TEST

/* --- limits --- */

/* A zone made of parts, the number in each ("%u") going up. */
static void
zone_repeat(struct buf *zone, const char *format, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		char text[200];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof(text), format, i, i + 1);
#pragma GCC diagnostic pop
		ck_assert(buf_add(zone, span_of(text)));
	}
}

#define ZONE(zone, text) ck_assert(buf_add(zone, span_of(text)))

static struct spf *
zone_check(struct buf *zone, const char *ip, unsigned voids_most)
{
	struct play one = { .asked = asked_of(ip, "mx.d.example", "user@d.example"), .expires_at = -1 };
	struct spf *spf;

	ck_assert(buf_add(zone, span_make("", 1)));
	one.zone = buf_span(zone).data;
	one.asked.voids_most = voids_most;
	play(&one, &spf);
	buf_empty(zone);
	return spf;
}

#define check_limit(zone, ip, expected, terms_expected) \
	do { \
		struct spf *limit_spf = zone_check((zone), (ip), SPF_VOIDS_MOST); \
		const struct spf_finding *limit_finding = spf_finding(limit_spf); \
\
		ck_assert_msg(limit_finding->result == (expected), "%s: %s", spf_result_name(limit_finding->result), limit_finding->why); \
		ck_assert_uint_eq(limit_finding->terms, (terms_expected)); \
		ck_assert_uint_le(limit_finding->questions, 123); \
		spf_free(&limit_spf); \
	} while (0)

/* P4: ten terms ask the DNS, the eleventh is one too many, wherever they are. */
START_TEST(ten_terms_ask_and_not_one_more)
{
	struct buf zone;

	buf_init(&zone, ZONE_OCTETS);
	for (unsigned extra = 0; extra < 2; extra++) {
		enum spf_result expected = extra == 0 ? SPF_PASS : SPF_PERMERROR;

		/* a chain of includes, a chain of redirects */
		ZONE(&zone, "d.example TXT v=spf1 include:i1.example -all\n");
		zone_repeat(&zone, "i%u.example TXT v=spf1 include:i%u.example -all\n", 1, 10 + extra);
		zone_repeat(&zone, "i%u.example TXT v=spf1 +all\n", 10 + extra, 11 + extra);
		check_limit(&zone, IP4, expected, 10 + extra);
		ZONE(&zone, "d.example TXT v=spf1 redirect=i1.example\n");
		zone_repeat(&zone, "i%u.example TXT v=spf1 redirect=i%u.example\n", 1, 10 + extra);
		zone_repeat(&zone, "i%u.example TXT v=spf1 +all\n", 10 + extra, 11 + extra);
		check_limit(&zone, IP4, expected, 10 + extra);
		/* of every kind; all, ip4 and ip6 are free, and so are unknown modifiers */
		ZONE(&zone, "d.example A 192.0.2.9\nd.example MX 10 d.example\nx.example A 192.0.2.9\ni.example A 192.0.2.9\n");
		ZONE(&zone, "i.example TXT v=spf1 a a:x.example -all\n");
		ZONE(&zone, "d.example TXT v=spf1 ip4:10.0.0.0/8 ip6:::/0 x=y a mx ptr -exists:d.example.x include:i.example a mx a");
		ZONE(&zone, extra == 0 ? " ip4:192.0.2.3\n" : " a ip4:192.0.2.3\n");
		check_limit(&zone, IP4, expected, 10 + extra);
		/* exp is not counted, nor what %{p} of it looks up */
		ZONE(&zone, "x.example TXT go away, %{p}\nd.example A 192.0.2.9\nd.example TXT v=spf1 exp=x.example ");
		zone_repeat(&zone, "a ", 0, 10 + extra);
		ZONE(&zone, "-all\n");
		check_limit(&zone, IP4, extra == 0 ? SPF_FAIL : SPF_PERMERROR, 10 + extra);
		/* %{p} alone is no term */
		ZONE(&zone, "unknown.x.example A 127.0.0.2\nd.example A 192.0.2.9\nd.example TXT v=spf1 ");
		zone_repeat(&zone, "a ", 0, 8 + extra);
		ZONE(&zone, "-a:%{p}.x.example exists:%{p}.x.example -all\n");
		check_limit(&zone, IP4, expected, 10 + extra);
	}
	/* one that matches before is not one too many */
	ZONE(&zone, "d.example A 192.0.2.9\nd.example TXT v=spf1 ");
	zone_repeat(&zone, "a ", 0, 10);
	ZONE(&zone, "ip4:192.0.2.3 a a a\n");
	check_limit(&zone, IP4, SPF_PASS, 10);
	buf_clear(&zone);
}
END_TEST

/* P5: ten hosts of an mx; of the client's names the first ten. */
START_TEST(ten_hosts_and_ten_names_are_looked_at)
{
	struct buf zone;

	buf_init(&zone, ZONE_OCTETS);
	ZONE(&zone, D "mx -all\n");
	zone_repeat(&zone, "d.example MX %u m%u.example\n", 0, 10);
	zone_repeat(&zone, "m%u.example A 192.0.2.3\n", 10, 11);
	zone_repeat(&zone, "m%u.example A 192.0.2.9\n", 1, 10);
	check_limit(&zone, IP4, SPF_PASS, 1);
	ZONE(&zone, D "mx -all\n");
	zone_repeat(&zone, "d.example MX %u m%u.example\n", 0, 11);
	zone_repeat(&zone, "m%u.example A 192.0.2.3\n", 1, 12);
	check_limit(&zone, IP4, SPF_PERMERROR, 1);
	for (unsigned place = 9; place < 11; place++) {
		ZONE(&zone, D "ptr ?all\n");
		zone_repeat(&zone, PTR4 "p%u.d.example\n", 0, 12);
		zone_repeat(&zone, "p%u.d.example A 192.0.2.3\n", place, place + 1);
		check_limit(&zone, IP4, place == 9 ? SPF_PASS : SPF_NEUTRAL, 1);
	}
	/* unlike these, an a may have any number of addresses */
	ZONE(&zone, D "a -all\n");
	zone_repeat(&zone, "d.example A 198.51.100.%u\n", 1, 40);
	ZONE(&zone, "d.example A 192.0.2.3\n");
	check_limit(&zone, IP4, SPF_PASS, 1);
	buf_clear(&zone);
}
END_TEST

/* P6: look-ups that find nothing. */
START_TEST(two_look_ups_may_find_nothing)
{
	static const struct { const char *zone; unsigned most; enum spf_result result; unsigned voids; } rows[] = {
		{ D "a:1.example a:2.example ?all", 2, SPF_NEUTRAL, 2 },
		{ D "a:1.example a:2.example a:3.example ?all", 2, SPF_PERMERROR, 3 },
		{ D "a:1.example a:2.example a:3.example ?all", 3, SPF_NEUTRAL, 3 },
		{ D "a:1.example ?all", 0, SPF_PERMERROR, 1 },
		/* a name without the type is as void as no name; the same one is void again */
		{ D "a:t.example a:t.example mx:t.example ?all\nt.example TXT x", 2, SPF_PERMERROR, 3 },
		{ D "exists:1.example mx:2.example a:3.example +all", 2, SPF_PERMERROR, 3 },
		/* hosts of an mx, as far as they are looked at */
		{ D "mx ?all\nd.example MX 1 a.example\nd.example MX 2 b.example\nd.example MX 3 c.example", 2, SPF_PERMERROR, 3 },
		{ D "mx ?all\nd.example MX 1 a.example\nd.example MX 2 b.example\nd.example MX 3 c.example\nb.example A 192.0.2.3",
		  2, SPF_PASS, 1 },
		/* the question for PTR records counts, what they say is the client's doing and does not; nor does no PTR for %{p} */
		{ D "ptr a:1.example a:2.example ?all", 2, SPF_PERMERROR, 3 },
		{ D "ptr ?all\n" PTR4 "a.d.example\n" PTR4 "b.d.example\n" PTR4 "c.d.example", 2, SPF_NEUTRAL, 0 },
		{ D "a:%{p}.1.example a:2.example ?all", 2, SPF_NEUTRAL, 2 },
		/* nor do records that are not there: they end it anyway */
		{ D "a:1.example a:2.example -all exp=3.example", 2, SPF_FAIL, 2 },
		/* all together, of what is included too */
		{ D "a:1.example include:i.example a:2.example ?all\ni.example TXT v=spf1 exists:3.example -all", 2, SPF_PERMERROR, 3 },
	};
	struct buf zone;

	buf_init(&zone, ZONE_OCTETS);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct spf *spf;

		ZONE(&zone, rows[i].zone);
		spf = zone_check(&zone, IP4, rows[i].most);
		ck_assert_msg(spf_finding(spf)->result == rows[i].result, "%s: %s", rows[i].zone,
		    spf_result_name(spf_finding(spf)->result));
		ck_assert_msg(spf_finding(spf)->voids == rows[i].voids, "%s: %u", rows[i].zone, spf_finding(spf)->voids);
		spf_free(&spf);
	}
	buf_clear(&zone);
}
END_TEST

/* PX1: the most that can be asked: ten mx with ten hosts each, the client's names, and an explanation. */
START_TEST(the_most_that_is_asked_is_bounded)
{
	struct spf *spf;
	struct buf zone;

	buf_init(&zone, ZONE_OCTETS);
	ZONE(&zone, D "exp=x.example ");
	zone_repeat(&zone, "mx:m%u.example ", 0, 10);
	ZONE(&zone, "-all\nx.example TXT %{p}\n");
	for (unsigned i = 0; i < 10; i++)
		for (unsigned k = 0; k < 10; k++) {
			char text[200];

			snprintf(text, sizeof(text), "m%u.example MX 10 h%u-%u.example\nh%u-%u.example A 198.51.100.1\n", i, i, k, i, k);
			ZONE(&zone, text);
		}
	zone_repeat(&zone, PTR4 "p%u.example\n", 0, 20);
	zone_repeat(&zone, "p%u.example A 192.0.2.3\n", 0, 20);
	spf = zone_check(&zone, IP4, SPF_VOIDS_MOST);
	ck_assert_int_eq(spf_finding(spf)->result, SPF_FAIL);
	ck_assert_str_eq(spf_finding(spf)->explanation, "p0.example");
	ck_assert_uint_eq(spf_finding(spf)->questions, 1 + 10 * 11 + 1 + 11);
	spf_free(&spf);
	buf_clear(&zone);
}
END_TEST

/* PX1: a chain of records, each as long as may be and full of what is kept of one, and an explanation without end. */
START_TEST(what_is_kept_of_answers_is_bounded)
{
	static const struct { const char *filler; unsigned times; } rows[] = {
		{ " ", 16300 }, { " ip4:192.0.2.9", 998 }, { " x=%%{d}", 2000 }, { " all", 998 }
	};
	struct buf zone;

	buf_init(&zone, 2 * ZONE_OCTETS);
	for (size_t row = 0; row < sizeof(rows) / sizeof(*rows); row++) {
		struct spf *spf;

		for (unsigned i = 0; i <= 10; i++) {
			zone_repeat(&zone, i == 0 ? "d.example TXT v=spf1 exp=x.example" : "i%u.example TXT v=spf1", i, i + 1);
			zone_repeat(&zone, " include:i%u.example", i + 1, i < 10 ? i + 2 : i + 1);
			zone_repeat(&zone, rows[row].filler, 0, rows[row].times);
			ZONE(&zone, " -all\n");
		}
		ZONE(&zone, "x.example TXT ");
		zone_repeat(&zone, "go away", 0, 9000);
		spf = zone_check(&zone, IP4, SPF_VOIDS_MOST);
		ck_assert_int_eq(spf_finding(spf)->result, row == 3 ? SPF_PASS : SPF_FAIL);
		ck_assert_msg(spf_used(spf) < 1 << 20, "%s: %zu", rows[row].filler, spf_used(spf));
		spf_free(&spf);
	}
	buf_clear(&zone);
}
END_TEST

/* What is asked, in which name and of which type; and never twice. */
START_TEST(questions_are_asked_once_and_in_lower_case)
{
	struct spf_asked asked = asked_of(IP6, "MX.D.Example", "User@D.Example");
	const struct span record = SPAN("v=spf1 a:%{h} a:mx.d.example exists:%{l}.z.example -all");
	struct auth_answer answer = { .status = AUTH_FOUND, .count = 1, .texts = &record };
	struct auth_question question;
	struct spf *spf = spf_new(&asked);

	ck_assert(spf_ask(spf, &question) && !spf_is_done(spf));
	ck_assert_str_eq(question.name, "d.example");
	ck_assert_int_eq(question.type, AUTH_TXT);
	ck_assert(!spf_ask(spf, &question));
	spf_answer(spf, question.number, &answer, 0);
	ck_assert(spf_ask(spf, &question));
	ck_assert_str_eq(question.name, "mx.d.example");
	ck_assert_int_eq(question.type, AUTH_AAAA);
	/* found, and nothing in it */
	spf_answer(spf, question.number, &(struct auth_answer){ .status = AUTH_FOUND }, 0);
	ck_assert(spf_ask(spf, &question));
	ck_assert_str_eq(question.name, "user.z.example");
	ck_assert_int_eq(question.type, AUTH_A);
	spf_answer(spf, question.number, &(struct auth_answer){ .status = AUTH_NO_NAME }, 0);
	ck_assert_int_eq(spf_finding(spf)->result, SPF_PERMERROR);
	ck_assert_str_eq(spf_finding(spf)->sender, "User@D.Example");
	ck_assert_str_eq(spf_finding(spf)->why, "too many look-ups found nothing (RFC 7208 4.6.4): User.z.example");
	spf_free(&spf);
}
END_TEST

/* P12: macros make names that no host has, and they are asked for (RFC 7208 7.1). */
START_TEST(names_have_what_macros_bring_along)
{
	static const struct { const char *record, *from, *name; } rows[] = {
		{ "v=spf1 a:macro%%percent%_%_space%-url-space.example -all", "user@d.example", "macro%percent  space%20url-space.example" },
		{ "v=spf1 a:%{l}.z.example -all", "\"a b\"@d.example", "\"a b\".z.example" },
		{ "v=spf1 a:%{L}.z.example -all", "\"a b\"@d.example", "%22a%20b%22.z.example" },
	};
	struct spf_asked asked = asked_of(IP4, "mx.d.example", "");

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct span record = span_of(rows[i].record);
		struct auth_question question;
		struct spf *spf;

		asked.mail_from = span_of(rows[i].from);
		spf = spf_new(&asked);
		ck_assert(spf_ask(spf, &question));
		spf_answer(spf, question.number, &(struct auth_answer){ .status = AUTH_FOUND, .count = 1, .texts = &record }, 0);
		ck_assert_msg(spf_ask(spf, &question), "%s", rows[i].record);
		ck_assert_str_eq(question.name, rows[i].name);
		spf_answer(spf, question.number, &(struct auth_answer){ .status = AUTH_FOUND, .count = 1, .addresses = &asked.ip }, 0);
		ck_assert_int_eq(spf_finding(spf)->result, SPF_PASS);
		spf_free(&spf);
	}
}
END_TEST

/* PX5: whatever senders and names are made of. */
START_TEST(long_senders_are_cut)
{
	char local[4000], helo[4000];
	struct spf_asked asked = asked_of(IP4, "", "");
	struct auth_question question;
	struct spf *spf;

	memset(local, '(', sizeof(local));
	memset(helo, 'a', sizeof(helo));
	memcpy(local + sizeof(local) - 10, "@d.example", 10);
	asked.mail_from = span_make(local, sizeof(local));
	asked.helo = asked.receiver = span_make(helo, sizeof(helo));
	spf = spf_new(&asked);
	ck_assert(spf_ask(spf, &question));
	ck_assert_str_eq(question.name, "d.example");
	spf_expire(spf, SPF_TIME_MS);
	ck_assert_uint_eq(strlen(spf_finding(spf)->sender), 256 + 10);
	spf_free(&spf);
	asked.identity = SPF_HELO;
	spf = spf_new(&asked);
	ck_assert_int_eq(spf_finding(spf)->result, SPF_NONE);
	ck_assert_str_eq(spf_finding(spf)->why, "there is no domain that could have a record (RFC 7208 4.3)");
	spf_free(&spf);
}
END_TEST

UNIT_MAIN_LOOPED("spf", every_scenario_ends_as_the_rfc_says_in_every_order, scenarios,
    a_failure_at_any_point_is_temperror_or_does_not_matter,
    time_over_at_any_point_is_temperror, the_last_answer_comes_at_the_deadline, ten_terms_ask_and_not_one_more,
    ten_hosts_and_ten_names_are_looked_at, two_look_ups_may_find_nothing, the_most_that_is_asked_is_bounded,
    what_is_kept_of_answers_is_bounded, questions_are_asked_once_and_in_lower_case, names_have_what_macros_bring_along,
    long_senders_are_cut)
