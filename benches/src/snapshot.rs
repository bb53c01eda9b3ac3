//! The rows of a table of MariaDB, as a snapshot reads them, against `mysqldump --single-transaction`: the real processes,
//! both to /dev/null.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use sluicegate_test_servers::{Flavour, MySql, MySqlClient, MySqlOptions};

use crate::process::{Ended, Running, Usage};
use crate::runs::build;
use crate::table::{Section, median, thousands};
use crate::{Fallible, Options};

/// Parts that are read at once, and workers.
const READERS: u16 = 2;

/// Rows of one statement that fills the table.
const FILL: u64 = 10_000;

/// Measures both.
///
/// # Errors
/// Where a run fails, or there is no `mysqldump`.
pub fn measure(options: &Options) -> Fallible<Vec<Section>> {
    let dump = dump()?;
    let program = options.program.clone().map_or_else(build, Ok)?;
    let server = MySql::start(
        MySqlOptions::new(Flavour::MariaDb)
            .set("innodb-buffer-pool-size", "2G")
            .set("innodb-log-file-size", "512M"),
    )?;
    // The sequences that fill it are found in a database only.
    fill(&mut MySqlClient::connect(server.port(), "test")?, options.rows)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..options.rounds.max(1) {
        ours.push(run(&program, server.port(), options.rows, round)?);
        theirs.push(dumped(&dump, server.port())?);
        let [ours, theirs] = [&ours, &theirs].map(|runs| runs[round].wall.as_secs_f64());
        eprintln!("round {}: {ours:.2} s, mysqldump {theirs:.2} s", round + 1);
    }
    Ok(vec![section(options.rows, &ours, &theirs)])
}

/// A table of eight columns of the usual types.
fn fill(client: &mut MySqlClient, rows: u64) -> Fallible<()> {
    client.execute(
        "CREATE TABLE test.orders (id BIGINT PRIMARY KEY, customer BIGINT UNSIGNED, amount DECIMAL(18,2), quantity INT, \
         status ENUM('new','paid','sent'), placed DATETIME(6), phone CHAR(11), note VARCHAR(200))",
    )?;
    for first in (0..rows).step_by(usize::try_from(FILL)?) {
        let last = (first + FILL).min(rows) - 1;
        client.execute(&format!(
            "INSERT INTO test.orders SELECT seq, seq * 7 % 1000003, seq % 100000 / 100, seq % 9, 1 + seq % 3, \
             '2026-01-01' + INTERVAL seq SECOND, LPAD(seq, 11, '1'), REPEAT('word ', seq % 20) FROM seq_{first}_to_{last}"
        ))?;
    }
    client.execute("ANALYZE TABLE test.orders")?;
    Ok(())
}

fn run(program: &Path, port: u16, rows: u64, round: usize) -> Fallible<Usage> {
    let directory = nowhere()?;
    let user = MySqlClient::USER;
    let file = directory.path().join("snapshot.yaml");
    std::fs::write(
        &file,
        format!(
            "pipeline: snapshot-{round}\n\
             instance: bench\n\
             source:\n  mysql: {{ url: \"mysql://127.0.0.1:{port}/test\", user: {user}, password: {user}, tables: [orders], \
             snapshot: {{ readers: {READERS} }} }}\n\
             sink:\n  file: {{ directory: \"-\", format: {{ csv: {{}} }} }}\n\
             engine: {{ workers: {READERS} }}\n"
        ),
    )?;
    let mut command = Command::new(program);
    command.arg("--output").arg("json").arg("run").arg(&file).args(["--until", "end"]);
    let ended = Running::start(&mut command, directory.path())?.wait()?;
    let said = ended.stderr.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let summary = said.rev().find(|line| line.get("written").is_some());
    match summary {
        Some(summary) if summary["written"] == rows => Ok(ended.usage),
        _ => Err(format!("sluicegate was to read {rows} rows:\n{}", ended.stderr).into()),
    }
}

fn dumped(dump: &Path, port: u16) -> Fallible<Usage> {
    let directory = nowhere()?;
    let user = MySqlClient::USER;
    let mut command = Command::new(dump);
    command.args(["--single-transaction", "--quick", "--host=127.0.0.1", "--skip-lock-tables"]);
    command.args([&format!("--port={port}"), &format!("--user={user}"), &format!("--password={user}")]);
    command.args(["test", "orders"]);
    let Ended { usage, .. } = Running::start(&mut command, directory.path())?.wait()?;
    Ok(usage)
}

/// A directory for the streams of a process, in which standard output is nowhere.
fn nowhere() -> Fallible<tempfile::TempDir> {
    let directory = tempfile::tempdir()?;
    symlink("/dev/null", directory.path().join("stdout"))?;
    Ok(directory)
}

/// The program that is compared with.
fn dump() -> Fallible<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = ["mariadb-dump", "mysqldump"]
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|file| file.is_file());
    found.ok_or_else(|| "there is no mysqldump in the search path: install mariadb-client".into())
}

fn section(rows: u64, ours: &[Usage], theirs: &[Usage]) -> Section {
    let about = format!(
        "{} rows of 8 columns of a MariaDB on the same machine, {} rounds in turns, medians. sluicegate is `sluicegate run \
         --until end` from `source: mysql` with {READERS} readers and workers, as CSV; both write to /dev/null. Rows a second by \
         the clock, on a machine shared with the server.",
        thousands(rows as f64),
        ours.len(),
    );
    let mut section = Section::new("A snapshot", about, &["", "sluicegate", "mysqldump", "ratio"]);
    let mut line = |name: &str, figure: &dyn Fn(&Usage) -> f64| {
        let [own, other] = [ours, theirs].map(|runs| median(runs.iter().map(figure).collect()));
        section.row([name.to_owned(), thousands(own), thousands(other), format!("{:.2}", own / other)]);
    };
    line("rows a second", &|run| rows as f64 / run.wall.as_secs_f64());
    line("rows per CPU second", &|run| rows as f64 / run.cpu.as_secs_f64());
    line("peak resident memory, MiB", &|run| run.peak_rss as f64 / f64::from(1 << 20));
    section
}
