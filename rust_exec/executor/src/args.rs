//! The command line.

use std::ffi::OsString;
use std::os::fd::RawFd;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::failure::Failure;

/// Runs `remotemedia` packages.
#[derive(Parser)]
#[command(name = "remotemedia-executor", version)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run a package.
    Run(RunArgs),
    /// Compile the Python runner to native code.
    Precompile(PrecompileArgs),
    /// Print what this executor can run, as JSON.
    Doctor(DoctorArgs),
    /// Run one node, confined, for the executor that started this process.
    #[command(hide = true)]
    Child(ChildArgs),
    /// Compile a component from stdin to stdout, confined, for the executor that started this process.
    #[command(hide = true)]
    Compile,
    /// Become a program that is confined.
    #[command(hide = true)]
    Confined(ConfinedArgs),
    /// Become a program that stdin gives, confined, for the executor that started this process.
    #[command(hide = true)]
    Program(ProgramArgs),
}

#[derive(clap::Args)]
pub(crate) struct RunArgs {
    /// An OCI image layout: a directory, or a `.rmpkg` file.
    #[arg(long)]
    pub(crate) package: PathBuf,
    /// Digest of the package's OCI manifest, `sha256:…`; everything that is read is checked against it.
    #[arg(long)]
    pub(crate) digest: String,
    /// What was decided about nodes, input and output; without it every node gets its default runtime.
    #[arg(long)]
    pub(crate) plan: Option<PathBuf>,
    /// Input file: wav, flac, mp3, ogg, npy or JSON lines; `-` is stdin as JSON lines. Goes before the plan's.
    #[arg(long)]
    pub(crate) input: Option<PathBuf>,
    /// Output file: `.wav`, or JSON lines; without it, stdout. Goes before the plan's.
    #[arg(long)]
    pub(crate) output: Option<PathBuf>,
    /// Descriptor that takes events as JSON lines.
    #[arg(long)]
    pub(crate) events_fd: Option<RawFd>,
    /// Descriptor that gives what is asked of the run while it goes on, as JSON lines.
    #[arg(long)]
    pub(crate) control_fd: Option<RawFd>,
    /// Descriptor that gives the secrets, as a JSON object, to its end.
    #[arg(long)]
    pub(crate) secrets_fd: Option<RawFd>,
    #[command(flatten)]
    pub(crate) places: Places,
}

#[derive(clap::Args)]
pub(crate) struct PrecompileArgs {
    /// The component.
    pub(crate) component: PathBuf,
    /// Directory that takes the native code.
    pub(crate) directory: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) places: Places,
}

#[derive(clap::Args)]
pub(crate) struct ConfinedArgs {
    /// What the program may do, as JSON (`docs/reference/confinement.md`).
    #[arg(long)]
    pub(crate) confinement: String,
    /// A variable of the program's environment, `NAME=VALUE`; it has no other.
    #[arg(long)]
    pub(crate) env: Vec<String>,
    /// The program by its absolute path, and its arguments.
    #[arg(last = true, required = true)]
    pub(crate) program: Vec<OsString>,
}

#[derive(clap::Args)]
pub(crate) struct ProgramArgs {
    /// What the program may do, as JSON.
    #[arg(long)]
    pub(crate) confinement: String,
    /// Bytes of stdin that are the program; the rest is for it.
    #[arg(long)]
    pub(crate) size: u64,
    /// What it is called: its first argument, and in errors.
    #[arg(long)]
    pub(crate) name: String,
}

#[derive(clap::Args)]
pub(crate) struct ChildArgs {
    /// What runs the node.
    #[arg(long)]
    pub(crate) runtime: ChildRuntime,
    /// What this process confines itself to, as JSON, before it is told its node.
    #[arg(long)]
    pub(crate) confinement: String,
    #[command(flatten)]
    pub(crate) places: Places,
}

/// The runtimes that a child may be of.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum ChildRuntime {
    Onnx,
}

/// Where things lie on this machine.
#[derive(clap::Args)]
pub(crate) struct Places {
    /// Directory of the Python runner; by default `python-runner` beside this program.
    #[arg(long, env = "REMOTEMEDIA_RUNNER")]
    pub(crate) runner: Option<PathBuf>,
    /// The ONNX Runtime library.
    #[arg(long, env = "REMOTEMEDIA_ONNXRUNTIME")]
    pub(crate) onnxruntime: Option<PathBuf>,
    /// The program of the runtime `rustpython`; by default `remotemedia-rustpython-node` beside this program.
    #[arg(long, env = "REMOTEMEDIA_RUSTPYTHON")]
    pub(crate) rustpython: Option<PathBuf>,
    /// Home directory, for code that is compiled on this machine.
    #[arg(long, env = "REMOTEMEDIA_HOME")]
    pub(crate) home: Option<PathBuf>,
}

impl Args {
    pub(crate) fn events_fd(&self) -> Option<RawFd> {
        match &self.command {
            Command::Run(run) => run.events_fd,
            Command::Precompile(_)
            | Command::Doctor(_)
            | Command::Compile
            | Command::Child(_)
            | Command::Confined(_)
            | Command::Program(_) => None,
        }
    }
}

impl Places {
    /// The Python runner's directory.
    pub(crate) fn runner(&self) -> PathBuf {
        self.runner.clone().unwrap_or_else(|| {
            let program = std::env::current_exe().unwrap_or_default();
            program.with_file_name("python-runner")
        })
    }

    /// The program of the runtime `rustpython`, whether it is there or not.
    pub(crate) fn rustpython(&self) -> PathBuf {
        self.rustpython.clone().unwrap_or_else(|| {
            let program = std::env::current_exe().unwrap_or_default();
            program.with_file_name("remotemedia-rustpython-node")
        })
    }

    /// The program of the runtime `rustpython`.
    ///
    /// # Errors
    ///
    /// `RM610`: it is not there.
    pub(crate) fn installed_rustpython(&self) -> Result<PathBuf, Failure> {
        let program = self.rustpython();
        if program.is_file() {
            return Ok(program);
        }
        let message = format!("expected the program of `rustpython` at `{}`, found none", program.display());
        let hint = "install it with `pip install 'remotemedia[rustpython]'`, or name it with `REMOTEMEDIA_RUSTPYTHON`";
        Err(Failure::new("RM610", message).with_hint(hint))
    }

    /// The home directory.
    pub(crate) fn home(&self) -> PathBuf {
        self.home.clone().unwrap_or_else(|| {
            let user = std::env::var_os("HOME").unwrap_or_else(|| "/".into());
            PathBuf::from(user).join(".remotemedia")
        })
    }
}
