/* Statements of the store, being used. */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

#include "store/store.h"

/*
 * Use a statement: parameters in their order, then rows, then the end. For one that changes something a transaction is begun.
 * Errors are logged here; a query that failed has no rows, and its end says so. Texts of a row are valid until the next.
 */
struct query *query_begin(struct store *store, const char *sql);
struct query *query_begin_change(struct store *store, const char *sql);
void query_put_text(struct query *query, struct span text);
void query_put_number(struct query *query, int64_t number);
bool query_next(struct query *query);		/* is there a row? */
struct span query_text(struct query *query, int column);
int64_t query_number(struct query *query, int column);
bool query_end(struct query *query);

/* The number in its only row, and the end; 0 when there is no row, or it failed. */
uint64_t query_count(struct query *query);

/* A change without rows, its parameters put: done and ended. */
bool query_run(struct query *query);

#endif
