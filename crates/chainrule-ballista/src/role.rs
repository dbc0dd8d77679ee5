//! What a process of a cluster does.

use std::ffi::OsString;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ballista_core::error::{BallistaError, Result};
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::{create_scheduler, start_grpc_service_with_listener};
use datafusion::execution::SessionStateBuilder;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use lexopt::{Arg, Parser, ValueExt};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::codec::{LogicalCodec, PhysicalCodec};

/// A process of a cluster, as arguments describe it: a scheduler or an executor.
///
/// ```
/// use chainrule_ballista::Role;
///
/// assert!(Role::parse(["scheduler", "--bind", "127.0.0.1:50050"]).is_ok());
/// assert!(Role::parse(["executor", "--scheduler", "127.0.0.1:50050"]).is_ok());
/// assert!(Role::parse(["executor"]).is_err());
/// ```
#[derive(Debug, Clone)]
pub struct Role {
    kind: Kind,
    /// Executors that are silent for this long are dead, in seconds.
    timeout: u64,
    /// The process ends when its input ends.
    until_input_ends: bool,
    /// Warnings are not printed.
    quiet: bool,
}

#[derive(Debug, Clone)]
enum Kind {
    Scheduler {
        bind: SocketAddr,
    },
    Executor {
        scheduler: SocketAddr,
        bind: IpAddr,
        cores: Option<usize>,
        folder: Option<PathBuf>,
    },
}

impl Role {
    /// How the arguments are written.
    pub const USAGE: &str = "scheduler [--bind ADDRESS:PORT] [--timeout SECONDS] [--until-input-ends] [--quiet]
executor --scheduler ADDRESS:PORT [--bind ADDRESS] [--cores N] [--folder PATH] [--timeout SECONDS] [--until-input-ends] [--quiet]";

    /// Reads arguments, which begin with the name of the role. [`Role::USAGE`] lists them; an example is at [`Role`].
    ///
    /// # Errors
    /// If an argument is unknown, missing or malformed.
    pub fn parse<A: Into<OsString>>(
        arguments: impl IntoIterator<Item = A>,
    ) -> std::result::Result<Self, lexopt::Error> {
        let mut arguments = arguments.into_iter().map(Into::into);
        let name = arguments.next().unwrap_or_default();
        let (mut scheduler, mut bind, mut cores, mut folder) = (None, None, None, None);
        let (mut timeout, mut until_input_ends, mut quiet) = (180, false, false);
        let mut parser = Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("scheduler") => scheduler = Some(parser.value()?.parse()?),
                Arg::Long("bind") => bind = Some(parser.value()?),
                Arg::Long("cores") => cores = Some(parser.value()?.parse()?),
                Arg::Long("folder") => folder = Some(parser.value()?.into()),
                Arg::Long("timeout") => timeout = parser.value()?.parse()?,
                Arg::Long("until-input-ends") => until_input_ends = true,
                Arg::Long("quiet") => quiet = true,
                other => return Err(other.unexpected()),
            }
        }
        let kind = match (name.to_str(), scheduler) {
            (Some("scheduler"), None) => Kind::Scheduler {
                bind: bind.map_or(Ok((Ipv4Addr::LOCALHOST, 50050).into()), |bind| bind.parse())?,
            },
            (Some("executor"), Some(scheduler)) => Kind::Executor {
                scheduler,
                bind: bind.map_or(Ok(Ipv4Addr::LOCALHOST.into()), |bind| bind.parse())?,
                cores,
                folder,
            },
            _ => return Err("expected `scheduler`, or `executor` and `--scheduler`".into()),
        };
        Ok(Self {
            kind,
            timeout,
            until_input_ends,
            quiet,
        })
    }

    /// Runs a scheduler or an executor until it fails or is stopped. Prints one line when it is ready: a scheduler its address,
    /// an executor `ready`. Writes warnings to the standard error, unless the arguments have `--quiet`.
    ///
    /// # Errors
    /// If an address cannot be bound, or the scheduler does not answer.
    pub async fn run(self) -> Result<()> {
        if !self.quiet {
            // Another logger of this process remains.
            let _ = log::set_logger(&Warnings);
            log::set_max_level(log::LevelFilter::Warn);
        }
        let heartbeat = (self.timeout / 5).max(1);
        tokio::select! {
            () = input_ends(), if self.until_input_ends => Ok(()),
            result = async {
                match self.kind {
                    Kind::Scheduler { bind } => scheduler(bind, self.timeout, heartbeat).await,
                    Kind::Executor { scheduler, bind, cores, folder } => {
                        executor(scheduler, bind, cores, folder, heartbeat).await
                    }
                }
            } => result,
        }
    }
}

