/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/calls.c - system calls that a host has no use for, and their names.
 *
 * thread: any, and signal handlers (constants).
 *
 * which_note: what makes other programs of this process, or reaches into other
 * processes, the kernel or the machine.  Files, sockets, threads, memory,
 * signals and fork(2) stay: the first five are what plugins are made of, and a
 * new version of one is tried in a forked process (reload_trial.c).
 */
#include "base/calls.h"

#include <linux/audit.h>
#include <sys/syscall.h>

#if defined(__x86_64__) && defined(__LP64__)
#define CALLS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define CALLS_ARCH AUDIT_ARCH_AARCH64
#else /* whose constant is another: add it here */
#define CALLS_ARCH 0u
#endif

/* What not all machines have, or not all headers. */
#define CALLS_NONE (-1)
#ifndef SYS_mount_setattr
#define SYS_mount_setattr CALLS_NONE
#endif
#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd CALLS_NONE
#endif
#ifndef SYS_iopl
#define SYS_iopl CALLS_NONE
#endif
#ifndef SYS_ioperm
#define SYS_ioperm CALLS_NONE
#endif
#ifndef SYS_modify_ldt
#define SYS_modify_ldt CALLS_NONE
#endif
#ifndef SYS_umount
#define SYS_umount CALLS_NONE
#endif
#ifndef SYS_stime
#define SYS_stime CALLS_NONE
#endif
#ifndef SYS_clock_settime64
#define SYS_clock_settime64 CALLS_NONE
#define SYS_clock_adjtime64 CALLS_NONE
#endif
#ifndef SYS_setuid32
#define SYS_setuid32 CALLS_NONE
#define SYS_setgid32 CALLS_NONE
#define SYS_setreuid32 CALLS_NONE
#define SYS_setregid32 CALLS_NONE
#define SYS_setresuid32 CALLS_NONE
#define SYS_setresgid32 CALLS_NONE
#define SYS_setgroups32 CALLS_NONE
#define SYS_setfsuid32 CALLS_NONE
#define SYS_setfsgid32 CALLS_NONE
#endif

#define CALLS_ROW(name)                                                       \
	{                                                                     \
#name, SYS_##name                                             \
	}

/* See which_note. */
static const struct {
	const char *name;
	int number;
} calls[] = {
	/* other programs, and other processes */
	CALLS_ROW(execve),
	CALLS_ROW(execveat),
	CALLS_ROW(ptrace),
	CALLS_ROW(process_vm_readv),
	CALLS_ROW(process_vm_writev),
	CALLS_ROW(pidfd_getfd),
	CALLS_ROW(kcmp),
	/* somebody else */
	CALLS_ROW(setuid),
	CALLS_ROW(setgid),
	CALLS_ROW(setreuid),
	CALLS_ROW(setregid),
	CALLS_ROW(setresuid),
	CALLS_ROW(setresgid),
	CALLS_ROW(setgroups),
	CALLS_ROW(setfsuid),
	CALLS_ROW(setfsgid),
	CALLS_ROW(setuid32),
	CALLS_ROW(setgid32),
	CALLS_ROW(setreuid32),
	CALLS_ROW(setregid32),
	CALLS_ROW(setresuid32),
	CALLS_ROW(setresgid32),
	CALLS_ROW(setgroups32),
	CALLS_ROW(setfsuid32),
	CALLS_ROW(setfsgid32),
	CALLS_ROW(capset),
	/* somewhere else */
	CALLS_ROW(unshare),
	CALLS_ROW(setns),
	CALLS_ROW(chroot),
	CALLS_ROW(pivot_root),
	CALLS_ROW(mount),
	CALLS_ROW(umount),
	CALLS_ROW(umount2),
	CALLS_ROW(open_tree),
	CALLS_ROW(move_mount),
	CALLS_ROW(mount_setattr),
	CALLS_ROW(fsopen),
	CALLS_ROW(fsconfig),
	CALLS_ROW(fsmount),
	CALLS_ROW(fspick),
	CALLS_ROW(open_by_handle_at),
	/* the kernel */
	CALLS_ROW(bpf),
	CALLS_ROW(perf_event_open),
	CALLS_ROW(userfaultfd),
	CALLS_ROW(fanotify_init),
	CALLS_ROW(add_key),
	CALLS_ROW(request_key),
	CALLS_ROW(keyctl),
	CALLS_ROW(init_module),
	CALLS_ROW(finit_module),
	CALLS_ROW(delete_module),
	CALLS_ROW(kexec_load),
	CALLS_ROW(kexec_file_load),
	CALLS_ROW(syslog),
	/* the machine */
	CALLS_ROW(reboot),
	CALLS_ROW(swapon),
	CALLS_ROW(swapoff),
	CALLS_ROW(acct),
	CALLS_ROW(quotactl),
	CALLS_ROW(quotactl_fd),
	CALLS_ROW(vhangup),
	CALLS_ROW(sethostname),
	CALLS_ROW(setdomainname),
	CALLS_ROW(settimeofday),
	CALLS_ROW(stime),
	CALLS_ROW(clock_settime),
	CALLS_ROW(clock_settime64),
	CALLS_ROW(clock_adjtime),
	CALLS_ROW(clock_adjtime64),
	CALLS_ROW(adjtimex),
	CALLS_ROW(iopl),
	CALLS_ROW(ioperm),
	CALLS_ROW(modify_ldt),
};

#define CALLS_N (sizeof(calls) / sizeof(calls[0]))

const char *
wi_call_forbidden(size_t index)
{
	return index < CALLS_N ? calls[index].name : NULL;
}

const char *
wi_call_name(int number, unsigned arch)
{
	size_t i;

	for (i = 0; i < CALLS_N && arch == CALLS_ARCH; i++)
		if (calls[i].number == number && number != CALLS_NONE)
			return calls[i].name;
	return "another";
}
