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
use remotemedia_engine::{Cancel, NodeSpec};
use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::frame::{self, Frame, HEADER, Kind};
use crate::load;

/// How long a child may go on before cancellation, memory and threads are looked at.
const SLICE: Duration = Duration::from_millis(20);
/// What a frame may have beside the packets that a call emits, or a state.
const SLACK: usize = 1 << 20;
/// Bytes of the longest frame that has neither packets nor a state: what is read from JSON takes a multiple of its text.
const TALK: usize = 16 << 20;
/// Most threads of an author's program; they cost the system more than a process's memory shows.
const THREADS: u64 = 256;
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
    /// It has more threads than it may.
    Threads {
        /// Threads that it may have.
        most: u64,
        /// Threads that it has.
        got: u64,
    },
    /// It closed its end, or exited.
    Closed,
    /// It wants to send a longer frame than it may.
    TooLong {
        /// Bytes that it may send.
        most: usize,
        /// Bytes that it wants to send.
        got: usize,
    },
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
    /// Bytes that a call may emit.
    output: usize,
    memory: Option<u64>,
    threads: Option<u64>,
    looked: Instant,
    cancel: Cancel,
    status: Option<ExitStatus>,
}

impl Process {
    /// Start a program in a process group of its own.
    ///
    /// `memory` is what its anonymous memory is held against, in bytes, where the child has no such bound of its own.
    pub(crate) fn start(program: &Program, spec: &NodeSpec, memory: Option<u64>) -> io::Result<Self> {
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
            output: usize::try_from(spec.limits.output_bytes).unwrap_or(usize::MAX),
            memory,
            threads: program.image.is_some().then_some(THREADS),
            looked: Instant::now(),
            cancel: spec.cancel.clone(),
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
            self.look(until)?;
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
    ///
    /// A child that never stops talking is looked at as one that is silent.
    pub(crate) fn receive(&mut self, until: Option<Instant>) -> Result<Frame, Lost> {
        loop {
            self.look(until)?;
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
            Some(head) => HEADER + self.allowed(head)? - self.inbox.len(),
            None => 0,
        };
        self.inbox.reserve(wanted.max(CHUNK));
        Ok(())
    }

    /// The length of a frame, if it may have that.
    fn allowed(&self, head: &[u8; HEADER]) -> Result<usize, Lost> {
        let length = frame::length(head);
        let (most, slack) = match Kind::of(head[4]) {
            Some(Kind::Emitted | Kind::State) => (self.output, SLACK),
            _ => (self.output.saturating_add(SLACK).min(TALK), 0),
        };
        if length > most.saturating_add(slack) { Err(Lost::TooLong { most, got: length }) } else { Ok(length) }
    }

    /// Cut the bytes that are there into frames.
    fn cut(&mut self) -> Result<(), Lost> {
        let mut whole = 0;
        while let Some(head) = self.inbox[whole..].first_chunk::<HEADER>() {
            let end = whole + HEADER + self.allowed(head)?;
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
            self.look(until)?;
            let left = until.map_or(SLICE, |it| it.saturating_duration_since(Instant::now()));
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

    /// Look whether the run goes on and the child has time left; now and then, how much it takes.
    fn look(&mut self, until: Option<Instant>) -> Result<(), Lost> {
        if self.cancel.is_cancelled() {
            return Err(Lost::Cancelled);
        }
        let now = Instant::now();
        if until.is_some_and(|it| it <= now) {
            return Err(Lost::Deadline);
        }
        let is_watched = self.memory.is_some() || self.threads.is_some();
        if !is_watched || now.duration_since(self.looked) < SLICE {
            return Ok(());
        }
        self.looked = now;
        let Some(load) = load::of(self.child.id()) else { return Ok(()) };
        if self.memory.is_some_and(|it| load.memory > it) {
            return Err(Lost::Memory);
        }
        if let Some(most) = self.threads.filter(|&it| load.threads > it) {
            return Err(Lost::Threads { most, got: load.threads });
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
        while !self.has_ended() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
        let is_of_itself = self.has_ended();
        self.kill();
        self.status.filter(|_| is_of_itself)
    }

    /// Whether it has ended. It is not reaped, so that its id stays its group's and nobody else's.
    fn has_ended(&self) -> bool {
        const LOOK: WaitIdOptions = WaitIdOptions::EXITED.union(WaitIdOptions::NOHANG).union(WaitIdOptions::NOWAIT);
        self.status.is_some() || self.pid().is_some_and(|it| waitid(WaitId::Pid(it), LOOK).is_ok_and(|it| it.is_some()))
    }

    fn pid(&self) -> Option<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }

    /// End it, and whatever it has started in its group, and reap it.
    pub(crate) fn kill(&mut self) {
        if self.status.is_some() {
            return;
        }
        if let Some(group) = self.pid() {
            // The group may be empty already.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.kill();
        self.status = self.child.wait().ok();
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
