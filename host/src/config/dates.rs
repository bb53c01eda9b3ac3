//! Dates in values: `$[yyyy-MM-dd-1]` is yesterday. What stands in the brackets is a format, and how far the day is from
//! today.
//!
//! The notation is that of schedulers (DolphinScheduler, WeData): patterns as Java writes them, then days, or a number
//! with a unit. What they write as a calculation (`+7*2`, `-1/24`, `add_months(..)`) is refused with what to write here.

use std::fmt::Write as _;

use chrono::{Datelike as _, Days, Months, NaiveDateTime, TimeDelta, Timelike as _};

use super::substitute::Mistake;

/// A part of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Year,
    ShortYear,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

impl Field {
    fn of(pattern: &str) -> Option<Self> {
        Some(match pattern {
            "yyyy" => Self::Year,
            "yy" => Self::ShortYear,
            "MM" => Self::Month,
            "dd" => Self::Day,
            "HH" => Self::Hour,
            "mm" => Self::Minute,
            "ss" => Self::Second,
            _ => return None,
        })
    }

    fn write(self, at: NaiveDateTime, out: &mut String) {
        let (digits, number) = match self {
            Self::Year => (4, at.year().unsigned_abs()),
            Self::ShortYear => (2, at.year().unsigned_abs() % 100),
            Self::Month => (2, at.month()),
            Self::Day => (2, at.day()),
            Self::Hour => (2, at.hour()),
            Self::Minute => (2, at.minute()),
            Self::Second => (2, at.second()),
        };
        // Writing to a string cannot fail.
        let _ = write!(out, "{number:0digits$}");
    }
}

/// What a format is made of.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Field(Field),
    Text(String),
}

/// Where an expression ends in what follows its `$[`: at the first `]` outside of quotes.
pub(super) fn end(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(place, letter)| {
        quoted ^= letter == '\'';
        (letter == ']' && !quoted).then_some(place)
    })
}

/// The text that an expression stands for.
///
/// # Errors
/// What is wrong with it, and what to write.
pub(super) fn evaluate(expression: &str, today: NaiveDateTime) -> Result<String, Mistake> {
    let (pieces, offset) = parse(expression)
        .map_err(|(what, help)| Mistake { message: format!("`$[{expression}]` is no date: {what}"), help })?;
    let far = || Mistake {
        message: format!("`$[{expression}]` is no date: it is before the year 1 or after 9999"),
        help: "take a smaller number".to_owned(),
    };
    let at = moved(today, offset).filter(|at| (1..=9999).contains(&at.year())).ok_or_else(far)?;
    let mut text = String::new();
    for piece in &pieces {
        match piece {
            Piece::Field(field) => field.write(at, &mut text),
            Piece::Text(own) => text.push_str(own),
        }
    }
    Ok(text)
}

/// How far a day is from today: a number of units.
type Offset = Option<(i64, Unit)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Years,
    Months,
    Weeks,
    Days,
    Hours,
    Minutes,
    Seconds,
}

/// On the clock and the calendar of the time zone: a day later is the same time of the next day, and a month after the
/// 31st of one with fewer days is its last.
fn moved(today: NaiveDateTime, offset: Offset) -> Option<NaiveDateTime> {
    let Some((number, unit)) = offset else { return Some(today) };
    let months = |each: u32| {
        let months = Months::new(u32::try_from(number.unsigned_abs()).ok()?.checked_mul(each)?);
        if number < 0 { today.checked_sub_months(months) } else { today.checked_add_months(months) }
    };
    let days = |each: u64| {
        let days = Days::new(number.unsigned_abs().checked_mul(each)?);
        if number < 0 { today.checked_sub_days(days) } else { today.checked_add_days(days) }
    };
    let seconds = |each: i64| today.checked_add_signed(TimeDelta::try_seconds(number.checked_mul(each)?)?);
    match unit {
        Unit::Years => months(12),
        Unit::Months => months(1),
        Unit::Weeks => days(7),
        Unit::Days => days(1),
        Unit::Hours => seconds(3600),
        Unit::Minutes => seconds(60),
        Unit::Seconds => seconds(1),
    }
}

