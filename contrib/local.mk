EXTRA_DIST += %D%/packages.sh %D%/quickstart
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = %D%/completion/sealpost
