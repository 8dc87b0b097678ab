/* The table `observed`. */
#include "policy/observed.h"

#include "store/query.h"

#define DAY_S 86400
#define ROWS_MOST 10000		/* of an answer */

void
observed_note(struct store *store, struct span domain, struct span reason, struct span because, int64_t now_s)
{
	static const char sql[] = "INSERT INTO observed (domain, reason, because, day, count) VALUES (?, ?, ?, ?, 1)"
	    " ON CONFLICT DO UPDATE SET count = count + 1";
	struct query *query = query_begin_change(store, sql);

	query_put_text(query, domain);
	query_put_text(query, reason);
	query_put_text(query, because);
	query_put_number(query, now_s / DAY_S);
	(void)query_run(query);
}

void
observed_each(struct store *store, int64_t since_s,
    void (*each)(void *arg, struct span domain, struct span reason, struct span because, int64_t count, int64_t last_day_s), void *arg)
{
	static const char sql[] = "SELECT domain, reason, because, SUM(count), MAX(day) FROM observed WHERE day >= ?"
	    " GROUP BY domain, reason, because ORDER BY 4 DESC, 1, 2, 3 LIMIT ?";
	struct query *query = query_begin(store, sql);

	query_put_number(query, since_s / DAY_S);
	query_put_number(query, ROWS_MOST);
	while (query_next(query))
		each(arg, query_text(query, 0), query_text(query, 1), query_text(query, 2), query_number(query, 3),
		    query_number(query, 4) * DAY_S);
	(void)query_end(query);
}

void
observed_expire(struct store *store, int64_t now_s)
{
	static const char sql[] = "DELETE FROM observed WHERE day < ?";
	struct query *query = query_begin_change(store, sql);

	query_put_number(query, now_s / DAY_S - OBSERVED_DAYS);
	(void)query_run(query);
}
