//! Rows of text in columns, as wide as there is room.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::super::terminal::Terminal;

/// A column never gets narrower than this for want of room.
const NARROWEST: usize = 8;
/// Nor wider than this, whatever room there is.
const WIDEST: usize = 48;
/// Between two columns.
const GAP: usize = 2;

/// What a cell is, beside its text: a colour, and a mark where there are no colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) enum Tone {
    /// As it was.
    #[default]
    Plain,
    /// Of less interest: NULL, missing.
    Faint,
    /// A heading.
    Strong,
    /// Another value than before.
    Changed,
    /// New.
    Added,
    /// Under another name, or of another type.
    Renamed,
}

impl Tone {
    const fn mark(self) -> Option<char> {
        match self {
            Self::Plain | Self::Faint | Self::Strong => None,
            Self::Changed => Some('*'),
            Self::Added => Some('+'),
            Self::Renamed => Some('~'),
        }
    }

    const fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Faint => Style::new().dimmed(),
            Self::Strong => Style::new().bold(),
            Self::Changed => AnsiColor::Yellow.on_default().bold(),
            Self::Added => AnsiColor::Green.on_default().bold(),
            Self::Renamed => AnsiColor::Cyan.on_default().bold(),
        }
    }
}

/// A table of text. Every row has as many cells as the heading.
#[derive(Debug)]
pub(in crate::cli) struct Grid {
    /// The heading, then the rows.
    lines: Vec<Vec<(String, Tone)>>,
    /// How many columns stand at the left of every block, where a table takes several.
    pinned: usize,
}

impl Grid {
    /// A table of nothing, the first columns of which stand at the left of every block.
    pub(in crate::cli) fn pinned(pinned: usize) -> Self {
        Self { lines: Vec::new(), pinned }
    }

    /// Adds a line; the first is the heading. The text must be printable.
    pub(in crate::cli) fn line(&mut self, cells: Vec<(String, Tone)>) {
        self.lines.push(cells);
    }

    /// How wide the whole table would be, with no cell cut but those that are wider than any may be.
    pub(in crate::cli) fn width(&self, terminal: &Terminal) -> usize {
        self.columns(terminal).iter().map(Layout::width).sum()
    }

    /// The table, each line ended and two characters from the left. What is too wide for the terminal is cut; what is
    /// still too wide stands in blocks, one below the other.
    pub(in crate::cli) fn render(&self, terminal: &Terminal) -> String {
        let mut columns = self.columns(terminal);
        let mut text = String::new();
        let Some(room) = terminal.width else {
            let all: Vec<usize> = (0..columns.len()).collect();
            self.block(&columns, &all, terminal, &mut text);
            return text;
        };
        shrink(&mut columns, room);
        let pinned: Vec<usize> = (0..self.pinned.min(columns.len())).collect();
        let pinned_width: usize = pinned.iter().map(|place| columns[*place].width()).sum();
        let mut next = pinned.len();
        loop {
            let mut block = pinned.clone();
            let mut used = pinned_width;
            while next < columns.len()
                && (block.len() == pinned.len() || used + columns[next].width() <= room)
            {
                used += columns[next].width();
                block.push(next);
                next += 1;
            }
            self.block(&columns, &block, terminal, &mut text);
            if next >= columns.len() {
                return text;
            }
            text.push('\n');
        }
    }

    fn columns(&self, terminal: &Terminal) -> Vec<Layout> {
        let count = self.lines.first().map_or(0, Vec::len);
        let of = |place: usize| {
            let cells = || self.lines.iter().map(|line| &line[place]);
            let widest = cells().map(|(text, _)| text.width()).max().unwrap_or(0);
            let marked = !terminal.colour && cells().any(|(_, tone)| tone.mark().is_some());
            Layout { text: widest.min(WIDEST), marked }
        };
        (0..count).map(of).collect()
    }

    fn block(&self, columns: &[Layout], places: &[usize], terminal: &Terminal, text: &mut String) {
        for line in &self.lines {
            let mut written = String::new();
            let mut padding = 0;
            for &place in places {
                let (cell, tone) = &line[place];
                let layout = &columns[place];
                // Nothing is padded that nothing follows.
                written.extend(std::iter::repeat_n(' ', padding + GAP));
                if layout.marked {
                    written.push(tone.mark().unwrap_or(' '));
                    written.push(' ');
                }
                let cell = cut(cell, layout.text);
                padding = layout.text - cell.width();
                let style = tone.style();
                // Writing to a string cannot fail.
                let _ = if terminal.colour && style != Style::new() {
                    write!(written, "{style}{cell}{style:#}")
                } else {
                    write!(written, "{cell}")
                };
            }
            text.push_str(written.trim_end());
            text.push('\n');
        }
    }
}

