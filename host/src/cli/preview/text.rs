//! What became of rows, for people: a table a step.

use std::fmt::Write as _;

use sluicegate_model::{Cell, RowKind};

use super::trace::{Column, Row, RowName, Shown, Stage, Table, Trace};
use crate::cli::table::{Grid, Tone, cell, printable};
use crate::cli::terminal::Terminal;

/// Names in one line of a list before the others are counted.
const LISTED: usize = 12;
/// Columns of a table that say which row it is: kind and origin.
const PINNED: usize = 2;

/// All stages, one after the other.
pub(super) fn render(trace: &Trace, terminal: &Terminal, all_columns: bool) -> String {
    let mut page = Page { trace, terminal, all_columns, text: String::new(), marks: false };
    for (place, stage) in trace.stages.iter().enumerate() {
        page.stage(place, stage);
    }
    for (lane, event) in &trace.events {
        page.line(&format!("event in {lane}: {event}"));
    }
    if page.marks && !terminal.colour {
        page.line("* changed by the step   + new column   ~ renamed, or of another type");
    }
    page.text
}

struct Page<'a> {
    trace: &'a Trace,
    terminal: &'a Terminal,
    all_columns: bool,
    text: String,
    /// Whether anything is marked.
    marks: bool,
}

impl Page<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn stage(&mut self, place: usize, stage: &Stage) {
        let title = match &stage.step {
            None => "source".to_owned(),
            Some(step) => format!("step {place}, {}", printable(step)),
        };
        for table in &stage.tables {
            self.table(&title, table, stage.step.is_some());
        }
        if stage.tables.is_empty() {
            self.heading(&format!("{title}: no rows"));
        }
        self.rows_left_out(stage);
        self.text.push('\n');
    }

    fn heading(&mut self, heading: &str) {
        // Writing to a string cannot fail.
        let _ = if self.terminal.colour {
            let style = anstyle::Style::new().bold();
            writeln!(self.text, "{style}{heading}{style:#}")
        } else {
            writeln!(self.text, "{heading}")
        };
    }

    fn table(&mut self, title: &str, table: &Table, of_step: bool) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
        let name = printable(&table.name);
        let others: Vec<_> =
            table.from.iter().filter(|from| **from != table.name).map(|from| printable(from)).collect();
        let from = if others.is_empty() { String::new() } else { format!(", from {}", listed(&others)) };
        let rows =
            if table.rows.len() == 1 { "1 row".to_owned() } else { format!("{} rows", table.rows.len()) };
        self.heading(&format!("{title}: table {name}{from} ({rows})"));
        if of_step {
            self.changes(table);
        }
        let columns = self.columns(table);
        let grid = grid(table, &columns, of_step);
        self.text.push_str(&grid.render(self.terminal));
        let hidden = table.columns.len() - columns.len();
        if hidden > 0 {
            let names: Vec<_> = table
                .columns
                .iter()
                .enumerate()
                .filter(|(place, _)| !columns.contains(place))
                .map(|(_, column)| printable(&column.name))
                .collect();
            let noun = if hidden == 1 { "column" } else { "columns" };
            self.line(&format!(
                "  {hidden} {noun} that no step touches, shown with --all-columns: {}",
                listed(&names)
            ));
        }
    }

    /// What a step did to the columns, a line a kind.
    fn changes(&mut self, table: &Table) {
        let mut lines: [(&str, Vec<String>); 4] =
            ["renamed", "of another type", "added", "removed"].map(|what| (what, Vec::new()));
        let mut cells_changed = false;
        for (place, column) in table.columns.iter().enumerate() {
            let name = printable(&column.name);
            cells_changed |= table.rows.iter().any(|row| row.cells[place].changed);
            match &column.before {
                None => lines[2].1.push(name.into_owned()),
                Some((before, kind)) => {
                    if *before != column.name {
                        lines[0].1.push(format!("{} -> {name}", printable(before)));
                    }
                    if *kind != column.data_type {
                        lines[1].1.push(format!("{name} {kind} -> {}", column.data_type));
                    }
                }
            }
        }
        lines[3].1.extend(table.removed.iter().map(|name| printable(name).into_owned()));
        self.marks |= cells_changed || lines[..3].iter().any(|(_, names)| !names.is_empty());
        let kinds_changed = table.rows.iter().any(Row::has_another_kind);
        let moved = table.from.iter().any(|from| *from != table.name);
        if !cells_changed && !kinds_changed && !moved && lines.iter().all(|(_, names)| names.is_empty()) {
            self.line("  nothing changed");
        }
        for (what, names) in lines.iter().filter(|(_, names)| !names.is_empty()) {
            self.line(&format!("  {what}: {}", listed(names)));
        }
    }

    /// The columns that are shown, by their places.
    fn columns(&self, table: &Table) -> Vec<usize> {
        let all: Vec<usize> = (0..table.columns.len()).collect();
        let Some(room) = self.terminal.width.filter(|_| !self.all_columns) else { return all };
        if grid(table, &all, true).width(self.terminal) <= room {
            return all;
        }
        let is_shown = |place: &usize| {
            let column = &table.columns[*place];
            self.trace.touched.contains(&column.root) || table.primary_key.contains(&column.name)
        };
        let shown: Vec<usize> = all.iter().copied().filter(is_shown).collect();
        // A table of nothing says nothing.
        if shown.is_empty() { all } else { shown }
    }

    fn rows_left_out(&mut self, stage: &Stage) {
        if !stage.dropped.is_empty() {
            let names: Vec<_> = stage.dropped.iter().map(origin).collect();
            let noun = if names.len() == 1 { "row" } else { "rows" };
            self.line(&format!("  dropped on purpose, {} {noun}: {}", names.len(), listed(&names)));
        }
        for (name, reason) in &stage.rejected {
            let table =
                name.table.as_ref().map(|table| format!(" of {}", printable(table))).unwrap_or_default();
            self.line(&format!("  rejected: row {}{table}: {}", origin(name), printable(reason)));
        }
    }
}

