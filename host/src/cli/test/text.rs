//! Results for people.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use super::Totals;
use crate::cases::{CaseResult, Difference, RowsDifference, Side, SideRow, Suite, Verdict};
use crate::cli::terminal::Terminal;

/// More columns than this are not all shown, but those that differ, and the first ones.
const MANY: usize = 8;
/// How many of the first are.
const FIRST: usize = 2;
/// A cell that does not differ is cut to this.
const WIDTH: usize = 32;

const PASSED: Style = AnsiColor::Green.on_default();
const FAILED: Style = AnsiColor::Red.on_default().bold();
const UPDATED: Style = AnsiColor::Yellow.on_default();
const EXPECTED: Style = AnsiColor::Red.on_default();
const FOUND: Style = AnsiColor::Green.on_default();

/// The results of a file.
pub(super) fn file(suite: &Suite, results: &[CaseResult], terminal: &Terminal) -> String {
    let mut text = String::new();
    if results.is_empty() {
        return text;
    }
    let painter = Painter { colour: terminal.colour };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{} ({})", suite.path().display(), suite.pipeline().display());
    for result in results {
        let word = match &result.verdict {
            Verdict::Passed => painter.paint("ok     ", PASSED),
            Verdict::Failed(_) => painter.paint("FAILED ", FAILED),
            Verdict::Updated => painter.paint("updated", UPDATED),
        };
        let line = match &result.verdict {
            Verdict::Failed(_) => format!("  (line {})", result.line),
            _ => String::new(),
        };
        let _ = writeln!(text, "  {word}  {}{line}", result.name);
        if let Verdict::Failed(differences) = &result.verdict {
            text.push('\n');
            for difference in differences {
                text.push_str(&painter.difference(difference));
                text.push('\n');
            }
        }
    }
    if !text.ends_with("\n\n") {
        text.push('\n');
    }
    text
}

/// The last line.
pub(super) fn summary(totals: &Totals) -> String {
    let Totals { cases, run, failed, updated } = totals;
    let all = if run == cases { String::new() } else { format!(" of {cases}") };
    let noun = if *cases == 1 { "case" } else { "cases" };
    let updated = if *updated == 0 { String::new() } else { format!(", {updated} updated") };
    format!("{run}{all} {noun}, {failed} failed{updated}")
}

struct Painter {
    colour: bool,
}

impl Painter {
    fn paint(&self, text: &str, style: Style) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn difference(&self, difference: &Difference) -> String {
        match difference {
            Difference::Other(told) => told.lines().fold(String::new(), |mut text, line| {
                let _ = writeln!(text, "    {}", printable(line));
                text
            }),
            Difference::Rows(rows) => self.rows(rows),
        }
    }

    fn rows(&self, difference: &RowsDifference) -> String {
        let after = difference.after.as_ref().map_or(String::new(), |step| format!(" after {step}"));
        let mut text = format!("    {}{after}: {}\n", difference.table, counts(difference));
        let shown = shown_columns(difference);
        let mut lines = vec![Line::heading(difference, &shown)];
        for (expected, found) in &difference.rows {
            let pair = expected.is_some() && found.is_some();
            for (side, sign, note) in [(expected, '-', "missing"), (found, '+', "additional")] {
                let Some(side) = side else { continue };
                lines.extend(Line::of_side(side, sign, &shown, if pair { "" } else { note }));
            }
        }
        let count = lines[0].cells.len();
        let width = |place: usize| lines.iter().map(|line| line.cells[place].0.width()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..count).map(width).collect();
        for (number, line) in lines.iter().enumerate() {
            text.push_str(&self.line(line, &widths));
            // The found side is the last of a pair: the marks stand below it.
            if !self.colour && line.sign == '+' && line.differs() && number > 0 {
                text.push_str(&marks(line, &widths));
            }
        }
        text
    }