/// How a column is laid out.
#[derive(Clone, Copy, Debug)]
struct Layout {
    /// Characters of text.
    text: usize,
    /// Whether a mark stands before the text.
    marked: bool,
}

impl Layout {
    fn width(&self) -> usize {
        GAP + self.text + if self.marked { 2 } else { 0 }
    }
}

/// Makes the widest columns narrower until all fit, or none may get narrower.
fn shrink(columns: &mut [Layout], room: usize) {
    let width_at = |columns: &[Layout], most: usize| -> usize {
        columns.iter().map(|layout| Layout { text: layout.text.min(most), ..*layout }.width()).sum()
    };
    let fitting = (NARROWEST..=WIDEST).rev().find(|most| width_at(columns, *most) <= room);
    let most = fitting.unwrap_or(NARROWEST);
    // Where no width fits, the table stands in blocks, and a block has room.
    let most = if fitting.is_some() { most } else { WIDEST.min(room / 3).max(NARROWEST) };
    for layout in columns {
        layout.text = layout.text.min(most);
    }
}

/// Text of at most so many characters' width; what is cut off is an ellipsis.
fn cut(text: &str, most: usize) -> String {
    if text.width() <= most {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut used = 0;
    for c in text.chars() {
        let width = c.width().unwrap_or(0);
        if used + width + 1 > most {
            break;
        }
        used += width;
        cut.push(c);
    }
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: Terminal = Terminal { width: None, colour: false };

    fn grid(lines: &[&[(&str, Tone)]]) -> Grid {
        let mut grid = Grid::pinned(1);
        for line in lines {
            grid.line(line.iter().map(|(text, tone)| ((*text).to_owned(), *tone)).collect());
        }
        grid
    }

    #[test]
    fn wide_characters_and_marks_are_aligned() {
        let grid = grid(&[
            &[("", Tone::Plain), ("name", Tone::Strong), ("city", Tone::Added), ("n", Tone::Plain)],
            &[("+I", Tone::Plain), ("张*", Tone::Changed), ("Oslo", Tone::Plain), ("1", Tone::Plain)],
            &[("-D", Tone::Plain), ("NULL", Tone::Faint), ("北京", Tone::Plain), ("2", Tone::Plain)],
        ]);
        let expected = ["        name  + city  n", "  +I  * 张*     Oslo  1", "  -D    NULL    北京  2", ""];
        assert_eq!(grid.render(&FILE), expected.join("\n"));
    }

    #[test]
    fn colours_take_the_place_of_marks() {
        let grid = grid(&[&[("a", Tone::Strong)], &[("b", Tone::Changed)]]);
        let text = grid.render(&Terminal { width: None, colour: true });
        assert!(!text.contains('*') && text.contains("\u{1b}[1m\u{1b}[33mb\u{1b}[0m"), "{text:?}");
    }

    #[test]
    fn long_cells_are_cut_to_the_terminal() {
        let long = "x".repeat(30);
        let grid = grid(&[
            &[("row", Tone::Plain), ("a", Tone::Plain), ("b", Tone::Plain)],
            &[("1", Tone::Plain), (&long, Tone::Plain), ("数据".repeat(10).as_str(), Tone::Plain)],
        ]);
        let text = grid.render(&Terminal { width: Some(40), colour: false });
        assert!(text.lines().all(|line| line.width() <= 40), "{text}");
        assert_eq!(text.lines().count(), 2);
        assert!(text.contains("xxx…") && text.contains("数…"), "{text}");
    }

    #[test]
    fn what_does_not_fit_stands_in_blocks() {
        let name: Vec<String> = (0..9).map(|n| format!("column{n}")).collect();
        let mut heading = vec![("row", Tone::Plain)];
        heading.extend(name.iter().map(|name| (name.as_str(), Tone::Plain)));
        let mut line = vec![("r1", Tone::Plain)];
        line.extend((0..9).map(|_| ("some text", Tone::Plain)));
        let text = grid(&[&heading, &line]).render(&Terminal { width: Some(44), colour: false });
        assert!(text.lines().all(|line| line.width() <= 44), "{text}");
        assert_eq!(text.matches("r1").count(), 3, "{text}");
        assert!(name.iter().all(|name| text.contains(name.as_str())), "{text}");
    }
}
