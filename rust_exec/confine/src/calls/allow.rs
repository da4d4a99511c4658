//! What is left to a pure process: memory, threads, clocks, and the descriptors it already has.

use libc as c;

use super::Exec;
use super::rule::{Call, Rules, When};
use crate::confinement::Confinement;

/// Descriptors that exist: none of these can make one that reaches further.
const DESCRIPTORS: [Call; 19] = [
    c::SYS_read,
    c::SYS_write,
    c::SYS_readv,
    c::SYS_writev,
    c::SYS_pread64,
    c::SYS_pwrite64,
    c::SYS_close,
    c::SYS_close_range,
    c::SYS_lseek,
    c::SYS_fstat,
    c::SYS_dup,
    c::SYS_dup3,
    c::SYS_ppoll,
    c::SYS_pselect6,
    c::SYS_epoll_create1,
    c::SYS_epoll_ctl,
    c::SYS_epoll_pwait,
    c::SYS_eventfd2,
    c::SYS_pipe2,
];

/// A pair of streams: asyncio wakes its loop with one.
const STREAMS: [Call; 7] = [
    c::SYS_sendto,
    c::SYS_recvfrom,
    c::SYS_sendmsg,
    c::SYS_recvmsg,
    c::SYS_shutdown,
    c::SYS_getsockopt,
    c::SYS_getsockname,
];

const MEMORY: [Call; 8] = [
    c::SYS_munmap,
    c::SYS_mprotect,
    c::SYS_mremap,
    c::SYS_madvise,
    c::SYS_brk,
    c::SYS_membarrier,
    c::SYS_mincore,
    c::SYS_mlock2,
];

const THREADS: [Call; 16] = [
    c::SYS_futex,
    c::SYS_set_robust_list,
    c::SYS_set_tid_address,
    c::SYS_rseq,
    c::SYS_gettid,
    c::SYS_exit,
    c::SYS_exit_group,
    c::SYS_sched_yield,
    c::SYS_sched_getaffinity,
    c::SYS_sched_setaffinity,
    c::SYS_getcpu,
    c::SYS_rt_sigaction,
    c::SYS_rt_sigprocmask,
    c::SYS_rt_sigreturn,
    c::SYS_sigaltstack,
    c::SYS_restart_syscall,
];

/// Files by name, where some were granted: landlock says which.
const FILES: [Call; 10] = [
    c::SYS_openat,
    c::SYS_statx,
    c::SYS_newfstatat,
    c::SYS_faccessat,
    c::SYS_faccessat2,
    c::SYS_readlinkat,
    c::SYS_getdents64,
    c::SYS_ftruncate,
    c::SYS_renameat2,
    c::SYS_unlinkat,
];

/// Time, chance and what a process may know of itself.
const FACTS: [Call; 18] = [
    c::SYS_clock_gettime,
    c::SYS_clock_getres,
    c::SYS_clock_nanosleep,
    c::SYS_nanosleep,
    c::SYS_gettimeofday,
    c::SYS_getrandom,
    c::SYS_getpid,
    c::SYS_getppid,
    c::SYS_getuid,
    c::SYS_geteuid,
    c::SYS_getgid,
    c::SYS_getegid,
    c::SYS_getrusage,
    c::SYS_times,
    c::SYS_uname,
    c::SYS_sysinfo,
    c::SYS_getcwd,
    c::SYS_umask,
];

#[cfg(target_arch = "x86_64")]
const ONCE: [Call; 9] = [
    c::SYS_poll,
    c::SYS_select,
    c::SYS_epoll_wait,
    c::SYS_epoll_create,
    c::SYS_dup2,
    c::SYS_pipe,
    c::SYS_time,
    c::SYS_arch_prctl,
    c::SYS_eventfd,
];

/// What a pure process may call; everything else fails with `EPERM`.
pub(super) fn pure(confinement: &Confinement, exec: Exec, own: i32) -> Rules {
    let mut rules = Rules::default();
    if !(confinement.read.is_empty() && confinement.write.is_empty()) {
        rules.all(&FILES);
    }
    for calls in [&DESCRIPTORS[..], &STREAMS, &MEMORY, &THREADS, &FACTS] {
        rules.all(calls);
    }
    #[cfg(target_arch = "x86_64")]
    rules.all(&ONCE);
    // Answered by `deny::absent`, which would not be heard over an `EPERM` from here.
    rules.all(&[c::SYS_clone3]);
    arguments(&mut rules, own.unsigned_abs());
    if let Exec::Path(address) = exec {
        rules.when(c::SYS_execve, &[When::Whole(0, address)]);
    }
    rules
}

/// Calls that are allowed with some arguments.
fn arguments(rules: &mut Rules, own: u32) {
    let thread = c::CLONE_THREAD.unsigned_abs();
    rules.when(c::SYS_clone, &[When::Bits(0, thread, thread)]);
    rules.when(c::SYS_tgkill, &[When::Is(0, own)]);
    rules.when(c::SYS_kill, &[When::Is(0, own)]);
    // `RLIMIT_DATA` counts private memory that is no stack, so there is no other; `MAP_GROWSDOWN` makes a stack.
    let uncounted = (c::MAP_SHARED | c::MAP_GROWSDOWN).unsigned_abs();
    rules.when(c::SYS_mmap, &[When::Bits(3, uncounted, 0)]);
    rules.when(c::SYS_prlimit64, &[When::Whole(2, 0)]);
    rules.when(
        c::SYS_socketpair,
        &[When::Is(0, c::AF_UNIX.unsigned_abs()), When::Bits(1, 0xf, c::SOCK_STREAM.unsigned_abs())],
    );
    for command in [c::F_GETFD, c::F_SETFD, c::F_GETFL, c::F_SETFL, c::F_DUPFD, c::F_DUPFD_CLOEXEC] {
        rules.when(c::SYS_fcntl, &[When::Is(1, command.unsigned_abs())]);
    }
    for request in [TCGETS, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX] {
        rules.when(c::SYS_ioctl, &[When::Is(1, request)]);
    }
    for option in [c::PR_SET_NAME, c::PR_GET_NAME, c::PR_GET_DUMPABLE, PR_SET_VMA] {
        rules.when(c::SYS_prctl, &[When::Is(0, option.unsigned_abs())]);
    }
    // The C library's `fstat`. A name tells no more than that a file is there.
    rules.when(c::SYS_newfstatat, &[When::Bits(3, EMPTY_PATH, EMPTY_PATH)]);
}

const EMPTY_PATH: u32 = 0x1000;
const PR_SET_VMA: i32 = 0x5356_4d41;
const TCGETS: u32 = 0x5401;
const FIONREAD: u32 = 0x541b;
const FIONBIO: u32 = 0x5421;
const FIONCLEX: u32 = 0x5450;
const FIOCLEX: u32 = 0x5451;
