//! The operating system's side of a child: made, spoken to with a deadline, ended.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use remotemedia_engine::Cancel;
use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::frame::{self, Frame, HEADER, Kind};
use crate::memory;

/// How long a wait may go on before cancellation and memory are looked at.
const SLICE: Duration = Duration::from_millis(20);
/// Bytes that are read at once where no longer frame is on its way.
const CHUNK: usize = 64 << 10;
/// Bytes that a pipe holds; the system may give less.
const PIPE: usize = 1 << 20;
/// Bytes of the standard error that are kept: the last ones.
const TAIL: usize = 8 << 10;
/// How long a child that has closed its end may take to exit.
const EXIT: Duration = Duration::from_millis(50);

/// How a child is started: a program with nothing but what stands here.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The program.
    pub path: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Its whole environment.
    pub env: Vec<(OsString, OsString)>,
    /// A program of the package's author that the process is to become; it reads this before the first frame.
    pub image: Option<Image>,
}

/// A program of the package's author: it is not believed what it says of itself.
#[derive(Clone, Debug)]
pub struct Image {
    /// The file in the package.
    pub name: String,
    /// What is in it.
    pub bytes: Bytes,
    /// How long it may take until it says hello.
    pub patience: Duration,
}

impl Program {
    /// What it is called in errors.
    pub(crate) fn name(&self) -> String {
        self.image.as_ref().map_or_else(|| self.path.display().to_string(), |it| it.name.clone())
    }
}

/// Why a child cannot be spoken to any more.
#[derive(Debug)]
pub(crate) enum Lost {
    /// It did not answer in time.
    Deadline,
    /// The run is cancelled.
    Cancelled,
    /// It uses more memory than it may.
    Memory,
    /// It closed its end, or exited.
    Closed,
    /// It wants to send a frame of so many bytes.
    TooLong(usize),
    /// What it sent is no frame.
    Malformed(String),
}

/// A running child. Dropped, it is killed.
pub(crate) struct Process {
    child: std::process::Child,
    stdin: OwnedFd,
    stdout: OwnedFd,
    stderr: Option<OwnedFd>,
    /// The last lines of its standard error.
    tail: VecDeque<u8>,
    inbox: Vec<u8>,
    frames: VecDeque<Frame>,
    /// Bytes of the longest frame that is taken.
    max_frame: usize,
    memory: Option<u64>,
    looked: Instant,
    cancel: Cancel,
    status: Option<ExitStatus>,
}

impl Process {
    /// Start a program in a process group of its own.
    ///
    /// `memory` is what its anonymous memory is held against, in bytes, where the child has no such bound of its own.
    pub(crate) fn start(program: &Program, max_frame: usize, memory: Option<u64>, cancel: &Cancel) -> io::Result<Self> {
        let mut child = Command::new(&program.path)
            .args(&program.args)
            .env_clear()
            .envs(program.env.iter().map(|(name, value)| (name, value)))
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
            return Err(io::Error::other("the child has no pipes"));
        };
        let process = Self {
            child,
            stdin: stdin.into(),
            stdout: stdout.into(),
            stderr: Some(stderr.into()),
            tail: VecDeque::new(),
            inbox: Vec::new(),
            frames: VecDeque::new(),
            max_frame,
            memory,
            looked: Instant::now(),
            cancel: cancel.clone(),
            status: None,
        };
        for end in [process.stdin.as_fd(), process.stdout.as_fd()] {
            rustix::io::ioctl_fionbio(end, true)?;
            // A shorter pipe is slower, not wrong.
            let _ = rustix::pipe::fcntl_setpipe_size(end, PIPE);
        }
        if let Some(stderr) = &process.stderr {
            rustix::io::ioctl_fionbio(stderr, true)?;
        }
        Ok(process)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Send a frame whose payload is these parts, one after the other.
    pub(crate) fn send(&mut self, kind: Kind, parts: &[Bytes], until: Option<Instant>) -> Result<(), Lost> {
        let length = parts.iter().map(Bytes::len).sum();
        let header = frame::header(kind, length).map_err(|error| Lost::Malformed(error.to_string()))?;
        let slices = std::iter::once(&header[..]).chain(parts.iter().map(|it| &**it)).map(IoSlice::new);
        self.write(&mut slices.collect::<Vec<_>>(), until)
    }

    /// Send what is no frame: what the child is, before it speaks.
    pub(crate) fn send_image(&mut self, image: &[u8], until: Option<Instant>) -> Result<(), Lost> {
        self.write(&mut [IoSlice::new(image)], until)
    }

