//! What the executor and its workers may not call, by family.

use libc as c;

use super::Exec;
use super::rule::{Call, Rules, When};
use crate::confinement::Confinement;

/// `LANDLOCK` sees a file that is opened, not a file whose owner, mode or times change by name.
const FILE_ATTRIBUTES: [Call; 10] = [
    c::SYS_fchmod,
    c::SYS_fchmodat,
    c::SYS_fchown,
    c::SYS_fchownat,
    c::SYS_utimensat,
    c::SYS_setxattr,
    c::SYS_lsetxattr,
    c::SYS_fsetxattr,
    c::SYS_removexattr,
    FCHMODAT2,
];
const FCHMODAT2: Call = 452;

#[cfg(target_arch = "x86_64")]
const FILE_ATTRIBUTES_ONCE: [Call; 6] =
    [c::SYS_chmod, c::SYS_chown, c::SYS_lchown, c::SYS_utime, c::SYS_utimes, c::SYS_futimesat];

/// Kernel interfaces with a record of holes, of no use to media work. Libraries may ask whether they exist.
const RISKY: [Call; 22] = [
    c::SYS_bpf,
    c::SYS_perf_event_open,
    c::SYS_userfaultfd,
    c::SYS_io_uring_setup,
    c::SYS_io_uring_enter,
    c::SYS_io_uring_register,
    c::SYS_keyctl,
    c::SYS_add_key,
    c::SYS_request_key,
    c::SYS_unshare,
    c::SYS_setns,
    c::SYS_name_to_handle_at,
    c::SYS_open_by_handle_at,
    c::SYS_kcmp,
    c::SYS_fanotify_init,
    c::SYS_syslog,
    c::SYS_pidfd_getfd,
    c::SYS_process_madvise,
    c::SYS_migrate_pages,
    c::SYS_mknodat,
    c::SYS_vhangup,
    c::SYS_mq_open,
];

/// Memory and names shared with other processes, which no limit of a process counts.
const SHARED: [Call; 4] = [c::SYS_shmget, c::SYS_shmat, c::SYS_semget, c::SYS_msgget];

/// Calls that no honest node makes: they belong to debuggers, administrators and exploits.
const DEADLY: [Call; 29] = [
    c::SYS_ptrace,
    c::SYS_process_vm_readv,
    c::SYS_process_vm_writev,
    c::SYS_kexec_load,
    c::SYS_init_module,
    c::SYS_finit_module,
    c::SYS_delete_module,
    c::SYS_reboot,
    c::SYS_swapon,
    c::SYS_swapoff,
    c::SYS_mount,
    c::SYS_umount2,
    c::SYS_pivot_root,
    c::SYS_move_mount,
    c::SYS_open_tree,
    c::SYS_fsopen,
    c::SYS_fsconfig,
    c::SYS_fsmount,
    c::SYS_fspick,
    c::SYS_mount_setattr,
    c::SYS_chroot,
    c::SYS_acct,
    c::SYS_quotactl,
    c::SYS_settimeofday,
    c::SYS_clock_settime,
    c::SYS_clock_adjtime,
    c::SYS_sethostname,
    c::SYS_setdomainname,
    c::SYS_adjtimex,
];

/// Asking terminals to pretend that their user typed something (`tty_ioctl(2)`, `console_ioctl(4)`).
const TYPING: [u32; 2] = [0x5412, 0x541c];

/// Calls whose arguments lie behind a pointer, where a filter cannot see them. Told that they do not exist, the C library
/// takes the older call, whose arguments can be judged.
pub(super) fn absent() -> Rules {
    let mut rules = Rules::default();
    rules.all(&[c::SYS_clone3]);
    rules
}

/// Calls that end the process.
pub(super) fn deadly() -> Rules {
    let mut rules = Rules::default();
    rules.all(&DEADLY);
    #[cfg(target_arch = "x86_64")]
    rules.all(&[c::SYS_kexec_file_load, c::SYS_iopl, c::SYS_ioperm, c::SYS_modify_ldt]);
    rules
}

/// What the executor is refused.
pub(super) fn executor(confinement: &Confinement, exec: Exec) -> Rules {
    let mut rules = Rules::default();
    common(&mut rules, confinement);
    processes(&mut rules, exec);
    rules
}

