/* Tests of src/lib-conf/yaml.c: documents written out again, one way for all. */
#include "conf/yaml.h"

#include "complaints.h"

/* {key@line:"text"@line ...}, ["text"@line ...] */
static void
node_write(struct buf *out, const struct node *node)
{
	if (node->kind == NODE_SCALAR) {
		ck_assert(node->is_empty ? buf_printf(out, "empty@%u", node->line) :
		    buf_printf(out, "\"%.*s\"@%u", SPAN_ARG(node->text), node->line));
		return;
	}
	ck_assert(buf_add(out, node->kind == NODE_LIST ? SPAN("[") : SPAN("{")));
	for (const struct node *child = node->first; child != NULL; child = child->next) {
		if (child != node->first)
			ck_assert(buf_add(out, SPAN(" ")));
		if (node->kind == NODE_MAP)
			ck_assert(buf_printf(out, "%.*s@%u:", SPAN_ARG(child->key), child->key_line));
		node_write(out, child);
	}
	ck_assert(buf_add(out, node->kind == NODE_LIST ? SPAN("]") : SPAN("}")));
}

static const struct {
	const char *octets;
	const char *expected;	/* the document, or the complaint */
} rows[] = {
	{ "", "{}" },
	{ "# nothing\n", "{}" },
	{ "---\n", "empty@2" },
	{ "a: b\nc:\n  - d\n  - 'e'\n", "{a@1:\"b\"@1 c@2:[\"d\"@3 \"e\"@4]}" },
	{ "a: {b: [c, d], e: f}\n", "{a@1:{b@1:[\"c\"@1 \"d\"@1] e@1:\"f\"@1}}" },
	{ "a:\nb: ~\nc: null\nd: ''\n", "{a@1:empty@1 b@2:empty@2 c@3:empty@3 d@4:\"\"@4}" },
	{ "a: lmtp:/run/x\nb: smtp:h:25\n", "{a@1:\"lmtp:/run/x\"@1 b@2:\"smtp:h:25\"@2}" },
	{ "a: [\"::1\", 25]\n", "{a@1:[\"::1\"@1 \"25\"@1]}" },
	{ "a: ::1\n", "{a@1:\"::1\"@1}" },
	{ "\xef\xbb\xbf" "a: b\n", "{a@1:\"b\"@1}" },
	{ "a: b\n...\n", "{a@1:\"b\"@1}" },
	{ "a: &x b\n", "f:1: anchors (&), aliases (*) and tags (!) are not used here; quote the text" },
	{ "a: b\nc: *x\n", "f:2: anchors (&), aliases (*) and tags (!) are not used here; quote the text" },
	{ "a: !!str b\n", "f:1: anchors (&), aliases (*) and tags (!) are not used here; quote the text" },
	{ "a: &x [b]\n", "f:1: anchors (&), aliases (*) and tags (!) are not used here; quote the text" },
	{ "a: &x {b: c}\n", "f:1: anchors (&), aliases (*) and tags (!) are not used here; quote the text" },
	{ "? [a]\n: b\n", "f:1: a key has to be a word" },
	{ "a: \"x\\0y\"\n", "f:1: a NUL octet has no place here" },
	{ "a: b\n---\nc: d\n", "f:2: a second document: only one has a place here" },
	{ "a: [[[[[[[[b]]]]]]]]\n", "f:1: nested too deeply" },
	{ "a: b\n c: d\n", "f:2: not YAML: mapping values are not allowed in this context" },
	{ "a: [b\n", "f:2: not YAML: while parsing a flow sequence: did not find expected ',' or ']'" },
	{ "a: \"b\n", "f:2: not YAML: while scanning a quoted scalar: found unexpected end of stream" },
	{ "a:\n\t- b\n", "f:2: not YAML: while scanning for the next token: found character that cannot start any token" },
	{ "a: \xff\n", "f: not text in UTF-8: invalid leading UTF-8 octet at octet 3" },
	{ "a: \x01\n", "f: not text in UTF-8: control characters are not allowed at octet 3" },
};

START_TEST(documents_are_trees_with_lines)
{
	struct arena *arena = arena_new();
	struct complaints complaints;
	struct node *node;
	struct buf out;

	complaints_init(&complaints);
	buf_init(&out, 1 << 16);
	node = yaml_read(arena, "f", span_of(rows[_i].octets), &complaints);
	if (node != NULL) {
		ck_assert_uint_eq(complaints.errors, 0);
		node_write(&out, node);
		ck_span_eq(buf_span(&out), rows[_i].expected);
	} else {
		ck_assert_str_eq(complaints_text(&complaints), rows[_i].expected);
	}
	complaints_clear(&complaints);
	buf_clear(&out);
	arena_free(&arena);
}
END_TEST

START_TEST(a_text_has_a_nul_behind_it)
{
	struct arena *arena = arena_new();
	struct complaints complaints;
	struct node *node;

	complaints_init(&complaints);
	node = yaml_read(arena, "f", SPAN("a: bcd"), &complaints);
	ck_assert_str_eq(node->first->text.data, "bcd");
	ck_assert_str_eq(node->first->key.data, "a");
	arena_free(&arena);
}
END_TEST

UNIT_MAIN_LOOPED("yaml", documents_are_trees_with_lines, rows, a_text_has_a_nul_behind_it)
