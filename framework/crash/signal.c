/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash/signal.c - the names of signals and codes (sigaction(2)), and the
 * registers that a handler was given.
 *
 * thread: any, and signal handlers (strsignal(3) may translate, and so
 * allocate).
 */
#include <signal.h>
#include <ucontext.h>

#include "base/calls.h"
#include "crash/report.h"

#define SIGNAL_COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	int signum;
	const char *name;
} signal_names[] = {
	{ SIGSEGV, "SIGSEGV" },
	{ SIGBUS, "SIGBUS" },
	{ SIGFPE, "SIGFPE" },
	{ SIGILL, "SIGILL" },
	{ SIGABRT, "SIGABRT" },
	{ SIGTRAP, "SIGTRAP" },
	{ SIGSYS, "SIGSYS" },
};

static const struct {
	int signum; /* 0: of any */
	int code;
	const char *name;
} signal_codes[] = {
	{ SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR" },
	{ SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR" },
	{ SIGSEGV, SEGV_BNDERR, "SEGV_BNDERR" },
	{ SIGSEGV, SEGV_PKUERR, "SEGV_PKUERR" },
	{ SIGBUS, BUS_ADRALN, "BUS_ADRALN" },
	{ SIGBUS, BUS_ADRERR, "BUS_ADRERR" },
	{ SIGBUS, BUS_OBJERR, "BUS_OBJERR" },
	{ SIGFPE, FPE_INTDIV, "FPE_INTDIV" },
	{ SIGFPE, FPE_INTOVF, "FPE_INTOVF" },
	{ SIGFPE, FPE_FLTDIV, "FPE_FLTDIV" },
	{ SIGILL, ILL_ILLOPC, "ILL_ILLOPC" },
	{ SIGILL, ILL_ILLOPN, "ILL_ILLOPN" },
	{ SIGSYS, WI_CALL_CODE, "SYS_SECCOMP" },
	{ SIGTRAP, TRAP_BRKPT, "TRAP_BRKPT" },
	{ SIGTRAP, TRAP_TRACE, "TRAP_TRACE" },
	{ 0, SI_USER, "SI_USER" },
	{ 0, SI_TKILL, "SI_TKILL" },
	{ 0, SI_QUEUE, "SI_QUEUE" },
	{ 0, SI_KERNEL, "SI_KERNEL" },
};

const char *
wi_crash_signal_name(int signum)
{
	size_t i;

	for (i = 0; i < SIGNAL_COUNT(signal_names); i++)
		if (signal_names[i].signum == signum)
			return signal_names[i].name;
	return signum == 0 ? "none" : "another";
}

const char *
wi_crash_code_name(int signum, int code)
{
	size_t i;

	for (i = 0; i < SIGNAL_COUNT(signal_codes); i++)
		if (signal_codes[i].code == code &&
		    (signal_codes[i].signum == 0 ||
			signal_codes[i].signum == signum))
			return signal_codes[i].name;
	return "-";
}

/* One that somebody sent has none. */
int
wi_crash_has_address(int signum, const siginfo_t *info)
{
	return info != NULL && info->si_code > 0 &&
	    info->si_code != SI_KERNEL &&
	    (signum == SIGSEGV || signum == SIGBUS || signum == SIGFPE ||
		signum == SIGILL || signum == SIGTRAP);
}

int
wi_crash_is_call(int signum, const siginfo_t *info)
{
	return info != NULL && signum == SIGSYS &&
	    info->si_code == WI_CALL_CODE;
}

#if defined(__x86_64__)

static const struct {
	const char *name;
	int number;
} signal_registers[] = { { "rip", REG_RIP }, { "rsp", REG_RSP },
	{ "rbp", REG_RBP }, { "rax", REG_RAX }, { "rbx", REG_RBX },
	{ "rcx", REG_RCX }, { "rdx", REG_RDX }, { "rsi", REG_RSI },
	{ "rdi", REG_RDI }, { "r8", REG_R8 }, { "r9", REG_R9 },
	{ "r10", REG_R10 }, { "r11", REG_R11 }, { "r12", REG_R12 },
	{ "r13", REG_R13 }, { "r14", REG_R14 }, { "r15", REG_R15 },
	{ "efl", REG_EFL } };

static uint64_t
signal_register(const ucontext_t *context, size_t i)
{
	return (
	    uint64_t)context->uc_mcontext.gregs[signal_registers[i].number];
}

#elif defined(__aarch64__)

static const struct {
	const char *name;
	int number;
} signal_registers[] = { { "pc", 32 }, { "sp", 31 }, { "lr", 30 },
	{ "fp", 29 }, { "x0", 0 }, { "x1", 1 }, { "x2", 2 }, { "x3", 3 },
	{ "x4", 4 }, { "x5", 5 }, { "x6", 6 }, { "x7", 7 }, { "x8", 8 },
	{ "x19", 19 }, { "x20", 20 }, { "x21", 21 } };

static uint64_t
signal_register(const ucontext_t *context, size_t i)
{
	int number = signal_registers[i].number;

	return number == 32 ? context->uc_mcontext.pc :
	    number == 31    ? context->uc_mcontext.sp :
			      context->uc_mcontext.regs[number];
}

#else /* whose registers have other names: add them here */

static const struct {
	const char *name;
} signal_registers[] = { { "pc" } };

static uint64_t
signal_register(const ucontext_t *context, size_t i)
{
	(void)context;
	(void)i;
	return 0;
}

#endif

void
wi_crash_put_registers(struct wi_crash_text *text, const void *context)
{
	size_t i;

	wi_crash_put(text, "registers:");
	for (i = 0; i < SIGNAL_COUNT(signal_registers); i++) {
		wi_crash_put(text, " ");
		wi_crash_put(text, signal_registers[i].name);
		wi_crash_put(text, "=0x");
		wi_crash_put_hex(text, signal_register(context, i), 1);
	}
	wi_crash_put(text, "\n");
}

/* The program counter stands first in both tables. */
uintptr_t
wi_crash_pc(const void *context)
{
	return (uintptr_t)signal_register(context, 0);
}
