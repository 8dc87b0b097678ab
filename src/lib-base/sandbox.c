/* No new privileges, no dump, and a filter over system calls by libseccomp. */
#include "base/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/self.h"

/* What no room ever needs. */
static const char *const never[] = {
	"process_vm_writev", "kcmp", "pidfd_getfd", "mount", "umount2", "move_mount", "open_tree",
	"fsopen", "fsmount", "pivot_root", "chroot", "swapon", "swapoff", "reboot", "kexec_load", "kexec_file_load",
	"init_module", "finit_module", "delete_module", "bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key",
	"request_key", "iopl", "ioperm", "unshare", "setns", "open_by_handle_at", "name_to_handle_at", "acct", "quotactl",
	"settimeofday", "clock_settime", "adjtimex", "sethostname", "setdomainname", "vhangup", "uselib", "personality",
	/* Its requests run in the kernel, past this filter. */
	"io_uring_setup", "io_uring_enter", "io_uring_register", NULL
};
#ifndef SEALPOST_SANITIZED	/* the leak checker traces the process that it is a part of */
static const char *const tracing[] = { "ptrace", "process_vm_readv", NULL };
#endif
static const char *const running[] = { "execve", "execveat", "fork", "vfork", NULL };
static const char *const sockets[] = { "socketpair", "bind", "listen", NULL };
static const char *const accepting[] = { "accept", "accept4", NULL };
static const char *const paths[] = {
	"open", "openat", "openat2", "creat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "link", "linkat",
	"symlink", "symlinkat", "mkdir", "mkdirat", "rmdir", "mknod", "mknodat", "truncate", "chmod", "fchmodat", "chown",
	"lchown", "fchownat", "chdir", "setxattr", "lsetxattr", "utimensat", NULL
};

static void
refuse(scmp_filter_ctx filter, const char *const *names)
{
	for (; *names != NULL; names++) {
		int call = seccomp_syscall_resolve_name(*names);

		if (call != __NR_SCMP_ERROR)
			(void)seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0);
	}
}

/* Network sockets cannot be made, so that connect can reach none: what is left is the way to syslog. */
static void
refuse_network(scmp_filter_ctx filter)
{
	refuse(filter, sockets);
	(void)seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_NE, AF_UNIX));
}

void
sandbox_enter(const char *room, unsigned may)
{
	scmp_filter_ctx filter;

	self_open();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fatal_errno("%s: no_new_privs", room);
#ifndef SEALPOST_SANITIZED
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	filter = seccomp_init(SCMP_ACT_ALLOW);
	if (filter == NULL)
		fatal("%s: cannot make a system-call filter", room);
	refuse(filter, never);
#ifndef SEALPOST_SANITIZED
	refuse(filter, tracing);
#endif
	if (!(may & SANDBOX_FORK))
		refuse(filter, running);
	if (!(may & SANDBOX_SOCKETS))
		refuse_network(filter);
	if (!(may & SANDBOX_ACCEPT))
		refuse(filter, accepting);
#ifndef SEALPOST_SANITIZED
	if (!(may & SANDBOX_PATHS))
		refuse(filter, paths);
#else
	(void)paths;	/* the sanitizers' reports read files of /proc */
#endif
	if (seccomp_load(filter) < 0)
		log_warn("sandbox", LOG_TEXT("what", "the kernel takes no system-call filter: running without"));
	seccomp_release(filter);
}
