# The system tests (pytest): tests/run system. Not part of make check: they want a network of their own.
EXTRA_DIST += $(wildcard $(top_srcdir)/%D%/*.py $(top_srcdir)/%D%/house/*.py) %D%/enter %D%/rounds %D%/REQUIREMENTS
