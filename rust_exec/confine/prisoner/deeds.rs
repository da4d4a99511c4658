//! What a prisoner may be asked to try.

use std::fs::{File, OpenOptions};
use std::io::{Error, Result, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::Duration;

/// Try it.
pub(super) fn attempt(deed: &str, rest: &[String]) -> Result<()> {
    let path = || rest[0].as_str();
    let number = || rest[0].parse::<u64>().map_err(Error::other);
    match deed {
        "open" => File::open(path()).map(drop),
        "list" => std::fs::read_dir(path()).map(drop),
        "append" => OpenOptions::new().append(true).open(path()).map(drop),
        "create" => File::create(path()).map(drop),
        "rename" => std::fs::rename(path(), &rest[1]),
        "link" => std::os::unix::fs::symlink(path(), &rest[1]),
        "chmod" => std::fs::set_permissions(path(), std::fs::Permissions::from_mode(0o777)),
        "connect" => TcpStream::connect(path()).map(drop),
        "listen" => TcpListener::bind("127.0.0.1:0").map(drop),
        "datagram" => UdpSocket::bind("127.0.0.1:0").map(drop),
        "local" => UnixStream::connect(path()).map(drop),
        "pair" => UnixStream::pair().map(drop),
        "datagrams" => UnixDatagram::pair().map(drop),
        "thread" => std::thread::spawn(|| ()).join().map_err(|_| Error::other("panicked")),
        "spawn" => Command::new(path()).status().map(drop),
        "exec" => Err(Command::new(path()).exec()),
        "kill" => {
            let pid = rustix::process::Pid::from_raw(i32::try_from(number()?).map_err(Error::other)?);
            let pid = pid.ok_or_else(|| Error::other("no pid"))?;
            Ok(rustix::process::test_kill_process(pid)?)
        }
        "abort" => std::process::abort(),
        "unlimit" => Ok(rustix::process::setrlimit(
            rustix::process::Resource::Data,
            rustix::process::Rlimit { current: None, maximum: None },
        )?),
        "allocate" => {
            let mut memory = Vec::new();
            memory.try_reserve_exact(usize::try_from(number()?).map_err(Error::other)?).map_err(Error::other)?;
            memory.push(1_u8);
            Ok(())
        }
        "fill" => File::create(path())?.write_all(&vec![0; 1 << 20]),
        "descriptors" => {
            let stdin = std::io::stdin();
            (0..number()?).map(|_| stdin.as_fd().try_clone_to_owned()).collect::<Result<Vec<_>>>().map(drop)
        }
        "spin" => loop {
            std::hint::spin_loop();
        },
        "wait" => {
            std::thread::sleep(Duration::from_secs(60));
            Ok(())
        }
        "call" => call(rest),
        _ => Err(Error::other("no such deed")),
    }
}

/// Any system call, by number and up to five numbers.
#[allow(unsafe_code, reason = "there is no safe way to a call that no library offers")]
fn call(rest: &[String]) -> Result<()> {
    let number = |index: usize| rest.get(index).and_then(|it| it.parse::<i64>().ok()).unwrap_or(0);
    // SAFETY: tests pass only numbers that the kernel takes as flags, counts or null pointers.
    let outcome = unsafe { libc::syscall(number(0), number(1), number(2), number(3), number(4), number(5)) };
    if outcome < 0 { Err(Error::last_os_error()) } else { Ok(()) }
}
