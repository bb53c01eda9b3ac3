//! The binlog of MariaDB into a topic: the real process.

use sluicegate_test_servers::{Flavour, MySql, MySqlClient, MySqlOptions};

use crate::process::Usage;
use crate::runs::{Bench, FEW, build};
use crate::table::{Section, median, thousands};
use crate::{Fallible, Options};

/// Rows of one transaction of the source.
const TRANSACTION: u64 = 1_000;

/// Measures the pipeline.
///
/// # Errors
/// Where a run fails, or does not write each row once.
pub fn measure(options: &Options) -> Fallible<Vec<Section>> {
    let program = options.program.clone().map_or_else(build, Ok)?;
    let bench = Bench::new(program, 0)?;
    let server = MySql::start(MySqlOptions::new(Flavour::MariaDb).set("max-binlog-size", "1G"))?;
    let mut client = server.client()?;
    client.execute("USE test")?;
    client.execute(
        "CREATE TABLE orders (id BIGINT PRIMARY KEY, customer_id BIGINT, amount DECIMAL(18,2), status VARCHAR(20), \
         created DATETIME(6))",
    )?;
    let rounds = options.rounds.max(1);
    let mut few = Vec::new();
    let begin = client.log_end()?.to_string();
    fill(&mut client, 0..FEW)?;
    // The first makes what every later run finds: the topic of positions.
    for round in 0..=rounds {
        let usage = run(&bench, &server, (&format!("few-{round}"), &begin), FEW, true)?;
        few.extend((round > 0).then_some(usage));
    }
    let begin = client.log_end()?.to_string();
    fill(&mut client, FEW..FEW + options.messages)?;
    let mut all = Vec::new();
    for round in 0..rounds {
        let usage = run(&bench, &server, (&format!("all-{round}"), &begin), options.messages, round == 0)?;
        eprintln!("round {}: {:.2} s of CPU time", round + 1, usage.cpu.as_secs_f64());
        all.push(usage);
    }
    Ok(vec![section(options.messages, &few, &all)])
}

fn fill(client: &mut MySqlClient, rows: std::ops::Range<u64>) -> Fallible<()> {
    let mut first = rows.start;
    while first < rows.end {
        let end = rows.end.min(first + TRANSACTION);
        let values: Vec<String> = (first..end)
            .map(|id| {
                let (customer, cents) = (id * 7919 % 100_003, id % 100);
                format!(
                    "({id},{customer},'{customer}.{cents:02}','paid','2026-03-01 12:34:56.{:06}')",
                    id % 1_000_000
                )
            })
            .collect();
        client.execute(&format!("INSERT INTO orders VALUES {}", values.join(",")))?;
        first = end;
    }
    Ok(())
}

fn run(
    bench: &Bench,
    server: &MySql,
    (name, begin): (&str, &str),
    count: u64,
    check: bool,
) -> Fallible<Usage> {
    let (port, user, brokers) = (server.port(), MySqlClient::USER, bench.brokers());
    let configuration = format!(
        r#"pipeline: {name}
instance: bench
source:
  mysql:
    url: "mysql://127.0.0.1:{port}/test"
    user: {user}
    password: {user}
    tables: [test.orders]
    start: {{ file: "{begin}" }}
sink:
  kafka: {{ brokers: "{brokers}", topic: {name}, format: json }}
"#
    );
    bench.to_topic(name, &configuration, count, check)
}

fn section(count: u64, few: &[Usage], all: &[Usage]) -> Section {
    let (rows, start) = (count as f64, FEW as f64);
    let about = format!(
        "{} inserted rows of five columns in transactions of {TRANSACTION}, from the binlog of a MariaDB on the same machine \
         to a topic, {} rounds, medians. sluicegate is `sluicegate run --until end` with its defaults and no step; JSON out. \
         Rows per CPU second: rows by the CPU time of the whole process, without what a run of {FEW} rows takes.",
        thousands(rows),
        all.len(),
    );
    let mut section = Section::new("Binlog to Kafka", about, &["", "sluicegate"]);
    let figures = |figure: &dyn Fn(&Usage, &Usage) -> f64| {
        thousands(median(all.iter().zip(few).map(|(all, few)| figure(all, few)).collect()))
    };
    let per_second = |all: std::time::Duration, few: std::time::Duration| {
        (rows - start) / (all.as_secs_f64() - few.as_secs_f64())
    };
    section.row(["rows per CPU second".to_owned(), figures(&|all, few| per_second(all.cpu, few.cpu))]);
    let memory = figures(&|all, _| all.peak_rss as f64 / f64::from(1 << 20));
    section.row(["peak resident memory, MiB".to_owned(), memory]);
    let wall = figures(&|all, few| per_second(all.wall, few.wall));
    section.row(["rows a second by the clock, on a machine shared with broker and server".to_owned(), wall]);
    section
}