/// What a worker is refused: also to start processes, to signal others, and to lift its own limits.
pub(super) fn worker(confinement: &Confinement, exec: Exec, own: i32) -> Rules {
    let mut rules = Rules::default();
    common(&mut rules, confinement);
    processes(&mut rules, exec);
    rules.all(&[c::SYS_memfd_create, c::SYS_pidfd_send_signal, c::SYS_tkill, c::SYS_setrlimit]);
    let own = own.unsigned_abs();
    for call in [c::SYS_kill, c::SYS_tgkill, c::SYS_rt_sigqueueinfo, c::SYS_rt_tgsigqueueinfo] {
        rules.when(call, &[When::Not(0, own)]);
    }
    rules.when(c::SYS_prlimit64, &[When::NotWhole(2, 0)]);
    rules.when(c::SYS_prctl, &[When::Is(0, c::PR_SET_PDEATHSIG.unsigned_abs())]);
    // `RLIMIT_DATA` counts private memory that is no stack.
    let (shared, stack) = ((c::MAP_SHARED | c::MAP_ANONYMOUS).unsigned_abs(), c::MAP_GROWSDOWN.unsigned_abs());
    rules.when(c::SYS_mmap, &[When::Bits(3, shared, shared)]);
    rules.when(c::SYS_mmap, &[When::Bits(3, stack, stack)]);
    for signal_owner in [c::F_SETOWN, F_SETOWN_EX] {
        rules.when(c::SYS_fcntl, &[When::Is(1, signal_owner.unsigned_abs())]);
    }
    rules
}

const F_SETOWN_EX: i32 = 15;

fn common(rules: &mut Rules, confinement: &Confinement) {
    rules.all(&FILE_ATTRIBUTES);
    #[cfg(target_arch = "x86_64")]
    rules.all(&FILE_ATTRIBUTES_ONCE);
    #[cfg(target_arch = "x86_64")]
    rules.all(&[c::SYS_mknod]);
    rules.all(&RISKY);
    rules.all(&SHARED);
    for request in TYPING {
        rules.when(c::SYS_ioctl, &[When::Is(1, request)]);
    }
    sockets(rules, !confinement.connect.is_empty());
}

/// Streams to the ports that landlock lets through, and nothing that goes round it: no datagrams, no local sockets (they
/// reach the daemons of this machine), no multipath, no data in the first segment.
fn sockets(rules: &mut Rules, connects: bool) {
    const TYPE: u32 = 0xf;
    rules.all(&[c::SYS_bind, c::SYS_listen, c::SYS_accept, c::SYS_accept4]);
    // A connected pair of streams has no other end; asyncio wakes its loop with one.
    for kind in (0..=TYPE).filter(|&it| it != c::SOCK_STREAM.unsigned_abs()) {
        rules.when(c::SYS_socketpair, &[When::Bits(1, TYPE, kind)]);
    }
    if !connects {
        rules.all(&[c::SYS_socket, c::SYS_connect]);
        return;
    }
    let families = [c::AF_INET, c::AF_INET6].map(i32::unsigned_abs);
    rules.when(c::SYS_socket, &families.map(|it| When::Not(0, it)));
    for kind in (0..=TYPE).filter(|&it| it != c::SOCK_STREAM.unsigned_abs()) {
        rules.when(c::SYS_socket, &[When::Bits(1, TYPE, kind)]);
    }
    rules.when(c::SYS_socket, &[When::Not(2, 0), When::Not(2, c::IPPROTO_TCP.unsigned_abs())]);
    let fast_open = c::MSG_FASTOPEN.unsigned_abs();
    for (call, flags) in [(c::SYS_sendto, 3), (c::SYS_sendmsg, 2), (c::SYS_sendmmsg, 3)] {
        rules.when(call, &[When::Bits(flags, fast_open, fast_open)]);
    }
}

/// Threads are always allowed, new namespaces never; processes and programs as `exec` says.
fn processes(rules: &mut Rules, exec: Exec) {
    const NAMESPACES: [i32; 7] = [
        c::CLONE_NEWNS,
        c::CLONE_NEWCGROUP,
        c::CLONE_NEWUTS,
        c::CLONE_NEWIPC,
        c::CLONE_NEWUSER,
        c::CLONE_NEWPID,
        c::CLONE_NEWNET,
    ];
    for namespace in NAMESPACES.map(i32::unsigned_abs) {
        rules.when(c::SYS_clone, &[When::Bits(0, namespace, namespace)]);
    }
    if matches!(exec, Exec::Any) {
        return;
    }
    rules.when(c::SYS_clone, &[When::Bits(0, c::CLONE_THREAD.unsigned_abs(), 0)]);
    #[cfg(target_arch = "x86_64")]
    rules.all(&[c::SYS_fork, c::SYS_vfork]);
    rules.all(&[c::SYS_execveat]);
    match exec {
        Exec::Path(address) => rules.when(c::SYS_execve, &[When::NotWhole(0, address)]),
        Exec::Never | Exec::Any => rules.all(&[c::SYS_execve]),
    }
}
