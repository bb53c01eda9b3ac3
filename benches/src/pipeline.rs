//! Kafka through three steps to Kafka: the real process, against a copy of the same bytes.

use std::time::Duration;

use crate::process::Usage;
use crate::runs::{Bench, COMPRESSION, FEW, FirstRow, PARTITIONS, build};
use crate::table::{Section, median, thousands};
use crate::{Fallible, Options};

/// How often the time to the first row is measured.
const STARTS: usize = 11;

/// Measures pipeline and copy.
///
/// # Errors
/// Where one of them fails, or does not write each message once.
pub fn measure(options: &Options) -> Fallible<Vec<Section>> {
    let (count, rounds) = (options.messages, options.rounds);
    let program = options.program.clone().map_or_else(build, Ok)?;
    let bench = Bench::new(program, count)?;
    // Makes what every later run finds: compiled guests and the topic of positions.
    bench.ours("warm", "few", FEW, true)?;
    let mut copies = Measured::default();
    let mut ours = Measured::default();
    for round in 0..rounds.max(1) {
        let check = round == 0;
        copies.few.push(bench.copy(&format!("copy-few-{round}"), "few", FEW, check)?);
        copies.all.push(bench.copy(&format!("copy-{round}"), "all", count, check)?);
        ours.few.push(bench.ours(&format!("few-{round}"), "few", FEW, check)?);
        ours.all.push(bench.ours(&format!("all-{round}"), "all", count, check)?);
        eprintln!(
            "round {}: copy {:.2} s, sluicegate {:.2} s of CPU time",
            round + 1,
            copies.all[round].cpu.as_secs_f64(),
            ours.all[round].cpu.as_secs_f64(),
        );
    }
    let firsts = bench.starts(STARTS)?;
    Ok(vec![section(count, &copies, &ours, &firsts, bench.bytes)])
}

/// What the runs of one of the two took.
#[derive(Default)]
struct Measured {
    few: Vec<Usage>,
    all: Vec<Usage>,
}

impl Measured {
    /// The median of what each round gives.
    fn median(&self, figure: impl Fn(&Usage, &Usage) -> f64) -> f64 {
        median(self.all.iter().zip(&self.few).map(|(all, few)| figure(all, few)).collect())
    }
}

fn section(count: u64, copies: &Measured, ours: &Measured, firsts: &[FirstRow], bytes: u64) -> Section {
    let (rows, seconds) = (count as f64, |time: Duration| time.as_secs_f64());
    let started = |all: &Usage, _: &Usage| rows / all.cpu.as_secs_f64();
    let steady = |all: &Usage, few: &Usage| (rows - FEW as f64) / (seconds(all.cpu) - seconds(few.cpu));
    let rss = |all: &Usage, _: &Usage| all.peak_rss as f64 / f64::from(1 << 20);
    let wall = |all: &Usage, few: &Usage| (rows - FEW as f64) / (seconds(all.wall) - seconds(few.wall));
    let about = format!(
        "{} OGG JSON updates of {} bytes with the row before and after, {COMPRESSION}, from a topic of {PARTITIONS} \
         partitions to three, {} rounds in turns, medians. sluicegate is `sluicegate run --until end` with its defaults: \
         schema-map (2 renames, 1 drop, 2 casts), crypt (XAES-256-GCM of a column), split (1 -> 3 by murmur2), JSON \
         out, one transaction of rows and positions an epoch. copy is librdkafka with the same bytes to three topics, \
         nothing done to a message, idempotent and not transactional. Rows per CPU second: messages by the CPU time of \
         the whole process; steady: without what a run of {FEW} messages takes. Starts: of a pipeline that has run before, \
         {STARTS} times, with compiled guests in the cache.",
        thousands(rows),
        bytes / count.max(1),
        ours.all.len(),
    );
    let head = ["", "copy", "sluicegate", "ratio"];
    let mut section = Section::new("Kafka through three steps to Kafka", about, &head);
    let mut line = |name: &str, figure: &dyn Fn(&Usage, &Usage) -> f64, unit: &dyn Fn(f64) -> String| {
        let (copy, own) = (copies.median(figure), ours.median(figure));
        section.row([name.to_owned(), unit(copy), unit(own), format!("{:.2}", own / copy)]);
    };
    line("rows per CPU second, steady", &steady, &thousands);
    line("rows per CPU second, with the start", &started, &thousands);
    line("CPU us a row, steady", &|all, few| 1e6 / steady(all, few), &|us| format!("{us:.2}"));
    line("peak resident memory, MiB", &rss, &|mib| format!("{mib:.0}"));
    line("rows a second by the clock, on a machine shared with the broker", &wall, &thousands);
    let mut start = |name: &str, figure: &dyn Fn(&FirstRow) -> Duration| {
        let median = median(firsts.iter().map(|first| seconds(figure(first)) * 1_000.0).collect());
        section.row([name, "", &format!("{median:.0}"), ""]);
    };
    start("from the start of the process to its first row, ms", &|first| first.read);
    start("from the start of the process to a row that read_committed readers see, ms", &|first| {
        first.visible
    });
    section
}
