//! A cluster of processes on this machine.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Error, Result};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A scheduler and executors as processes on this machine, which talk over the loopback interface on free ports. All of them are
/// killed when this value is dropped, and they end when this process ends for any reason.
///
/// The program that they run passes its arguments to [`Role`](crate::Role), as `chainrule-ballista` does.
///
/// ```no_run
/// use std::path::Path;
/// use chainrule_ballista::{Local, connect};
/// use datafusion::prelude::SessionConfig;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cluster = Local::start(Path::new("target/release/chainrule-ballista"), 2)?;
/// let session = connect(cluster.address(), SessionConfig::new()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Local {
    program: PathBuf,
    scheduler: Process,
    address: String,
    executors: Vec<Process>,
    started: usize,
    folder: TempDir,
}

impl Local {
    /// Seconds after which a silent executor counts as dead.
    pub const TIMEOUT: u64 = 5;

    /// Starts a scheduler and this many executors with one core each, and waits until they are ready.
    ///
    /// # Errors
    /// If a process cannot be started, or ends at once.
    pub fn start(program: &Path, executors: usize) -> Result<Self> {
        let (scheduler, address) = Process::start(program, ["scheduler", "--bind", "127.0.0.1:0"])?;
        let mut cluster = Self {
            program: program.to_owned(),
            scheduler,
            address,
            executors: Vec::new(),
            started: 0,
            folder: TempDir::new()?,
        };
        for _ in 0..executors {
            cluster.add_executor()?;
        }
        Ok(cluster)
    }

    /// The address of the scheduler, as [`connect`](crate::connect) takes it.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The identifiers of the processes: the scheduler, then the executors.
    pub fn processes(&self) -> Vec<u32> {
        let all = std::iter::once(&self.scheduler).chain(&self.executors);
        all.map(|process| process.0.id()).collect()
    }

    /// Starts one more executor and waits until it is ready.
    ///
    /// # Errors
    /// If the process cannot be started, or ends at once.
    pub fn add_executor(&mut self) -> Result<()> {
        self.started += 1;
        let folder = self.folder.path().join(self.started.to_string());
        std::fs::create_dir(&folder)?;
        let arguments = [
            OsStr::new("executor"),
            OsStr::new("--scheduler"),
            OsStr::new(&self.address),
            OsStr::new("--cores=1"),
            OsStr::new("--folder"),
            folder.as_os_str(),
        ];
        // If another process takes one of the ports first, the second try finds others.
        let executor = Process::start(&self.program, arguments)
            .or_else(|_| Process::start(&self.program, arguments))?;
        self.executors.push(executor.0);
        Ok(())
    }

    /// Kills the executor that was started last, in the middle of whatever it does.
    ///
    /// # Errors
    /// If there is no executor.
    pub fn kill_executor(&mut self) -> Result<()> {
        let executor = self.executors.pop();
        executor
            .map(drop)
            .ok_or_else(|| Error::other("there is no executor to kill"))
    }
}

/// A process that is killed when it is dropped. Its input is a pipe that closes when this process ends.
#[derive(Debug)]
struct Process(Child);

impl Process {
    /// Starts a process and waits for the line that it prints when it is ready.
    fn start<A: AsRef<OsStr>>(
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<(Self, String)> {
        let child = Command::new(program)
            .args(arguments)
            .args(["--timeout", &Local::TIMEOUT.to_string()])
            .args(["--until-input-ends", "--quiet"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut process = Self(child);
        let mut line = String::new();
        if let Some(out) = process.0.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        if line.is_empty() {
            let program = program.display();
            return Err(Error::other(format!(
                "{program} has ended before it was ready"
            )));
        }
        Ok((process, line.trim_end().to_owned()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