    fn line(&self, line: &Line, widths: &[usize]) -> String {
        let mut text = format!("      {}", line.sign);
        let mut padding = 0;
        for ((cell, differs), width) in line.cells.iter().zip(widths) {
            text.push_str(&" ".repeat(padding + 2));
            let style = if line.sign == '-' { EXPECTED } else { FOUND };
            text.push_str(&if *differs { self.paint(cell, style) } else { cell.clone() });
            padding = width - cell.width();
        }
        let note = if line.note.is_empty() {
            String::new()
        } else {
            format!("{}  {}", " ".repeat(padding), line.note)
        };
        format!("{}\n", format!("{text}{note}").trim_end())
    }
}

fn counts(difference: &RowsDifference) -> String {
    let count =
        |is: fn(&(Option<Side>, Option<Side>)) -> bool| difference.rows.iter().filter(|row| is(row)).count();
    let differ = count(|(expected, found)| expected.is_some() && found.is_some());
    let (missing, additional) =
        (count(|(_, found)| found.is_none()), count(|(expected, _)| expected.is_none()));
    let of = |count: usize, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 row {one}")),
        count => Some(format!("{count} rows {many}")),
    };
    let told: Vec<String> = [
        of(differ, "differs", "differ"),
        of(missing, "is missing", "are missing"),
        of(additional, "is additional", "are additional"),
        of(difference.equal, "is as expected", "are as expected"),
    ]
    .into_iter()
    .flatten()
    .collect();
    told.join(", ")
}

/// The places of the columns that are shown.
fn shown_columns(difference: &RowsDifference) -> Vec<usize> {
    let count = difference.columns.len();
    if count <= MANY {
        return (0..count).collect();
    }
    let sides = || difference.rows.iter().flat_map(|(expected, found)| expected.iter().chain(found));
    let differs = |place: usize| sides().flat_map(|side| &side.rows).any(|row| row.cells[place].1);
    (0..count).filter(|place| *place < FIRST || differs(*place)).collect()
}

/// A line of a table.
struct Line {
    sign: char,
    /// The text of each cell, and whether it differs.
    cells: Vec<(String, bool)>,
    note: &'static str,
}

impl Line {
    fn heading(difference: &RowsDifference, shown: &[usize]) -> Self {
        let mut cells = vec![("row".to_owned(), false), ("kind".to_owned(), false)];
        cells.extend(shown.iter().map(|place| (printable(&difference.columns[*place]), false)));
        let hidden = difference.columns.len() - shown.len();
        if hidden > 0 {
            cells.push((format!("({hidden} more columns)"), false));
        }
        Self { sign: ' ', cells, note: "" }
    }

    fn of_side(side: &Side, sign: char, shown: &[usize], note: &'static str) -> Vec<Self> {
        let of_row = |(place, row): (usize, &SideRow)| {
            let number = if place == 0 { side.number.to_string() } else { String::new() };
            let mut cells = vec![(number, false), (row.kind.to_owned(), row.kind_differs)];
            cells.extend(shown.iter().map(|place| {
                let (cell, differs) = &row.cells[*place];
                let text = cell.as_deref().map_or("(missing)".to_owned(), printable);
                (if *differs { text } else { cut(&text) }, *differs)
            }));
            if row.cells.len() > shown.len() {
                cells.push((String::new(), false));
            }
            Self { sign, cells, note: if place == 0 { note } else { "" } }
        };
        side.rows.iter().enumerate().map(of_row).collect()
    }

    fn differs(&self) -> bool {
        self.cells.iter().any(|(_, differs)| *differs)
    }
}

/// A line with marks under the cells that differ.
fn marks(line: &Line, widths: &[usize]) -> String {
    let mut text = "       ".to_owned();
    for ((cell, differs), width) in line.cells.iter().zip(widths) {
        let marks = if *differs { cell.width().max(1) } else { 0 };
        text.push_str("  ");
        text.push_str(&"^".repeat(marks));
        text.push_str(&" ".repeat(width.saturating_sub(marks)));
    }
    format!("{}\n", text.trim_end())
}

/// Text without what a terminal would obey.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn cut(text: &str) -> String {
    if text.chars().count() <= WIDTH {
        return text.to_owned();
    }
    text.chars().take(WIDTH - 1).chain(['…']).collect()
}
