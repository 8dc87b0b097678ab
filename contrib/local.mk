EXTRA_DIST += %D%/packages.sh %D%/quickstart
