//! Columns of text, none of them cut but the last: an id is there to be copied.

use super::super::table::printable;
use super::super::terminal::Terminal;

/// Lines as columns, each ended. The last column is cut where a terminal ends, if there is room for some of it.
pub(super) fn columns(lines: &[Vec<String>], terminal: &Terminal) -> String {
    let clean: Vec<Vec<String>> =
        lines.iter().map(|line| line.iter().map(|cell| printable(cell).into_owned()).collect()).collect();
    let count = clean.iter().map(Vec::len).max().unwrap_or(0);
    let width = |place: usize| {
        clean.iter().filter_map(|line| line.get(place)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let mut text = String::new();
    for line in &clean {
        let mut written = String::new();
        for (place, cell) in line.iter().enumerate() {
            if place + 1 < line.len() {
                let padding = " ".repeat(widths[place] - cell.chars().count() + 2);
                written.push_str(cell);
                written.push_str(&padding);
                continue;
            }
            let used = written.chars().count();
            let room = terminal.width.map_or(usize::MAX, |width| width.saturating_sub(used).max(24));
            if cell.chars().count() > room {
                written.extend(cell.chars().take(room - 1));
                written.push('…');
            } else {
                written.push_str(cell);
            }
        }
        text.push_str(written.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_column_is_cut() {
        let line = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let lines = [line(&["ID", "WHY"]), line(&["orders/t/0/7", &"long ".repeat(10)])];
        let narrow = columns(&lines, &Terminal { width: Some(40), colour: false });
        assert_eq!(narrow, "ID            WHY\norders/t/0/7  long long long long long …\n");
        let wide = columns(&lines, &Terminal { width: None, colour: false });
        assert!(wide.ends_with(&format!("{}\n", "long ".repeat(10).trim_end())), "{wide}");
    }
}
