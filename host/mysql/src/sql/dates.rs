//! Dates that no calendar has, and a server may hold all the same: `0000-00-00`, `2024-02-31`.

use arrow_array::StringArray;
use arrow_array::cast::AsArray as _;
use arrow_schema::DataType;
use sluicegate_model::Column;
use sluicegate_tables::Fit;

/// Texts of which dates are made. Where one is no date of the calendar, whether the column takes it is the server's to
/// say, by its `sql_mode` (dev.mysql.com/doc/refman/8.4/en/sql-mode.html, `ALLOW_INVALID_DATES`, `NO_ZERO_DATE`).
pub struct Dates<'a>(&'a StringArray);

impl<'a> Dates<'a> {
    /// The texts of a column that becomes dates in the table.
    pub fn of(fit: &Fit, column: &'a Column) -> Option<Self> {
        let Fit::Cast(DataType::Date32 | DataType::Timestamp(..)) = fit else { return None };
        column.values().as_string_opt::<i32>().map(Self)
    }

    /// Appends a text as it stands, where it has the form of a date: `false`, and nothing, where it has not.
    pub fn push(&self, row: usize, into: &mut Vec<u8>) -> bool {
        let text = self.0.value(row).trim();
        let fits = has_form(text);
        if fits {
            into.push(b'\'');
            into.extend_from_slice(text.as_bytes());
            into.push(b'\'');
        }
        fits
    }
}

/// `2024-02-31`, alone or with ` 12:34:56` and up to six digits of the second.
fn has_form(text: &str) -> bool {
    let like = |text: &str, form: &str| {
        text.len() == form.len()
            && text.bytes().zip(form.bytes()).all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                _ => byte == form,
            })
    };
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let has_time = |time: &str| match time.split_once('.') {
        Some((time, digits)) => {
            like(time, "00:00:00")
                && (1..=6).contains(&digits.len())
                && digits.bytes().all(|byte| byte.is_ascii_digit())
        }
        None => like(time, "00:00:00"),
    };
    like(date, "0000-00-00") && time.is_none_or(has_time)
}

#[cfg(test)]
mod tests {
    use super::has_form;

    #[test]
    fn what_looks_like_a_date() {
        for text in ["0000-00-00", "2024-02-31", "0000-00-00 00:00:00", "2024-00-10T12:34:56.123456"] {
            assert!(has_form(text), "{text}");
        }
        for text in
            ["", "2024-2-31", "0000-00-00 ", "0000-00-00 00:00", "2024-02-31'", "2024-02-31 00:00:00.", "x"]
        {
            assert!(!has_form(text), "{text}");
        }
    }
}