/// What is wrong, and what to write.
type Wrong = (String, String);

fn wrong<T>(what: impl Into<String>, help: &str) -> Result<T, Wrong> {
    Err((what.into(), help.to_owned()))
}

const PATTERNS: &str = "a format is made of yyyy, yy, MM, dd, HH, mm and ss; other letters and digits stand in quotes: \
                        `yyyy-MM-'01'`";
const UNITS: &str = "after the format stands how far the day is from today, as in -8 or -8d (days), -1w, -1M (months), -1y, \
                     -3H (hours), -30m, -10s";

fn parse(expression: &str) -> Result<(Vec<Piece>, Offset), Wrong> {
    let mut pieces = Vec::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        let follows_sign = || rest[1..].starts_with(|next: char| next.is_ascii_digit());
        if matches!(first, '+' | '-') && follows_sign() {
            let offset = offset(rest)?;
            check(&pieces)?;
            return Ok((pieces, Some(offset)));
        }
        if first == '\'' {
            let (text, after) = quoted(&rest[1..])?;
            pieces.push(Piece::Text(text));
            rest = after;
        } else if first.is_ascii_alphabetic() {
            let run = rest.len() - rest.trim_start_matches(first).len();
            let Some(field) = Field::of(&rest[..run]) else {
                let word = rest.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or(rest);
                return wrong(format!("`{word}` is not known"), PATTERNS);
            };
            pieces.push(Piece::Field(field));
            rest = &rest[run..];
        } else if first.is_ascii_digit() {
            return wrong(format!("`{first}` is no part of a format"), PATTERNS);
        } else {
            pieces.push(Piece::Text(first.to_string()));
            rest = &rest[first.len_utf8()..];
        }
    }
    check(&pieces)?;
    Ok((pieces, None))
}

fn check(pieces: &[Piece]) -> Result<(), Wrong> {
    let has = |field| pieces.contains(&Piece::Field(field));
    if !pieces.iter().any(|piece| matches!(piece, Piece::Field(_))) {
        return wrong("it has no format", PATTERNS);
    }
    // Some schedulers write months so: a date that is quietly another must not come of it.
    if has(Field::Minute)
        && !has(Field::Hour)
        && (has(Field::Year) || has(Field::ShortYear) || has(Field::Day))
    {
        return wrong("`mm` are minutes, and it has no hours", "months are `MM`");
    }
    Ok(())
}

/// A text in quotes, and what follows it. A quote in it is doubled; nothing in quotes is a quote.
fn quoted(rest: &str) -> Result<(String, &str), Wrong> {
    let mut text = String::new();
    let mut letters = rest.char_indices().peekable();
    while let Some((place, letter)) = letters.next() {
        if letter != '\'' {
            text.push(letter);
        } else if letters.next_if(|(_, next)| *next == '\'').is_some() {
            text.push('\'');
        } else {
            let text = if text.is_empty() { "'".to_owned() } else { text };
            return Ok((text, &rest[place + 1..]));
        }
    }
    wrong("a quote is not closed", "close it with another `'`")
}

