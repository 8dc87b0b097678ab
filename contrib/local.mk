EXTRA_DIST += %D%/packages.sh %D%/quickstart %D%/notice-example.txt
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = %D%/completion/sealpost
EXTRA_DIST += %D%/postfix-received/README %D%/postfix-received/main.cf %D%/postfix-received/master.cf