    fn write(&mut self, mut rest: &mut [IoSlice<'_>], until: Option<Instant>) -> Result<(), Lost> {
        // The kernel takes at most so many at once.
        const VECTORS: usize = 1024;
        while !rest.is_empty() {
            match rustix::io::writev(&self.stdin, &rest[..rest.len().min(VECTORS)]) {
                Ok(written) => IoSlice::advance_slices(&mut rest, written),
                Err(rustix::io::Errno::AGAIN) => self.wait(true, until)?,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return Err(Lost::Closed),
            }
        }
        Ok(())
    }

    /// Wait for a frame.
    pub(crate) fn receive(&mut self, until: Option<Instant>) -> Result<Frame, Lost> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return Ok(frame);
            }
            self.reserve()?;
            match rustix::io::read(&self.stdout, spare_capacity(&mut self.inbox)) {
                Ok(0) => return Err(Lost::Closed),
                Ok(_) => self.cut()?,
                Err(rustix::io::Errno::AGAIN) => self.wait(false, until)?,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return Err(Lost::Closed),
            }
        }
    }

    /// Make room for the rest of the frame that is on its way, or for whatever comes.
    fn reserve(&mut self) -> Result<(), Lost> {
        let wanted = match self.inbox.first_chunk::<HEADER>() {
            Some(head) => HEADER + self.allowed(frame::length(head))? - self.inbox.len(),
            None => 0,
        };
        self.inbox.reserve(wanted.max(CHUNK));
        Ok(())
    }

    fn allowed(&self, length: usize) -> Result<usize, Lost> {
        if length > self.max_frame { Err(Lost::TooLong(length)) } else { Ok(length) }
    }

    /// Cut the bytes that are there into frames.
    fn cut(&mut self) -> Result<(), Lost> {
        let mut whole = 0;
        while let Some(head) = self.inbox[whole..].first_chunk::<HEADER>() {
            let end = whole + HEADER + self.allowed(frame::length(head))?;
            if end > self.inbox.len() {
                break;
            }
            whole = end;
        }
        if whole == 0 {
            return Ok(());
        }
        let rest = self.inbox[whole..].to_vec();
        self.inbox.truncate(whole);
        // A long frame's packets share its memory; to share that of a short one would keep a whole chunk alive.
        let mut bytes = if whole < CHUNK / 4 {
            let copied = Bytes::copy_from_slice(&self.inbox);
            self.inbox.clear();
            copied
        } else {
            Bytes::from(std::mem::take(&mut self.inbox))
        };
        self.inbox.extend_from_slice(&rest);
        while let Some(head) = bytes.first_chunk::<HEADER>() {
            let (length, number) = (frame::length(head), head[4]);
            let kind = Kind::of(number).ok_or_else(|| Lost::Malformed(format!("a frame of kind {number}")))?;
            let payload = bytes.split_to(HEADER + length).slice(HEADER..);
            self.frames.push_back(Frame { kind, payload });
        }
        Ok(())
    }

    /// Wait until the child can be written to, or read from.
    fn wait(&mut self, to_write: bool, until: Option<Instant>) -> Result<(), Lost> {
        loop {
            self.look()?;
            let left = until.map_or(SLICE, |it| it.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Err(Lost::Deadline);
            }
            let main = if to_write {
                PollFd::new(&self.stdin, PollFlags::OUT)
            } else {
                PollFd::new(&self.stdout, PollFlags::IN)
            };
            let ready = match &self.stderr {
                Some(stderr) => poll_all(&mut [main, PollFd::new(stderr, PollFlags::IN)], left.min(SLICE)),
                None => poll_all(&mut [main], left.min(SLICE)),
            };
            let (main, stderr) = ready.map_err(|error| Lost::Malformed(error.to_string()))?;
            if stderr {
                self.drain();
            }
            if main {
                return Ok(());
            }
        }
    }

    /// Look, now and then, whether the run is cancelled and how much memory the child has.
    fn look(&mut self) -> Result<(), Lost> {
        if self.cancel.is_cancelled() {
            return Err(Lost::Cancelled);
        }
        if let Some(limit) = self.memory
            && self.looked.elapsed() >= SLICE
        {
            self.looked = Instant::now();
            if memory::used(self.child.id()).is_some_and(|it| it > limit) {
                return Err(Lost::Memory);
            }
        }
        Ok(())
    }

    /// Keep the last of what stands on standard error.
    fn drain(&mut self) {
        let Some(stderr) = &self.stderr else { return };
        let mut chunk = [0; 4096];
        match rustix::io::read(stderr, &mut chunk) {
            Ok(0) => self.stderr = None,
            Ok(length) => {
                self.tail.extend(&chunk[..length]);
                let excess = self.tail.len().saturating_sub(TAIL);
                self.tail.drain(..excess);
            }
            Err(_) => {}
        }
    }

    /// The last of its standard error, once it has ended.
    pub(crate) fn last_words(&mut self) -> String {
        // What is in the pipe is at most what a pipe holds.
        for _ in 0..PIPE / 4096 {
            let before = self.tail.len();
            self.drain();
            if self.stderr.is_none() || self.tail.len() == before {
                break;
            }
        }
        String::from_utf8_lossy(self.tail.make_contiguous()).into_owned()
    }

    /// How it ended, where it does so of itself and soon; else it is killed.
    pub(crate) fn exit(&mut self) -> Option<ExitStatus> {
        let until = Instant::now() + EXIT;
        while Instant::now() < until {
            if let Ok(Some(status)) = self.child.try_wait() {
                self.status = Some(status);
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let status = self.status;
        self.kill();
        status
    }

    /// End it, and whatever it has started in its group, and reap it.
    pub(crate) fn kill(&mut self) {
        if let Ok(pid) = i32::try_from(self.child.id())
            && let Some(pid) = Pid::from_raw(pid)
        {
            // The group may be empty already.
            let _ = kill_process_group(pid, Signal::KILL);
        }
        if self.status.is_none() {
            let _ = self.child.kill();
            self.status = self.child.wait().ok();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Whether the first and the second have something to say.
fn poll_all(fds: &mut [PollFd<'_>], timeout: Duration) -> io::Result<(bool, bool)> {
    let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(timeout.subsec_nanos()) };
    match poll(fds, Some(&timeout)) {
        Ok(_) => {}
        Err(rustix::io::Errno::INTR) => return Ok((false, false)),
        Err(error) => return Err(error.into()),
    }
    let said = |index: usize| fds.get(index).is_some_and(|it| !it.revents().is_empty());
    Ok((said(0), said(1)))
}
