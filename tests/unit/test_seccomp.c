/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_seccomp.c - host/seccomp: what is forbidden kills, what is
 * not known is not there, all else is as before; on all threads.
 */
#include "host/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/calls.h"
#include "check_main.h"

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN
#endif
#endif

#define NEW_CALL 451 /* cachestat(2), which libseccomp 2.5.4 does not know */

static void
child_enter(enum wi_seccomp seccomp)
{
	const struct rlimit none = { 0, 0 };
	struct weft_error err;

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)setsid(); /* no terminal that vhangup(2) could end */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    wi_seccomp_enter(seccomp, &err) < 0)
		_exit(100);
}

/* How a child ends that has the profile and makes a call which, if it were
 * made, would fail. */
static int
status_of(enum wi_seccomp seccomp, long number, long flags)
{
	int status = 0;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		child_enter(seccomp);
		(void)syscall(number, flags, -1L, -1L, -1L, -1L, -1L);
		_exit(errno > 0 && errno < 100 ? errno : 99);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static bool
is_killed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

START_TEST(each_forbidden_call_kills)
{
	const char *name;
	unsigned n = 0;
	int number;
	size_t i;

	for (i = 0; (name = wi_call_forbidden(i)) != NULL; i++) {
		number = seccomp_syscall_resolve_name(name);
		/* Not on this machine. */
		if (number < 0)
			continue;
		ck_assert_str_eq(
		    wi_call_name(number, seccomp_arch_native()), name);
#ifdef WITH_ASAN
		if (strcmp(name, "ptrace") == 0)
			continue; /* of the search for leaks */
#endif
		n++;
		ck_assert_msg(
		    is_killed(status_of(WI_SECCOMP_ENFORCE, number, -1)),
		    "%s: expected SIGSYS", name);
	}
	ck_assert_uint_ge(n, 50);
}
END_TEST

static bool
is_listed(const char *name)
{
	const char *one;
	size_t i;

	for (i = 0; (one = wi_call_forbidden(i)) != NULL; i++)
		if (strcmp(one, name) == 0)
			return true;
	return false;
}

/* At least one of each kind stands in the list. */
START_TEST(what_a_host_must_not_do_is_forbidden)
{
	static const char *const names[] = { "execve", "execveat", "ptrace",
		"process_vm_writev", "pidfd_getfd", "setuid", "setresuid",
		"setgroups", "capset", "unshare", "setns", "chroot", "mount",
		"umount2", "pivot_root", "move_mount", "fsopen",
		"open_by_handle_at", "bpf", "perf_event_open", "userfaultfd",
		"keyctl", "add_key", "init_module", "finit_module",
		"delete_module", "kexec_load", "kexec_file_load", "reboot",
		"swapon", "swapoff", "settimeofday", "clock_settime",
		"sethostname", "iopl" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert_msg(is_listed(names[i]), "%s", names[i]);
	ck_assert(!is_listed("fork"));
}
END_TEST

START_TEST(log_kills_nobody)
{
	int status;

	status = status_of(WI_SECCOMP_LOG, SYS_execve, -1);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), EFAULT);
	status =
	    status_of(WI_SECCOMP_LOG, SYS_clone, CLONE_NEWUTS | CLONE_SIGHAND);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), EINVAL);
}
END_TEST

START_TEST(clone_makes_no_namespaces)
{
	static const unsigned spaces[] = { CLONE_NEWNS, CLONE_NEWCGROUP,
		CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID,
		CLONE_NEWNET };
	int status;
	size_t i;

	/* CLONE_SIGHAND without CLONE_VM is refused, whatever else is said. */
	status = status_of(WI_SECCOMP_ENFORCE, SYS_clone, CLONE_SIGHAND);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), EINVAL);
	for (i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
		ck_assert(is_killed(status_of(WI_SECCOMP_ENFORCE, SYS_clone,
		    (long)(CLONE_SIGHAND | spaces[i]))));
}
END_TEST

START_TEST(what_hides_or_is_not_known_is_not_there)
{
	static const char *const names[] = { "clone3", "io_uring_setup",
		"io_uring_enter", "io_uring_register" };
	char *name;
	size_t i;
	int status;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		status = status_of(WI_SECCOMP_ENFORCE,
		    seccomp_syscall_resolve_name(names[i]), -1);
		ck_assert(WIFEXITED(status));
		ck_assert_int_eq(WEXITSTATUS(status), ENOSYS);
	}
	name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, NEW_CALL);
	if (name == NULL) {
		status = status_of(WI_SECCOMP_ENFORCE, NEW_CALL, -1);
		ck_assert(WIFEXITED(status));
		ck_assert_int_eq(WEXITSTATUS(status), ENOSYS);
	}
	free(name);
}
END_TEST

