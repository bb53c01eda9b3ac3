//! Tables whose keys are whole numbers that lie close together, as those that count up do: they are divided by reckoning,
//! where others have to be walked through on the server.

use sluicegate_connector::Error;

use super::key::Form;
use super::survey::Listed;
use crate::client::ReadSession;

/// So many numbers may lie between the first key and the last, for each row. Where rows lie together in one place and are
/// missing in another, a part has at most so many times the rows that it should have.
const SPREAD: i128 = 3;

/// Keys at which a table is divided, each a step behind the other.
#[derive(Debug, PartialEq, Eq)]
pub struct Even {
    last: i128,
    step: i128,
    highest: i128,
}

impl Even {
    /// Asks how the keys of a table lie; `None` where it is to be walked through. It has about `rows` rows, of which a part is
    /// to have `part`; it was read up to `after`.
    ///
    /// # Errors
    /// The server's.
    pub async fn of(
        session: &mut ReadSession,
        listed: &Listed,
        after: Option<&[String]>,
        (rows, part): (u64, u64),
    ) -> Result<Option<Self>, Error> {
        let [column] = &*listed.key.0 else { return Ok(None) };
        if column.form != Form::Integer {
            return Ok(None);
        }
        let key = listed.key.columns();
        let sql = format!("SELECT CAST(MIN({key}) AS CHAR), CAST(MAX({key}) AS CHAR) FROM {}", listed.sql);
        let ends: Option<(Option<String>, Option<String>)> =
            session.first(sql, "the keys of a table cannot be asked for").await?;
        let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
        let (lowest, highest) =
            ends.map_or((None, None), |(lowest, highest)| (number(lowest), number(highest)));
        let (Some(lowest), Some(highest)) = (lowest, highest) else { return Ok(None) };
        let after = after.and_then(|key| key.first()?.parse().ok());
        Ok(Self::divide((lowest, highest), after, (rows.into(), part.into())))
    }

    fn divide(
        (lowest, highest): (i128, i128),
        after: Option<i128>,
        (rows, part): (i128, i128),
    ) -> Option<Self> {
        let span = highest - lowest + 1;
        if rows <= part || span > rows * SPREAD {
            return None;
        }
        // Where the server thinks that there are more rows than numbers, it is wrong.
        let step = (part * span / rows).clamp(1, part * SPREAD).max(part.min(span));
        Some(Self { last: after.unwrap_or(lowest - 1), step, highest })
    }

    /// The key up to which the next part goes; `None` for the last, which goes to the end.
    pub fn next(&mut self) -> Option<Vec<String>> {
        let next = self.last + self.step;
        (next < self.highest).then(|| {
            self.last = next;
            vec![next.to_string()]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(ends: (i128, i128), after: Option<i128>, rows: (i128, i128)) -> Option<Vec<String>> {
        let mut even = Even::divide(ends, after, rows)?;
        Some(std::iter::from_fn(|| even.next()).flatten().collect())
    }

    #[test]
    fn keys_that_lie_close_are_divided_evenly() {
        let told = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect());
        assert_eq!(bounds((1, 100), None, (100, 30)), told(&["30", "60", "90"]));
        assert_eq!(bounds((1, 100), Some(60), (100, 30)), told(&["90"]), "read on");
        assert_eq!(bounds((-5, 94), None, (50, 20)), told(&["34", "74"]), "every other number");
        assert_eq!(bounds((1, 100), None, (1_000, 30)), told(&["30", "60", "90"]), "a guess of the server");
        assert_eq!(bounds((1, 90), None, (90, 30)), told(&["30", "60"]), "the last part is open");
        let most = u64::MAX.into();
        assert_eq!(bounds((most - 1, most), None, (2, 1)), told(&[&(u64::MAX - 1).to_string()]));
    }

    #[test]
    fn others_are_walked_through() {
        assert_eq!(bounds((1, 1_000), None, (100, 30)), None, "too far apart");
        assert_eq!(bounds((1, 100), None, (30, 30)), None, "one part");
        assert_eq!(bounds((i64::MIN.into(), u64::MAX.into()), None, (1_000_000, 30)), None);
    }
}
