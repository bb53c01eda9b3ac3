//! Figures as text, which is Markdown too.

use std::fmt::{self, Write as _};
use std::path::Path;

use crate::Fallible;

/// A heading, a sentence about what was measured, and a table.
#[derive(Clone, Debug)]
pub struct Section {
    title: String,
    about: String,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Section {
    /// A table without rows.
    pub fn new(title: impl Into<String>, about: impl Into<String>, head: &[&str]) -> Self {
        let head = head.iter().map(|cell| (*cell).to_owned()).collect();
        Self { title: title.into(), about: about.into(), head, rows: Vec::new() }
    }

    /// Adds a row, as long as the head.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }
}

/// The first column is text, the others are figures: they stand right.
impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "### {}\n\n{}\n", self.title, self.about)?;
        let rows = || std::iter::once(&self.head).chain(&self.rows);
        let width = |column: usize| {
            rows().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        for (number, row) in rows().enumerate() {
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                if column == 0 { write!(f, "| {cell:<width$} ")? } else { write!(f, "| {cell:>width$} ")? }
            }
            writeln!(f, "|")?;
            if number == 0 {
                for (column, width) in widths.iter().enumerate() {
                    let end = if column == 0 { '-' } else { ':' };
                    write!(f, "|{}{end}", "-".repeat(width + 1))?;
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}

const BEGIN: &str = "<!-- figures -->\n";
const END: &str = "<!-- end -->";

/// Replaces what stands between the two marks of a file.
pub fn write_into(file: &Path, sections: &[Section], about: &str) -> Fallible<()> {
    let text = std::fs::read_to_string(file)?;
    let marks = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let Some((before, after)) = marks else {
        return Err(format!("{} has no lines {} and {END}", file.display(), BEGIN.trim_end()).into());
    };
    let mut figures = format!("\n{about}\n\n");
    for section in sections {
        writeln!(figures, "{section}")?;
    }
    std::fs::write(file, format!("{before}{BEGIN}{figures}{END}{after}"))?;
    Ok(())
}

/// A number with a comma at every three digits.
pub fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The middle one of some figures; of an even number of them, the upper of the two in the middle.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(thousands(0.0), "0");
        assert_eq!(thousands(999.4), "999");
        assert_eq!(thousands(1_234_567.0), "1,234,567");
    }

    #[test]
    fn columns_are_aligned() {
        let mut section = Section::new("A", "About.", &["step", "ns"]);
        section.row(["x", "10.5"]);
        let expected = "### A\n\nAbout.\n\n| step |   ns |\n|------|-----:|\n| x    | 10.5 |\n";
        assert_eq!(section.to_string(), expected);
    }

    #[test]
    fn figures_go_between_the_marks() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("before\n{BEGIN}old\n{END}\nafter\n")).unwrap();
        write_into(file.path(), &[Section::new("A", "About.", &["step"])], "On a machine.").unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert!(text.starts_with(&format!("before\n{BEGIN}\nOn a machine.\n\n### A\n")), "{text}");
        assert!(text.ends_with(&format!("{END}\nafter\n")), "{text}");
        assert!(!text.contains("old"));
    }
}