#ifdef __x86_64__
/* getpid(2) as programs of 32 bits call it. */
static int
status_of_32_bits(bool profile)
{
	int status = 0, number = 20;
	pid_t pid = fork();

	if (pid == 0) {
		if (profile)
			child_enter(WI_SECCOMP_ENFORCE);
		__asm__ volatile("int $0x80" : "+a"(number)::"memory");
		_exit(number > 0 ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

START_TEST(calls_of_another_machine_kill)
{
	/* Not all kernels have them. */
	if (status_of_32_bits(false) == 0)
		ck_assert(is_killed(status_of_32_bits(true)));
}
END_TEST
#endif

static void *
thread_waits_and_calls(void *arg)
{
	char byte;

	if (read(*(int *)arg, &byte, 1) == 1)
		(void)unshare(0);
	return NULL;
}

START_TEST(threads_that_are_there_have_it_too)
{
	int status = 0, ends[2];
	pthread_t thread;
	pid_t pid = fork();

	if (pid == 0) {
		if (pipe(ends) < 0 ||
		    pthread_create(
			&thread, NULL, thread_waits_and_calls, &ends[0]) != 0)
			_exit(101);
		child_enter(WI_SECCOMP_ENFORCE);
		if (write(ends[1], "x", 1) != 1)
			_exit(102);
		(void)pthread_join(thread, NULL);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(is_killed(status), "found status %x", (unsigned)status);
}
END_TEST

static void *
thread_of_plenty(void *arg)
{
	*(int *)arg = 1;
	return NULL;
}

/* What hosts and plugins do all the time. */
static int
do_plenty(void)
{
	pthread_t thread;
	int ran = 0, fd, status = 0;
	void *code;
	pid_t pid;

	if (pthread_create(&thread, NULL, thread_of_plenty, &ran) != 0 ||
	    pthread_join(thread, NULL) != 0 || ran != 1)
		return 1;
	pid = fork();
	if (pid == 0)
		_exit(7);
	if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 7)
		return 2;
	fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || close(fd) < 0)
		return 3;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || listen(fd, 1) < 0 || close(fd) < 0)
		return 4;
	code = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return code == MAP_FAILED || munmap(code, 4096) < 0 ? 5 : 0;
}

START_TEST(all_else_is_as_before)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		child_enter(WI_SECCOMP_ENFORCE);
		_exit(do_plenty());
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(status == 0, "found status %x", (unsigned)status);
}
END_TEST

START_TEST(words_name_the_call_and_believe_nothing)
{
	struct wi_seccomp_call call = { .number = SYS_execve,
		.arch = seccomp_arch_native(),
		.where = "plugin a, callback b" };
	char words[512], expected[64];

	wi_seccomp_words(&call, words, sizeof(words));
	(void)snprintf(
	    expected, sizeof(expected), "execve (%d)", (int)SYS_execve);
	ck_assert_int_eq(strncmp(words, expected, strlen(expected)), 0);
	ck_assert_ptr_nonnull(strstr(
	    words, ", which its profile forbids: plugin a, callback b"));
	call.number = 999;
	memset(call.where, '\n', sizeof(call.where));
	wi_seccomp_words(&call, words, sizeof(words));
	ck_assert_int_eq(strncmp(words, "a system call (999)", 19), 0);
	ck_assert_ptr_null(strchr(words, '\n'));
	ck_assert_uint_le(strlen(words), 60 + sizeof(call.where));
	call.number = -1;
	wi_seccomp_words(&call, words, sizeof(words));
	ck_assert_str_eq(
	    words, "what its profile forbids, and could not say what");
	/* Another machine's number is not taken for one of ours. */
	ck_assert_str_eq(wi_call_name(SYS_execve, 1), "another");
	ck_assert_str_eq(wi_call_name(-1, seccomp_arch_native()), "another");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		each_forbidden_call_kills,
		what_a_host_must_not_do_is_forbidden,
		log_kills_nobody,
		clone_makes_no_namespaces,
		what_hides_or_is_not_known_is_not_there,
#ifdef __x86_64__
		calls_of_another_machine_kill,
#endif
		threads_that_are_there_have_it_too,
		all_else_is_as_before,
		words_name_the_call_and_believe_nothing,
	};

	return check_main("seccomp", tests, CHECK_COUNT(tests));
}
