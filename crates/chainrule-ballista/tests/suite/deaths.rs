//! Processes that die.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::rows::{SUM, ask, batch, cluster, loss, rows, session, slow_loss, wait, write_all};

/// The hundredths of a second that a process has computed, or `None` if it does not run.
fn computed(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = status.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    if fields.next() == Some("Z") {
        return None;
    }
    fields.nth(10)?.parse().ok()
}

#[test]
fn a_query_has_the_same_bits_when_an_executor_is_killed_in_the_middle() {
    let folder = tempfile::tempdir().unwrap();
    let rows = rows(60_000);
    write_all(folder.path(), &rows);
    let mut cluster = cluster(2);
    wait(async {
        let slow = session(&cluster, folder.path(), &slow_loss(), 12)
            .await
            .unwrap();
        let victim = cluster.processes()[2];
        let before = computed(victim).unwrap();
        let query = tokio::spawn(async move { ask(&slow, SUM).await });
        // Each executor computes for about a second, so the victim has finished some partitions now.
        while computed(victim).unwrap() < before + 30 {
            assert!(!query.is_finished());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        cluster.kill_executor().unwrap();
        assert_eq!(computed(victim), None);
        assert_eq!(query.await.unwrap().unwrap(), batch(&slow_loss(), &rows));

        // The next query runs on the other executor, and on a new one.
        let session = session(&cluster, folder.path(), &loss(), 4).await.unwrap();
        let expected = batch(&loss(), &rows);
        assert_eq!(ask(&session, SUM).await.unwrap(), expected);
        cluster.add_executor().unwrap();
        assert_eq!(ask(&session, SUM).await.unwrap(), expected);

        // One that dies between two queries is noticed by the second one.
        cluster.kill_executor().unwrap();
        assert_eq!(ask(&session, SUM).await.unwrap(), expected);

        // Without executors, the query fails, and the next one after a new executor does not.
        cluster.kill_executor().unwrap();
        let message = ask(&session, SUM).await.unwrap_err().to_string();
        assert!(message.contains("all executors were lost"), "{message}");
        cluster.add_executor().unwrap();
        assert_eq!(ask(&session, SUM).await.unwrap(), expected);
    });
}

#[test]
fn processes_end_with_the_cluster() {
    let cluster = cluster(1);
    let processes = cluster.processes();
    assert_eq!(processes.len(), 2);
    assert!(processes.iter().all(|&process| computed(process).is_some()));
    drop(cluster);
    assert!(processes.iter().all(|&process| computed(process).is_none()));
}

/// Starts the program with its input open.
fn start(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_chainrule-ballista"))
        .args(arguments)
        .args(["--until-input-ends", "--quiet"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn processes_end_when_their_input_ends() {
    let mut scheduler = start(&["scheduler", "--bind", "127.0.0.1:0"]);
    let mut address = String::new();
    let out = scheduler.stdout.take().unwrap();
    BufReader::new(out).read_line(&mut address).unwrap();
    let mut executor = start(&["executor", "--scheduler", address.trim()]);
    let mut ready = String::new();
    let out = executor.stdout.take().unwrap();
    BufReader::new(out).read_line(&mut ready).unwrap();
    assert_eq!(ready, "ready\n");
    for process in [&mut executor, &mut scheduler] {
        // The system closes it in the same way when the process at its other end is killed.
        drop(process.stdin.take());
        assert!(process.wait().unwrap().success());
    }

    // The scheduler is gone.
    let mut executor = start(&["executor", "--scheduler", address.trim()]);
    let mut message = String::new();
    let mut error = executor.stderr.take().unwrap();
    error.read_to_string(&mut message).unwrap();
    assert!(
        message.contains("Could not connect to scheduler"),
        "{message}"
    );
    assert!(!executor.wait().unwrap().success());
}
