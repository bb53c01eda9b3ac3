//! Logs: text or JSON lines on standard error, and no more of one kind than a person can read.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tracing::{Event, Metadata, Subscriber, callsite};
use tracing_subscriber::layer::{Context, Filter, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use super::bars::Lines;
use super::exit::Failure;
use super::{Global, Output};

/// Lines of one kind (one place in the code) that a period may have.
const LINES: u32 = 50;
/// How long a period is.
const PERIOD: Duration = Duration::from_secs(10);

/// Starts logging for this process.
pub(super) fn start(options: &Global) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&options.log)
        .map_err(|error| Failure::usage(format!("--log {:?} is no level: {error}", options.log)))?;
    let lines = fmt::layer().with_writer(|| Lines).with_target(false);
    let layer: Box<dyn Layer<_> + Send + Sync> = match options.log_format {
        Output::Text => Box::new(lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))),
        Output::Json => Box::new(lines.json()),
    };
    // Fails only where a logger was set before: then that one is used.
    let _ =
        tracing_subscriber::registry().with(layer.with_filter(RateLimit::default())).with(filter).try_init();
    Ok(())
}

/// Lets so many lines of each kind pass in a period; says how many it kept back when the next period begins.
#[derive(Default)]
struct RateLimit {
    kinds: Mutex<HashMap<callsite::Identifier, Spent>>,
}

struct Spent {
    since: Instant,
    lines: u32,
}

impl RateLimit {
    /// Whether a line passes, and how many lines of the period before it were kept back.
    fn pass(&self, kind: callsite::Identifier, now: Instant) -> (bool, u32) {
        let mut kinds = self.kinds.lock();
        let spent = kinds.entry(kind).or_insert(Spent { since: now, lines: 0 });
        let mut kept_back = 0;
        if now.duration_since(spent.since) >= PERIOD {
            kept_back = spent.lines.saturating_sub(LINES);
            *spent = Spent { since: now, lines: 0 };
        }
        spent.lines += 1;
        (spent.lines <= LINES, kept_back)
    }
}

impl<S: Subscriber> Filter<S> for RateLimit {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        let (pass, kept_back) = self.pass(event.metadata().callsite(), Instant::now());
        if kept_back > 0 {
            // Not a log event: one that is made while another is judged would be judged by the same lock.
            eprintln!("{kept_back} more lines like the next one were kept back");
        }
        pass
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_and_counted() {
        let limit = RateLimit::default();
        let callsite = tracing::callsite::Identifier(&FLOOD);
        let start = Instant::now();
        let passed = (0..500).filter(|_| limit.pass(callsite.clone(), start).0).count();
        assert_eq!(passed, LINES as usize);
        assert_eq!(limit.pass(callsite, start + PERIOD), (true, 450));
    }

    static FLOOD: Flood = Flood;

    struct Flood;

    impl tracing::Callsite for Flood {
        fn set_interest(&self, _: tracing::subscriber::Interest) {}

        fn metadata(&self) -> &Metadata<'_> {
            unreachable!("only its identity is used")
        }
    }
}