/// Waits until the input ends, on a thread that ends with the process. The runtime would wait for a thread of its own.
async fn input_ends() {
    let (end, ended) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        drop(end);
    });
    let _ = ended.await;
}

/// Writes warnings and errors of Ballista to the standard error.
struct Warnings;

impl log::Log for Warnings {
    fn enabled(&self, metadata: &log::Metadata) -> bool {
        metadata.level() <= log::Level::Warn
    }

    fn log(&self, record: &log::Record) {
        if self.enabled(record.metadata()) {
            eprintln!("{}: {}", record.level(), record.args());
        }
    }

    fn flush(&self) {}
}

/// Says that a process is ready, to whoever has started it.
fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout();
    Ok(writeln!(out, "{line}").and_then(|()| out.flush())?)
}

async fn scheduler(bind: SocketAddr, timeout: u64, heartbeat: u64) -> Result<()> {
    let listener = TcpListener::bind(bind).await?;
    let address = listener.local_addr()?;
    let config = SchedulerConfig {
        external_host: address.ip().to_string(),
        bind_host: address.ip().to_string(),
        bind_port: address.port(),
        executor_timeout_seconds: timeout,
        expire_dead_executor_interval_seconds: heartbeat,
        no_executors_grace_period_seconds: timeout,
        override_logical_codec: Some(Arc::new(LogicalCodec::default())),
        override_physical_codec: Some(Arc::new(PhysicalCodec::default())),
        ..SchedulerConfig::default()
    };
    config.validate()?;
    let cluster = BallistaCluster::new_from_config(&config).await?;
    let scheduler =
        create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, Arc::new(config)).await?;
    say(&address.to_string())?;
    start_grpc_service_with_listener(listener, scheduler).await
}

/// Two ports that are free now. Ballista binds them itself, so another process can still take one of them before.
fn free_ports(bind: IpAddr) -> Result<[u16; 2]> {
    let listeners = [
        std::net::TcpListener::bind((bind, 0))?,
        std::net::TcpListener::bind((bind, 0))?,
    ];
    let [flight, grpc] = &listeners;
    Ok([flight.local_addr()?.port(), grpc.local_addr()?.port()])
}

async fn executor(
    scheduler: SocketAddr,
    bind: IpAddr,
    cores: Option<usize>,
    folder: Option<PathBuf>,
    heartbeat: u64,
) -> Result<()> {
    let [port, grpc_port] = free_ports(bind)?;
    let functions = SessionStateBuilder::new().with_default_features().build();
    let mut config = ExecutorProcessConfig {
        bind_host: bind.to_string(),
        external_host: Some(bind.to_string()),
        port,
        grpc_port,
        scheduler_host: scheduler.ip().to_string(),
        scheduler_port: scheduler.port(),
        executor_heartbeat_interval_seconds: heartbeat,
        work_dir: folder.map(|folder| folder.to_string_lossy().into_owned()),
        override_logical_codec: Some(Arc::new(LogicalCodec::default())),
        override_physical_codec: Some(Arc::new(PhysicalCodec::default())),
        // Ballista's own list lacks functions of lists, such as the one behind `gradient[1]`.
        override_function_registry: Some(Arc::new((&functions).into())),
        ..ExecutorProcessConfig::default()
    };
    config.vcores = cores.unwrap_or(config.vcores);
    let health = config.health.clone();
    let ready = async {
        while !health.is_ready() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        say("ready")?;
        std::future::pending::<Result<()>>().await
    };
    tokio::select! {
        result = start_executor_process(Arc::new(config)) => {
            result.and(Err(BallistaError::General("the executor was stopped".to_owned())))
        }
        result = ready => result,
    }
}
