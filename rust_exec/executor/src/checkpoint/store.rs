//! The directory of checkpoints, who owns it, and which of its files count.
//!
//! - `lock`: held by the executor that runs, for as long as it lives, also while it is stopped; has its process id.
//! - `epoch`: counts the executors that owned the directory. One that finds another number than its own, because the lock was
//!   removed or the file system does not keep locks between machines, has been replaced and ends.
//! - `EPOCH-NUMBER.checkpoint`: the last two checkpoints. A later epoch's count before an earlier one's, so that an executor
//!   that was replaced in the very moment of its writing changes nothing.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::checkpoint::file::Noted;
use crate::failure::Failure;
use crate::output::Output;

/// Checkpoints that are kept: a second one, should the newest not be whole.
const KEPT: usize = 2;

/// Largest file that is read, in bytes.
const MAX_FILE: u64 = 8 << 30;

/// A directory that this process owns.
pub(crate) struct Store {
    directory: PathBuf,
    epoch: u64,
    /// The checkpoints that count, the newest last, each with the file that has its part of the output.
    kept: Vec<(PathBuf, PathBuf)>,
    /// Held until the process ends.
    _lock: File,
}

impl Store {
    /// Make the directory, where `exists` does not say that it must be there, and lock it.
    pub(crate) fn open(directory: &Path, exists: bool) -> Result<Self, Failure> {
        if exists && !directory.is_dir() {
            let message = format!("expected a directory of checkpoints, got `{}`", directory.display());
            return Err(Failure::new("RM623", message));
        }
        let unusable = |e: std::io::Error| unusable(directory, &e);
        std::fs::create_dir_all(directory).map_err(unusable)?;
        let path = directory.join("lock");
        let mut lock =
            File::options().create(true).truncate(false).read(true).write(true).open(&path).map_err(unusable)?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            let owner = std::fs::read_to_string(&path).unwrap_or_default();
            let message = format!("`{}` is in use by process {}", directory.display(), owner.trim());
            let hint = "that process may be stopped: end it, and its lock ends with it";
            return Err(Failure::new("RM625", message).with_hint(hint));
        }
        lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id())).map_err(unusable)?;
        let epoch = epoch(directory)?;
        Ok(Self { directory: directory.to_owned(), epoch, kept: Vec::new(), _lock: lock })
    }

    /// Become the owner: whoever was it before is not any more.
    pub(crate) fn claim(&mut self) -> Result<(), Failure> {
        self.epoch += 1;
        replace(&self.directory.join("epoch"), self.epoch.to_string().as_bytes())
            .map_err(|e| unusable(&self.directory, &e))
    }

    /// Counts the owners of the directory, this one included once it has claimed it.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Whether this process is still the owner.
    pub(crate) fn expect_owned(&self) -> Result<(), Failure> {
        let now = epoch(&self.directory)?;
        if now == self.epoch {
            return Ok(());
        }
        let message = format!("another executor went on with this run: expected epoch {}, got {now}", self.epoch);
        Err(Failure::new("RM625", message))
    }

    /// The newest checkpoint that is whole; `tell` hears of those that are not.
    pub(crate) fn newest(&mut self, tell: impl Fn(String)) -> Result<Option<Noted>, Failure> {
        let files = self.files()?;
        for path in files.iter().rev() {
            let size = path.metadata().map_or(0, |it| it.len());
            let bytes = if size > MAX_FILE { Vec::new() } else { std::fs::read(path).unwrap_or_default() };
            if let Some(noted) = Noted::from_bytes(&bytes) {
                self.kept = vec![(path.clone(), noted.header.output.part.clone())];
                return Ok(Some(noted));
            }
            tell(format!("`{}` is not whole, and is left out", path.display()));
        }
        if files.is_empty() {
            return Ok(None);
        }
        let message = format!("expected a checkpoint that is whole in `{}`, got none", self.directory.display());
        Err(Failure::new("RM623", message).with_hint("remove the directory to begin the run anew"))
    }

    /// Make a checkpoint durable, and remove those before the last; its size in bytes.
    pub(crate) fn write(&mut self, noted: &Noted) -> Result<u64, Failure> {
        let path = self.directory.join(format!("{:010}-{:010}.checkpoint", self.epoch, noted.header.number));
        let bytes = noted.to_bytes().map_err(|e| unusable(&self.directory, &e))?;
        replace(&path, &bytes).map_err(|e| unusable(&self.directory, &e))?;
        self.kept.push((path, noted.header.output.part.clone()));
        if self.kept.len() > KEPT {
            let (_, part) = self.kept.remove(0);
            if self.kept.iter().all(|it| it.1 != part) {
                Output::forget(&part);
            }
        }
        self.clear()?;
        Ok(bytes.len() as u64)
    }

    /// Keep the last checkpoint alone.
    pub(crate) fn keep_last(&mut self) -> Result<(), Failure> {
        self.kept.drain(..self.kept.len().saturating_sub(1));
        self.clear()
    }

    /// Whether a part of an output belongs to a checkpoint that is kept.
    pub(crate) fn keeps(&self, part: &Path) -> bool {
        self.kept.iter().any(|it| it.1 == part)
    }

    /// Remove what is older than what is kept: nothing that a later owner wrote.
    fn clear(&self) -> Result<(), Failure> {
        let Some((oldest, _)) = self.kept.first() else { return Ok(()) };
        for path in self.files()?.iter().filter(|it| *it < oldest) {
            let _ = std::fs::remove_file(path);
        }
        Ok(())
    }

    /// All checkpoints, the newest last.
    fn files(&self) -> Result<Vec<PathBuf>, Failure> {
        let entries = std::fs::read_dir(&self.directory).map_err(|e| unusable(&self.directory, &e))?;
        let paths = entries.filter_map(|it| it.ok().map(|it| it.path()));
        let mut files: Vec<_> = paths.filter(|it| it.extension().is_some_and(|it| it == "checkpoint")).collect();
        files.sort();
        Ok(files)
    }
}

/// Which owner the directory has.
fn epoch(directory: &Path) -> Result<u64, Failure> {
    match std::fs::read_to_string(directory.join("epoch")) {
        Ok(text) => text.trim().parse().map_err(|e| unusable(directory, &e)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        Err(error) => Err(unusable(directory, &error)),
    }
}

/// Put a file in another's place, so that after a crash one of the two is there, whole.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    let mut file = File::create(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

fn unusable(directory: &Path, why: &dyn std::fmt::Display) -> Failure {
    Failure::new("RM625", format!("checkpoints cannot be kept in `{}`: {why}", directory.display()))
}
