//! Bars on a terminal, below the lines of the log: how far pipelines have come with rows that are there already.

use std::io::{self, Write};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use indicatif::{HumanBytes, HumanDuration, MultiProgress, ProgressBar, ProgressStyle};
use sluicegate_connector::Copying;
use sluicegate_engine::Counters;

/// How often a bar moves.
const EVERY: Duration = Duration::from_millis(500);

/// The bars of this process, on standard error. Where that is no terminal nothing is drawn.
fn bars() -> &'static MultiProgress {
    static BARS: OnceLock<MultiProgress> = OnceLock::new();
    BARS.get_or_init(MultiProgress::new)
}

/// Standard error for lines: bars stand below them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        bars().suspend(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Shows a pipeline's bar until its rows were read.
pub(super) async fn show(pipeline: String, counters: Arc<Counters>) {
    let bar = loop {
        match counters.copying() {
            Some((copying, _)) if copying.ended => return,
            Some((copying, _)) if copying.rows > 0 => break Bar::new(&pipeline, &copying),
            _ => tokio::time::sleep(EVERY).await,
        }
    };
    while let Some((copying, left)) = counters.copying() {
        bar.0.set_position(copying.rows);
        bar.0.set_message(message(&copying, left));
        if copying.ended {
            return;
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// A bar that goes when it is dropped, so that it does not stay when a pipeline fails.
struct Bar(ProgressBar);

impl Bar {
    fn new(pipeline: &str, copying: &Copying) -> Self {
        let bar = match copying.expected {
            Some(rows) => ProgressBar::new(rows),
            None => ProgressBar::no_length(),
        };
        let template = match copying.expected {
            Some(_) => "{prefix} {bar:30} {human_pos}/{human_len} rows, {msg}",
            None => "{prefix} {spinner} {human_pos} rows, {msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let bar = bars().add(bar);
        bar.set_prefix(pipeline.to_owned());
        Self(bar)
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
        bars().remove(&self.0);
    }
}

fn message(copying: &Copying, left: Option<Duration>) -> String {
    let parts = format!("{} parts, {}", copying.parts, HumanBytes(copying.bytes));
    match left {
        Some(left) => format!("{parts}, {} left", HumanDuration(left)),
        None => parts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_said() {
        let copying = Copying { parts: 12, bytes: 3 << 20, ..Copying::default() };
        assert_eq!(message(&copying, None), "12 parts, 3.00 MiB");
        assert_eq!(message(&copying, Some(Duration::from_secs(30))), "12 parts, 3.00 MiB, 30 seconds left");
    }
}
