//! Which of the expected rows is meant by which of those that were found.

/// What it costs that a row is in one list alone, where two rows that share nothing cost [`DIFFERENT`].
const GAP: u32 = 550;
/// Two rows that share nothing.
pub(super) const DIFFERENT: u32 = 1_000;
/// More pairs than this are not weighed: rows are then paired by their place.
const MOST_PAIRS: usize = 250_000;

/// Pairs of rows in order, such that the differences are least. `cost` is 0 for equal rows.
pub(super) fn align(
    expected: usize,
    found: usize,
    cost: impl Fn(usize, usize) -> u32,
) -> Vec<(Option<usize>, Option<usize>)> {
    // What is equal at both ends is most of it.
    let head = (0..expected.min(found)).take_while(|row| cost(*row, *row) == 0).count();
    let rest = (expected - head, found - head);
    let tail = (1..=rest.0.min(rest.1)).take_while(|back| cost(expected - back, found - back) == 0).count();
    let (rows, columns) = (rest.0 - tail, rest.1 - tail);
    let mut pairs: Vec<(Option<usize>, Option<usize>)> =
        (0..head).map(|row| (Some(row), Some(row))).collect();
    if rows.saturating_mul(columns) > MOST_PAIRS {
        let within = |row: usize, count: usize| (row < count).then_some(head + row);
        pairs.extend((0..rows.max(columns)).map(|row| (within(row, rows), within(row, columns))));
    } else {
        let middle = weigh(rows, columns, |row, column| cost(head + row, head + column));
        let shift = |place: Option<usize>| place.map(|place| head + place);
        pairs.extend(middle.into_iter().map(|(row, column)| (shift(row), shift(column))));
    }
    pairs.extend((0..tail).rev().map(|back| (Some(expected - 1 - back), Some(found - 1 - back))));
    pairs
}

fn weigh(
    rows: usize,
    columns: usize,
    cost: impl Fn(usize, usize) -> u32,
) -> Vec<(Option<usize>, Option<usize>)> {
    let width = columns + 1;
    let mut least = vec![0_u32; (rows + 1) * width];
    let costs: Vec<u32> = (0..rows)
        .flat_map(|row| (0..columns).map(move |column| (row, column)))
        .map(|(r, c)| cost(r, c))
        .collect();
    let pair = |row: usize, column: usize| costs[row * columns + column];
    for row in (0..=rows).rev() {
        for column in (0..=columns).rev() {
            let at = |row: usize, column: usize, least: &[u32]| least[row * width + column];
            least[row * width + column] = match (row < rows, column < columns) {
                (false, false) => 0,
                (true, false) => GAP + at(row + 1, column, &least),
                (false, true) => GAP + at(row, column + 1, &least),
                (true, true) => (pair(row, column) + at(row + 1, column + 1, &least))
                    .min(GAP + at(row + 1, column, &least))
                    .min(GAP + at(row, column + 1, &least)),
            };
        }
    }
    let (mut row, mut column, mut pairs) = (0, 0, Vec::new());
    while row < rows || column < columns {
        let now = least[row * width + column];
        let both = row < rows && column < columns;
        if both && now == pair(row, column) + least[(row + 1) * width + column + 1] {
            pairs.push((Some(row), Some(column)));
            (row, column) = (row + 1, column + 1);
        } else if row < rows && now == GAP + least[(row + 1) * width + column] {
            pairs.push((Some(row), None));
            row += 1;
        } else {
            pairs.push((None, Some(column)));
            column += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aligned(expected: &str, found: &str) -> String {
        let (e, f): (Vec<char>, Vec<char>) = (expected.chars().collect(), found.chars().collect());
        // A letter in the other case is half a difference.
        let cost = |row: usize, column: usize| match (e[row], f[column]) {
            (a, b) if a == b => 0,
            (a, b) if a.eq_ignore_ascii_case(&b) => 500,
            _ => DIFFERENT,
        };
        let shown = |place: Option<usize>, letters: &[char]| place.map_or('-', |place| letters[place]);
        align(e.len(), f.len(), cost).iter().flat_map(|(a, b)| [shown(*a, &e), shown(*b, &f), ' ']).collect()
    }

    #[test]
    fn rows_in_one_list_alone_do_not_shift_the_others() {
        assert_eq!(aligned("abcd", "abcd"), "aa bb cc dd ");
        assert_eq!(aligned("abcd", "acd"), "aa b- cc dd ");
        assert_eq!(aligned("acd", "axcd"), "aa -x cc dd ");
        assert_eq!(aligned("abc", "aBc"), "aa bB cc ");
        assert_eq!(aligned("ab", ""), "a- b- ");
        assert_eq!(aligned("", "a"), "-a ");
        assert_eq!(aligned("aaa", "aa"), "aa aa a- ");
    }
}