impl Row {
    fn has_another_kind(&self) -> bool {
        self.kind_before.is_some() && self.kind_before != self.name.kind
    }
}

/// What names a row in every stage: its record and, where a record holds several, its part.
fn origin(name: &RowName) -> String {
    let part = name.part.map(|part| format!(".{part}")).unwrap_or_default();
    format!("{}:{}{part}", name.lane, name.ordinal)
}

/// Names in one line; many are cut short.
fn listed(names: &[impl AsRef<str>]) -> String {
    let mut line = names.iter().take(LISTED).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    if names.len() > LISTED {
        let _ = write!(line, " and {} more", names.len() - LISTED);
    }
    line
}

fn grid(table: &Table, columns: &[usize], of_step: bool) -> Grid {
    let mut grid = Grid::pinned(PINNED);
    let mut heading = vec![(String::new(), Tone::Plain), ("row".to_owned(), Tone::Strong)];
    heading.extend(columns.iter().map(|place| {
        let column = &table.columns[*place];
        (printable(&column.name).into_owned(), tone_of_column(column, of_step))
    }));
    grid.line(heading);
    for row in &table.rows {
        let kind = if row.has_another_kind() { Tone::Changed } else { Tone::Plain };
        let short = row.name.kind.map_or("", RowKind::short);
        let mut line = vec![(short.to_owned(), kind), (origin(&row.name), Tone::Plain)];
        line.extend(columns.iter().map(|place| {
            let shown = &row.cells[*place];
            (cell::shown(shown.state, shown.text.as_deref()), tone_of_cell(shown))
        }));
        grid.line(line);
    }
    grid
}

fn tone_of_column(column: &Column, of_step: bool) -> Tone {
    match &column.before {
        _ if !of_step => Tone::Strong,
        None => Tone::Added,
        Some((name, kind)) if *name != column.name || *kind != column.data_type => Tone::Renamed,
        Some(_) => Tone::Strong,
    }
}

fn tone_of_cell(shown: &Shown) -> Tone {
    match shown.state {
        _ if shown.changed => Tone::Changed,
        Cell::Value => Tone::Plain,
        Cell::Null | Cell::Missing => Tone::Faint,
    }
}
