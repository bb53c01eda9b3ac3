//! Kafka into a table of MariaDB: the real process.

use sluicegate_test_servers::{Flavour, MySql, MySqlClient, MySqlOptions};

use crate::process::Usage;
use crate::runs::{Bench, FEW, build};
use crate::table::{Section, median, thousands};
use crate::{Fallible, Options, messages, routes};

/// Connections, a way of writing each.
const WRITERS: [u16; 2] = [1, 4];

/// What the runs with so many connections took.
struct Measured {
    writers: u16,
    few: Vec<Usage>,
    all: Vec<Usage>,
}

/// Measures the pipeline.
///
/// # Errors
/// Where a run fails, or the table does not have what it should.
pub fn measure(options: &Options) -> Fallible<Vec<Section>> {
    let program = options.program.clone().map_or_else(build, Ok)?;
    let bench = Bench::new(program, options.messages)?;
    let server = MySql::start(
        MySqlOptions::new(Flavour::MariaDb)
            .set("innodb-buffer-pool-size", "512M")
            .set("innodb-log-file-size", "512M"),
    )?;
    let mut client = server.client()?;
    let mut ways = WRITERS.map(|writers| Measured { writers, few: Vec::new(), all: Vec::new() });
    // Makes what every later run finds: compiled guests.
    run(&bench, &mut client, ("warm", "few"), FEW, 1)?;
    for round in 0..options.rounds.max(1) {
        for way in &mut ways {
            let few = format!("few-{}-{round}", way.writers);
            way.few.push(run(&bench, &mut client, (&few, "few"), FEW, way.writers)?);
            let all = format!("all-{}-{round}", way.writers);
            way.all.push(run(&bench, &mut client, (&all, "all"), options.messages, way.writers)?);
            let seconds = way.all[round].cpu.as_secs_f64();
            eprintln!("round {}: {} writers: {seconds:.2} s of CPU time", round + 1, way.writers);
        }
    }
    Ok(vec![section(options.messages, &ways, bench.bytes)])
}

/// Runs a pipeline of its own name into a table of the same name, and drops that.
fn run(
    bench: &Bench,
    client: &mut MySqlClient,
    (name, topic): (&str, &str),
    count: u64,
    writers: u16,
) -> Fallible<Usage> {
    let port = client.lines("SELECT @@port")?.concat();
    let usage = bench.run(name, &configuration(bench.brokers(), &port, (name, topic), writers), count)?;
    let (found, keys) =
        (client.lines(&format!("SELECT COUNT(*) FROM test.`{name}`"))?, messages::keys(count));
    if found != [keys.to_string()] {
        return Err(format!("the table has {found:?} rows where it should have {keys}").into());
    }
    client.execute(&format!("DROP TABLE test.`{name}`"))?;
    Ok(usage)
}

fn configuration(brokers: &str, port: &str, (name, topic): (&str, &str), writers: u16) -> String {
    let user = MySqlClient::USER;
    routes::into_a_table(
        brokers,
        (name, topic),
        &format!(
            r#"  mysql:
    url: "mysql://127.0.0.1:{port}/test"
    user: {user}
    password: {user}
    writers: {writers}
    create_tables: true"#
        ),
    )
}

fn section(count: u64, ways: &[Measured], bytes: u64) -> Section {
    let (rows, few) = (count as f64, FEW as f64);
    let head: Vec<String> = ways.iter().map(|way| format!("writers: {}", way.writers)).collect();
    let head: Vec<&str> = std::iter::once("").chain(head.iter().map(String::as_str)).collect();
    let about = format!(
        "{} OGG JSON updates of {} bytes with the row before and after, of {} orders, into a table of 8 columns with a \
         primary key of MariaDB on the same machine, {} rounds in turns, medians. sluicegate is `sluicegate run --until end` \
         with its defaults and one step: schema-map (2 renames, 1 drop, 4 casts). Rows per CPU second: messages by the CPU \
         time of the whole process, without what a run of {FEW} messages takes.",
        thousands(rows),
        bytes / count.max(1),
        thousands(messages::keys(count) as f64),
        ways.first().map_or(0, |way| way.all.len()),
    );
    let mut section = Section::new("Kafka into a table", about, &head);
    let mut line = |name: &str, figure: &dyn Fn(&Usage, &Usage) -> f64| {
        let of_way = |way: &Measured| {
            let figures = way.all.iter().zip(&way.few).map(|(all, few)| figure(all, few)).collect();
            thousands(median(figures))
        };
        section.row(std::iter::once(name.to_owned()).chain(ways.iter().map(of_way)));
    };
    line("rows per CPU second", &|all, start| {
        (rows - few) / (all.cpu.as_secs_f64() - start.cpu.as_secs_f64())
    });
    line("peak resident memory, MiB", &|all, _| all.peak_rss as f64 / f64::from(1 << 20));
    line("rows a second by the clock, on a machine shared with broker and server", &|all, start| {
        (rows - few) / (all.wall.as_secs_f64() - start.wall.as_secs_f64())
    });
    section
}
