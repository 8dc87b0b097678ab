/* The kinds of journal entries; every entry begins with one. */
#ifndef QUEUE_ENTRY_H
#define QUEUE_ENTRY_H

enum entry_kind {
	ENTRY_STATE = 1,	/* place, then what is true of the message there */
	ENTRY_DONE,		/* place */
	ENTRY_MOVED,		/* former place, then as ENTRY_STATE */
	ENTRY_SEGMENT,		/* generation, offset, count, offsets: of the records before that offset, only these live */
	ENTRY_KINDS
};

#endif
