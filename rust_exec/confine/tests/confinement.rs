//! Forbidden things, tried for real by a process that has confined itself.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use remotemedia_confine::{Confinement, Profile, support, system_libraries};

const EPERM: &str = "1";
const EACCES: &str = "13";
const SIGSYS: i32 = 31;

fn run(confinement: &Confinement, deed: &[&str]) -> Output {
    let text = serde_json::to_string(confinement).unwrap();
    Command::new(env!("CARGO_BIN_EXE_prisoner")).arg(text).args(deed).stdin(Stdio::null()).output().unwrap()
}

/// What came of it: `ok`, the number of an error, or the signal that ended it.
fn attempt(confinement: &Confinement, deed: &[&str]) -> String {
    let output = run(confinement, deed);
    let signal = output.status.signal().map(|it| format!("signal {it}"));
    signal.unwrap_or_else(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn of(profile: Profile) -> Confinement {
    Confinement { profile, ..Confinement::default() }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn says_what_is_in_force() {
    let applied: serde_json::Value = serde_json::from_str(&attempt(&of(Profile::Worker), &["nothing"])).unwrap();
    assert_eq!(applied["landlock"].as_u64(), support().landlock_abi.map(u64::from));
    assert_eq!(applied["seccomp"], support().seccomp);
    assert_eq!(applied["missing"].as_array().unwrap().is_empty(), support().landlock_abi.is_some_and(|it| it >= 6));
}

#[test]
fn a_process_with_two_threads_is_not_half_confined() {
    let error = std::thread::spawn(|| of(Profile::Worker).apply().unwrap_err()).join().unwrap();
    assert_eq!(error.code(), "RM629");
    assert!(error.to_string().starts_with("expected one thread"), "{error}");
}

#[test]
fn files_are_what_was_granted() {
    let dir = tempfile::tempdir().unwrap();
    let (open, closed) = (dir.path().join("open"), dir.path().join("closed"));
    for it in [&open, &closed] {
        std::fs::create_dir(it).unwrap();
        std::fs::write(it.join("a"), "a").unwrap();
    }
    std::os::unix::fs::symlink(closed.join("a"), open.join("link")).unwrap();
    let (inside, outside) = (open.join("a"), closed.join("a"));
    let dotted = open.join("../closed/a");
    let read = Confinement { read: vec![open.clone()], ..of(Profile::Worker) };
    let write = Confinement { write: vec![open.clone()], ..of(Profile::Worker) };
    let (fresh, link, moved) = (open.join("b"), open.join("link"), open.join("c"));
    let (stolen, escaped, planted) = (closed.join("b"), closed.join("c"), open.join("d"));
    let rows = [
        (&read, vec!["open", text(&inside)], "ok"),
        (&read, vec!["list", text(&open)], "ok"),
        (&read, vec!["open", text(&outside)], EACCES),
        (&read, vec!["open", text(&dotted)], EACCES),
        (&read, vec!["open", text(&link)], EACCES),
        (&read, vec!["open", "/etc/passwd"], EACCES),
        (&read, vec!["open", "/proc/self/environ"], EACCES),
        (&read, vec!["open", "/proc/1/cmdline"], EACCES),
        (&read, vec!["list", "/"], EACCES),
        (&read, vec!["append", text(&inside)], EACCES),
        (&read, vec!["chmod", text(&inside)], EPERM),
        (&read, vec!["open", "/dev/urandom"], "ok"),
        (&write, vec!["create", text(&fresh)], "ok"),
        (&write, vec!["rename", text(&fresh), text(&moved)], "ok"),
        (&write, vec!["append", text(&inside)], "ok"),
        (&write, vec!["open", text(&inside)], EACCES),
        (&write, vec!["create", text(&stolen)], EACCES),
        (&write, vec!["rename", text(&inside), text(&escaped)], EACCES),
        (&write, vec!["link", "/etc/passwd", text(&planted)], EACCES),
        (&write, vec!["create", "/dev/shm/prisoner"], EACCES),
    ];
    for (confinement, deed, expected) in rows {
        assert_eq!(attempt(confinement, &deed), expected, "{deed:?}");
    }
}

#[test]
fn a_pure_process_opens_nothing() {
    for deed in [["open", "/etc/passwd"], ["open", "/dev/null"], ["list", "/"], ["create", "/tmp/prisoner"]] {
        assert_eq!(attempt(&of(Profile::Pure), &deed), EPERM, "{deed:?}");
    }
}

#[test]
fn the_network_is_the_ports_that_were_granted() {
    let (granted, other) =
        (std::net::TcpListener::bind("127.0.0.1:0").unwrap(), std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    let dir = tempfile::tempdir().unwrap();
    let daemon = dir.path().join("daemon");
    let _daemon = std::os::unix::net::UnixListener::bind(&daemon).unwrap();
    let (here, there) = (granted.local_addr().unwrap(), other.local_addr().unwrap());
    let worker = of(Profile::Worker);
    let connects = Confinement { connect: vec![here.port()], read: vec![dir.path().into()], ..of(Profile::Worker) };
    let (here, there) = (here.to_string(), there.to_string());
    let rows = [
        (&worker, vec!["connect", &here], EPERM),
        (&worker, vec!["pair"], "ok"),
        (&worker, vec!["datagrams"], EPERM),
        (&connects, vec!["connect", &here], "ok"),
        (&connects, vec!["connect", &there], EACCES),
        (&connects, vec!["datagram"], EPERM),
        (&connects, vec!["listen"], EPERM),
        (&connects, vec!["local", text(&daemon)], EPERM),
    ];
    for (confinement, deed, expected) in rows {
        assert_eq!(attempt(confinement, &deed), expected, "{deed:?}");
    }
    // An empty first segment, and the protocol that landlock does not see: MPTCP.
    let sendto = [
        "call".to_owned(),
        libc::SYS_sendto.to_string(),
        "0".into(),
        "0".into(),
        "0".into(),
        libc::MSG_FASTOPEN.to_string(),
    ];
    assert_eq!(attempt(&connects, &sendto.each_ref().map(String::as_str)), EPERM);
    let multipath = [libc::SYS_socket, libc::AF_INET.into(), libc::SOCK_STREAM.into(), 262].map(|it| it.to_string());
    let [a, b, c, d] = multipath.each_ref().map(String::as_str);
    assert_eq!(attempt(&connects, &["call", a, b, c, d]), EPERM);
}

#[test]
fn threads_start_and_processes_do_not() {
    for profile in [Profile::Executor, Profile::Worker, Profile::Pure] {
        let confinement = of(profile);
        assert_eq!(attempt(&confinement, &["thread"]), "ok", "{profile:?}");
        assert_eq!(attempt(&confinement, &["spawn", "/bin/true"]), EPERM, "{profile:?}");
        assert_eq!(attempt(&confinement, &["exec", "/bin/true"]), EPERM, "{profile:?}");
        let clone = [libc::SYS_clone, libc::CLONE_NEWUSER.into(), 0].map(|it| it.to_string());
        let [number, flags, _] = clone.each_ref().map(String::as_str);
        assert_eq!(attempt(&confinement, &["call", number, flags]), EPERM, "{profile:?}");
    }
}

#[test]
fn the_executor_starts_the_programs_it_was_given() {
    let mut confinement = of(Profile::Executor);
    confinement.execute = vec!["/bin/true".into()];
    confinement.read = system_libraries();
    assert_eq!(attempt(&confinement, &["spawn", "/bin/true"]), "ok");
    assert_eq!(attempt(&confinement, &["spawn", "/bin/echo"]), EACCES);
}

#[test]
fn risky_calls_are_refused_and_hostile_ones_are_the_end() {
    let refused = [
        libc::SYS_bpf,
        libc::SYS_io_uring_setup,
        libc::SYS_unshare,
        libc::SYS_perf_event_open,
        libc::SYS_userfaultfd,
        libc::SYS_setns,
        libc::SYS_keyctl,
        libc::SYS_shmget,
        libc::SYS_open_by_handle_at,
    ];
    let deadly =
        [libc::SYS_ptrace, libc::SYS_mount, libc::SYS_process_vm_readv, libc::SYS_kexec_load, libc::SYS_init_module];
    for profile in [Profile::Executor, Profile::Worker, Profile::Pure] {
        for call in refused {
            assert_eq!(attempt(&of(profile), &["call", &call.to_string()]), EPERM, "{profile:?} {call}");
        }
        for call in deadly {
            let outcome = attempt(&of(profile), &["call", &call.to_string()]);
            assert_eq!(outcome, format!("signal {SIGSYS}"), "{profile:?} {call}");
        }
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_call_by_its_other_number_does_not_exist() {
    let ptrace = (0x4000_0000 + 521).to_string();
    assert_eq!(attempt(&of(Profile::Worker), &["call", &ptrace]), libc::ENOSYS.to_string());
}

#[test]
fn others_are_out_of_reach_of_signals() {
    let own = std::process::id().to_string();
    for profile in [Profile::Executor, Profile::Worker, Profile::Pure] {
        assert_eq!(attempt(&of(profile), &["kill", &own]), EPERM, "{profile:?}");
        assert_eq!(attempt(&of(profile), &["abort"]), "signal 6", "{profile:?}");
    }
}

#[test]
fn use_is_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    let bounded = Confinement {
        write: vec![dir.path().into()],
        memory: Some(64 << 20),
        file_bytes: Some(1 << 16),
        descriptors: Some(16),
        ..of(Profile::Worker)
    };
    assert_eq!(attempt(&bounded, &["allocate", "1000000"]), "ok");
    assert!(attempt(&bounded, &["allocate", "100000000"]).contains("memory"));
    // Neither shared memory nor stacks would count.
    let call = [libc::SYS_mmap, 0, 1 << 30, 3].map(|it| it.to_string());
    let [number, place, length, access] = call.each_ref().map(String::as_str);
    for kind in [libc::MAP_SHARED, libc::MAP_PRIVATE | libc::MAP_GROWSDOWN] {
        let flags = (kind | libc::MAP_ANONYMOUS).to_string();
        for profile in [Profile::Worker, Profile::Pure] {
            let confinement = Confinement { profile, ..bounded.clone() };
            assert_eq!(attempt(&confinement, &["call", number, place, length, access, &flags]), EPERM, "{profile:?}");
        }
    }
    // Address space counts where it is not used.
    let narrow = Confinement { addresses: Some(64 << 20), memory: None, ..bounded.clone() };
    assert!(attempt(&narrow, &["allocate", "100000000"]).contains("memory"));
    assert_eq!(attempt(&bounded, &["unlimit"]), EPERM);
    assert_eq!(attempt(&bounded, &["descriptors", "64"]), libc::EMFILE.to_string());
    assert_eq!(attempt(&bounded, &["fill", text(&file)]), "signal 25");
    assert_eq!(file.metadata().unwrap().len(), 1 << 16);
}

#[test]
fn processor_time_is_bounded() {
    let started = Instant::now();
    let outcome = attempt(&Confinement { cpu_seconds: Some(1), ..of(Profile::Pure) }, &["spin"]);
    assert_eq!(outcome, "signal 24");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_program_is_started_once_in_an_empty_environment() {
    let confinement = Confinement { read: system_libraries(), ..of(Profile::Worker) };
    let output = run(&confinement, &["become", "/usr/bin/env"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "NAMED=1\n");
    // `env` becomes another program, which is one too many.
    let output = run(&confinement, &["become", "/usr/bin/env", "/usr/bin/env"]);
    assert!(!output.status.success());
    let output = run(&confinement, &["become", "/bin/cat", "/etc/passwd"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("Permission denied"));
    let output = run(&confinement, &["become", "env"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("absolute"), "{output:?}");
}

#[test]
fn a_program_that_is_given_as_bytes_is_executed_once() {
    let image = |program: &Path, size: u64| run(&of(Profile::Pure), &["image", text(program), &size.to_string()]);
    let whole = |program: &str| image(Path::new(program), std::fs::metadata(program).unwrap().len());
    assert!(whole("/bin/true").status.success());
    assert_eq!(whole("/usr/bin/env").stdout, b"", "an environment");
    // `env` reads the system's libraries, and nothing else; it gets no arguments that would make it another program.
    let short = image(Path::new("/bin/true"), 1 << 30);
    assert!(String::from_utf8_lossy(&short.stderr).contains("expected 1073741824 bytes"), "{short:?}");
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("script");
    std::fs::write(&script, "#!/bin/true\n").unwrap();
    assert!(!image(&script, 12).status.success());
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_loader_that_is_none_of_the_systems_is_not_executed() {
    let loader = "/lib64/ld-linux-x86-64.so.2";
    let mut program = std::fs::read("/bin/true").unwrap();
    let Some(place) = program.windows(loader.len()).position(|it| it == loader.as_bytes()) else { return };
    let dir = tempfile::tempdir_in("/tmp").unwrap();
    let (own, wild) = (dir.path().join("ld"), dir.path().join("wild"));
    std::fs::copy(loader, &own).unwrap();
    let named = format!("{:\0<width$}", text(&own), width = loader.len());
    program[place..place + loader.len()].copy_from_slice(named.as_bytes());
    std::fs::write(&wild, &program).unwrap();
    let output = run(&of(Profile::Pure), &["image", text(&wild), &program.len().to_string()]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("Permission denied"), "{output:?}");
}

#[test]
fn a_child_does_not_outlive_its_parent() {
    let text = serde_json::to_string(&of(Profile::Pure)).unwrap();
    let script = format!("{} '{text}' wait & echo $!", env!("CARGO_BIN_EXE_prisoner"));
    let mut shell =
        Command::new("/bin/sh").args(["-c", &format!("{script}; sleep 60")]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(shell.stdout.take().unwrap()), &mut line).unwrap();
    let child = format!("/proc/{}/stat", line.trim());
    // Until it has confined itself and sleeps.
    let state = || std::fs::read_to_string(&child).ok().filter(|it| !it.contains(") Z"));
    let seccomp =
        |it: &str| std::fs::read_to_string(it.replace("/stat", "/status")).is_ok_and(|it| it.contains("Seccomp:\t2"));
    wait_until(|| seccomp(&child));
    assert!(state().is_some());
    shell.kill().unwrap();
    shell.wait().unwrap();
    wait_until(|| state().is_none());
}

fn wait_until(mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < Duration::from_secs(10), "waited too long");
        std::thread::sleep(Duration::from_millis(5));
    }
}