/// A sign, a number, and perhaps a unit: the end of the expression.
fn offset(text: &str) -> Result<(i64, Unit), Wrong> {
    let (sign, rest) = text.split_at(1);
    let digits = rest.len() - rest.trim_start_matches(|digit: char| digit.is_ascii_digit()).len();
    let (digits, unit) = rest.split_at(digits);
    if digits.len() > 1 && digits.starts_with('0') {
        return wrong(format!("`{sign}{digits}` has a zero before its number"), PATTERNS);
    }
    let unit = match unit {
        "" | "d" => Unit::Days,
        "y" => Unit::Years,
        "M" => Unit::Months,
        "w" => Unit::Weeks,
        "H" | "h" => Unit::Hours,
        "m" => Unit::Minutes,
        "s" => Unit::Seconds,
        _ => return wrong(format!("`{text}` is no distance from today"), UNITS),
    };
    let number: i64 = digits
        .parse()
        .ok()
        .filter(|number| *number <= 1_000_000_000)
        .ok_or_else(|| (format!("`{digits}` is too far"), UNITS.to_owned()))?;
    Ok((if sign == "-" { -number } else { number }, unit))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(expression: &str, today: &str) -> String {
        let told = evaluate(expression, today.parse().unwrap());
        told.unwrap_or_else(|mistake| format!("{}; {}", mistake.message, mistake.help))
    }

    #[test]
    fn days_are_counted_from_today() {
        let today = |expression| at(expression, "2026-03-31T08:05:09");
        assert_eq!(today("yyyy-MM-dd"), "2026-03-31");
        assert_eq!(today("yyyy-MM-dd-8"), "2026-03-23");
        assert_eq!(today("yyyyMMdd+1d"), "20260401");
        assert_eq!(today("yyyyMM-1M"), "202602");
        assert_eq!(today("yyyy/MM/dd-1M"), "2026/02/28", "the last day of a shorter month");
        assert_eq!(today("yy-1y"), "25");
        assert_eq!(today("yyyyMMdd-2w"), "20260317");
        assert_eq!(today("yyyyMMddHHmmss"), "20260331080509");
        assert_eq!(today("yyyy-MM-dd HH:'00'-9H"), "2026-03-30 23:00");
        assert_eq!(today("HH:mm:ss-10m"), "07:55:09");
        assert_eq!(today("yyyy-MM-'01'-1M"), "2026-02-01");
        assert_eq!(today("yyyy年MM月"), "2026年03月");
        assert_eq!(today("'it''s 'yyyy''"), "it's 2026'");
        assert_eq!(at("yyyyMMdd-1y", "2024-02-29T00:00:00"), "20230228");
    }

    #[test]
    fn what_is_no_date_is_told_with_what_to_write() {
        let told = |expression| at(expression, "2026-03-31T00:00:00");
        for (expression, what) in [
            ("", "has no format"),
            ("'x'", "has no format"),
            ("yyyymmdd", "months are `MM`"),
            ("yyyy-MM-01", "`-01` has a zero"),
            ("yyyyMM01", "in quotes"),
            ("yyyyMMdd-7*2", "`-7*2` is no distance"),
            ("HHmmss-1/24", "-3H (hours)"),
            ("add_months(yyyyMMdd,-1)", "`add` is not known"),
            ("yyyyMMdd-1d-1H", "is no distance"),
            ("yyyy-1Q", "`-1Q` is no distance"),
            ("yyy", "`yyy` is not known"),
            ("hh24", "`hh24` is not known"),
            ("yyyy'", "not closed"),
            ("yyyy-9999y", "before the year 1"),
            ("yyyy-99999999999999999999", "too far"),
        ] {
            let told = told(expression);
            assert!(told.contains(what), "{expression}: {told}");
        }
    }

    #[test]
    fn an_expression_ends_at_a_bracket_outside_of_quotes() {
        assert_eq!(end("yyyy] x]"), Some(4));
        assert_eq!(end("yyyy']'] x"), Some(7));
        assert_eq!(end("yyyy"), None);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(expression in "[-+yMdHms0-9'年/ x]{0,12}") {
            let today = "2026-03-31T00:00:00".parse().unwrap();
            let _ = evaluate(&expression, today);
        }

        #[test]
        fn days_there_and_back_are_today(days in 0_u32..100_000) {
            let today: NaiveDateTime = "2026-03-31T00:00:00".parse().unwrap();
            let there = evaluate(&format!("yyyy-MM-dd'T00:00:00'-{days}"), today).unwrap();
            let back = evaluate(&format!("yyyy-MM-dd+{days}d"), there.parse().unwrap());
            prop_assert_eq!(back.unwrap(), "2026-03-31");
        }
    }
}
