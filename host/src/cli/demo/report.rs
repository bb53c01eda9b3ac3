//! What the demo says.

use std::io::IsTerminal;
use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use sluicegate_engine::Counts;

use super::broker::Letter;
use crate::cli::Output;

/// The first lines.
pub(super) fn introduce(directory: &Path, brokers: &str, output: Output) {
    if output == Output::Text {
        println!("An embedded broker listens at {brokers}.");
        println!("The pipeline and its guests are in {}: look at orders.yaml.\n", directory.display());
        println!("The first rows, before and after each step (nothing is committed):\n");
    }
}

/// Live counts: a bar on a terminal, nothing elsewhere.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn start(messages: u64, output: Output) -> Self {
        let bar = ProgressBar::with_draw_target(Some(messages), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} messages, {per_sec}, {msg}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        if output == Output::Text {
            println!("Running to the end of the topic:\n");
        }
        Self(bar)
    }

    pub(super) fn show(&self, counts: &Counts) {
        self.0.set_position(counts.read);
        self.0.set_message(format!("{} rows written, {} dead letters", counts.written, counts.dead));
    }

    pub(super) fn end(&self, counts: &Counts) {
        self.show(counts);
        if std::io::stderr().is_terminal() {
            self.0.abandon();
        }
    }
}

/// The last lines.
pub(super) fn summarize(
    counts: &Counts,
    seconds: f64,
    outputs: &[(&str, u64)],
    letters: &[Letter],
    output: Output,
) {
    let rate = counts.read as f64 / seconds;
    if output == Output::Json {
        let outputs: serde_json::Map<_, _> =
            outputs.iter().map(|(topic, rows)| ((*topic).to_owned(), json!(rows))).collect();
        let letters: Vec<_> = letters
            .iter()
            .map(|letter| json!({ "origin": letter.origin, "step": letter.step, "reason": letter.reason }))
            .collect();
        let summary = json!({
            "read": counts.read, "written": counts.written, "outputs": outputs, "dead_letters": letters,
            "epochs": counts.epochs, "seconds": seconds, "rows_per_second": rate,
        });
        println!("{summary}");
        return;
    }
    println!("{} messages in {seconds:.1} s: {rate:.0} a second, {} epochs.\n", counts.read, counts.epochs);
    for (topic, rows) in outputs {
        println!("  {rows:>8} rows in topic {topic}");
    }
    println!("  {:>8} dead letters in topic {}:", letters.len(), super::DEAD);
    for Letter { origin, step, reason, bytes } in letters {
        println!("           {origin}, {bytes} bytes, refused by {step}: {reason}");
    }
    println!("\nEvery other row arrived. Next: README.md, \"A first pipeline\".");
}
