//! `cargo bench -p sluicegate-mysql`: rows into a table of eight columns with a primary key, against the server's own
//! `LOAD DATA LOCAL INFILE` of the same rows from a file. What is compared takes turns on one server.

mod rows;
mod server;

use std::time::{Duration, Instant};

use rows::{BATCH, Rows};
use server::Target;

const HEAD: [&str; 5] = ["", "rows/s", "/ file", "CPU s/1M rows", "of all CPU"];

/// A way of writing, and what it took in each round.
struct Way {
    name: &'static str,
    options: Option<&'static str>,
    took: Vec<Took>,
}

/// What a way took.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    /// From the first row to the answer to the last commit.
    pub wall: Duration,
    /// CPU time of this process.
    pub cpu: Duration,
    /// CPU time of the server.
    pub server: Duration,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let number =
        |name: &str, default| std::env::var(name).ok().map_or(Ok(default), |text| text.parse::<usize>());
    let (count, rounds) = (number("SLUICEGATE_ROWS", 1_000_000)?, number("SLUICEGATE_ROUNDS", 3)?);
    let rows = Rows::new(count.div_ceil(BATCH));
    let mut target = Target::start(&rows)?;
    let way = |name, options| Way { name, options, took: Vec::new() };
    let mut ways = [
        way("LOAD DATA of a file", None),
        way("mode: load", Some(r#"{"mode": "load"}"#)),
        way("mode: insert", Some(r#"{"mode": "insert"}"#)),
        way("mode: load, writers: 4", Some(r#"{"mode": "load", "writers": 4}"#)),
        way("mode: insert, writers: 4", Some(r#"{"mode": "insert", "writers": 4}"#)),
    ];
    for round in 0..rounds {
        for way in &mut ways {
            let took = match way.options {
                None => target.load_file()?,
                Some(options) => target.write(&rows, options)?,
            };
            eprintln!("round {}: {}: {:.2} s", round + 1, way.name, took.wall.as_secs_f64());
            way.took.push(took);
        }
    }
    let count = rows.count();
    println!(
        "{count} rows of {} bytes as SQL, {}, {rounds} rounds in turns, medians.\n",
        rows.bytes() / count,
        target.about()
    );
    println!("{}", HEAD.map(|cell| format!("{cell:>26}")).join(""));
    let of_file = median(&ways[0].took, |took| took.wall.as_secs_f64());
    for Way { name, took, .. } in &ways {
        let wall = median(took, |took| took.wall.as_secs_f64());
        let cpu = median(took, |took| took.cpu.as_secs_f64());
        let share = median(took, |took| took.cpu.as_secs_f64() / (took.cpu + took.server).as_secs_f64());
        let cells = [
            (*name).to_owned(),
            format!("{:.0}", count as f64 / wall),
            format!("{:.2}", of_file / wall),
            format!("{:.2}", cpu * 1e6 / count as f64),
            format!("{:.0} %", share * 100.0),
        ];
        println!("{}", cells.map(|cell| format!("{cell:>26}")).join(""));
    }
    Ok(())
}

fn median(took: &[Took], figure: impl Fn(&Took) -> f64) -> f64 {
    let mut figures: Vec<f64> = took.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Measures what is done until it returns.
fn measure<E>(server: u32, work: impl FnOnce() -> Result<(), E>) -> Result<Took, E> {
    let own = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
    };
    let (began, cpu, of_server) = (Instant::now(), own(), cpu_of(server));
    work()?;
    let (cpu, server) = (own().saturating_sub(cpu), cpu_of(server).saturating_sub(of_server));
    Ok(Took { wall: began.elapsed(), cpu, server })
}

/// CPU time of another process, as the kernel counts it: in hundredths of a second.
fn cpu_of(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // Behind the name, which may hold anything: the state is field 3, the times are 14 and 15.
    let fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = fields.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok());
    Duration::from_millis(ticks.sum::<u64>() * 10)
}
