/* Records that domains publish for DMARC: what is read of one is what it can say, and what it comes to in the end is a policy. */
#include "src/lib-auth/dmarc_record.h"

#include "fuzz.h"

static void
request(const struct dmarc_request *request)
{
	fuzz_holds(request->policy < DMARC_POLICIES && (request->said == DMARC_SAID || request->policy == DMARC_POLICY_NONE));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make(data, size);
	struct dmarc_record record;

	if (!dmarc_record_read(text, &record))
		return 0;
	request(&record.p);
	request(&record.sp);
	request(&record.np);
	fuzz_holds(span_find(text, '=') < text.length && record.rua.length < text.length && span_find(record.rua,
	    ';') == record.rua.length);
	fuzz_holds(!record.has_report || span_find(record.rua, ':') < record.rua.length);
	if (dmarc_record_settle(&record))
		fuzz_holds(record.p.said == DMARC_SAID && record.sp.said != DMARC_INVALID && record.np.said != DMARC_INVALID);
	return 0;
}
