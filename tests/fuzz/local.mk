# tests/fuzz
EXTRA_DIST += %D%/fuzz_dns_answer.c
