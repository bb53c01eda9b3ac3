//! Dates and times as text, cut off where they stand: the form of the text stays.

use super::temporal::Unit;
use sluicegate_model::calendar::Date;

/// Where the parts of a date are in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Form {
    date: Date,
    month: usize,
    day: usize,
    /// Where hour, minute, second and the digits behind its point begin; as many as there are.
    time: [Option<usize>; 4],
    /// Digits behind the point of the second.
    fraction: usize,
}

/// Appends the text with the date at the start of the unit; none where it is no date.
///
/// The forms: `2024-01-31`, `2024/01/31`, `2024.01.31` or `20240131`, after it nothing or a space, a `T` or
/// GoldenGate's colon and `23`, `23:59`, `23:59:59` or `23:59:59.5` (without colons too), after that nothing or an
/// offset from UTC. The wall clock that the text shows is cut off; an offset stays as it is. A date of zeros stays.
pub(super) fn truncate(text: &str, unit: Unit, out: &mut Vec<u8>) -> Option<()> {
    let form = Form::read(text.as_bytes())?;
    let start = out.len();
    out.extend_from_slice(text.as_bytes());
    let cell = &mut out[start..];
    if form.date.month > 0 {
        let first = Date::of(unit.start_of(form.date.days()));
        if !(0..=9999).contains(&first.year) {
            return None;
        }
        digits(&mut cell[..4], first.year as u32);
        digits(&mut cell[form.month..form.month + 2], first.month.into());
        digits(&mut cell[form.day..form.day + 2], first.day.into());
    }
    let kept = match unit {
        Unit::Hour => 1,
        Unit::Minute => 2,
        _ => 0,
    };
    for (part, place) in form.time.into_iter().enumerate().skip(kept) {
        let width = if part == 3 { form.fraction } else { 2 };
        if let Some(place) = place {
            cell[place..place + width].fill(b'0');
        }
    }
    Some(())
}

fn digits(into: &mut [u8], mut number: u32) {
    for place in into.iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

impl Form {
    fn read(text: &[u8]) -> Option<Self> {
        let year = number(text.get(..4)?)?;
        let mark = text.get(4).copied().filter(|byte| b"-/.".contains(byte));
        let (month, day) = if mark.is_some() { (5, 8) } else { (4, 6) };
        if mark.is_some() && text.get(7).copied() != mark {
            return None;
        }
        let date =
            Date { year: year.into(), month: two(text, month, 12)? as u8, day: two(text, day, 31)? as u8 };
        let zeros = (year, date.month, date.day) == (0, 0, 0);
        if !zeros && !date.exists() {
            return None;
        }
        let mut form = Self { date, month, day, time: [None; 4], fraction: 0 };
        let mut at = day + 2;
        if at == text.len() {
            return Some(form);
        }
        let parted = b" Tt:".contains(&text[at]);
        if parted {
            at += 1;
        } else if mark.is_some() {
            return None;
        }
        two(text, at, 23)?;
        form.time[0] = Some(at);
        at += 2;
        let colon = usize::from(text.get(at) == Some(&b':'));
        for part in 1..3 {
            let follows = text.get(at + colon).is_some_and(u8::is_ascii_digit)
                && (colon == 0 || text.get(at) == Some(&b':'));
            if !follows {
                break;
            }
            two(text, at + colon, 59)?;
            form.time[part] = Some(at + colon);
            at += colon + 2;
        }
        if form.time[2].is_some() && text.get(at) == Some(&b'.') {
            form.fraction = text[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            if form.fraction == 0 {
                return None;
            }
            form.time[3] = Some(at + 1);
            at += 1 + form.fraction;
        }
        is_offset(&text[at..]).then_some(form)
    }
}

/// Nothing, `Z`, `+08`, `+0800` or `+08:00`, each perhaps behind a space.
fn is_offset(text: &[u8]) -> bool {
    let text = match text {
        [b' ', rest @ ..] if !rest.is_empty() => rest,
        text => text,
    };
    match text {
        [] | [b'Z' | b'z'] => true,
        [b'+' | b'-', rest @ ..] => {
            let minutes = match rest.get(2) {
                None => return two(rest, 0, 23).is_some(),
                Some(b':') => 3,
                Some(_) => 2,
            };
            two(rest, 0, 23).is_some() && two(rest, minutes, 59).is_some() && rest.len() == minutes + 2
        }
        _ => false,
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    let digit = |sum, byte: &u8| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0'));
    digits.iter().try_fold(0, digit)
}

fn two(text: &[u8], at: usize, most: u32) -> Option<u32> {
    number(text.get(at..at + 2)?).filter(|number| *number <= most)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(text: &str, unit: Unit) -> Option<String> {
        let mut out = b"before".to_vec();
        truncate(text, unit, &mut out)?;
        String::from_utf8(out).unwrap().strip_prefix("before").map(str::to_owned)
    }

    #[test]
    fn the_form_stays() {
        for (text, unit, expected) in [
            ("2024-05-17", Unit::Year, "2024-01-01"),
            ("2024/05/17", Unit::Month, "2024/05/01"),
            ("2024.05.17 13:22", Unit::Quarter, "2024.04.01 00:00"),
            ("20240517", Unit::Month, "20240501"),
            ("20240517132211", Unit::Hour, "20240517130000"),
            ("20240517 132211", Unit::Day, "20240517 000000"),
            ("2024-05-17T13:22:11.123+08:00", Unit::Day, "2024-05-17T00:00:00.000+08:00"),
            ("2024-05-17T13:22:11.123Z", Unit::Minute, "2024-05-17T13:22:00.000Z"),
            ("2024-05-17:13:22:11.5 +0800", Unit::Hour, "2024-05-17:13:00:00.0 +0800"),
            ("2024-05-17 13", Unit::Day, "2024-05-17 00"),
            ("2021-01-02 01:02:03", Unit::Week, "2020-12-28 00:00:00"),
            ("0000-00-00 00:00:01", Unit::Year, "0000-00-00 00:00:00"),
        ] {
            assert_eq!(cut(text, unit).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "",
            "2024",
            "2024-5-17",
            "2024-05-32",
            "2023-02-29",
            "2024-05/17",
            "2024-05-17x",
            "2024-05-17 24:00:00",
            "2024-05-17 12:60:00",
            "2024-05-17 12:00:00.",
            "2024-05-17 12:00:00+8",
            "2024-05-17 12:00:00 ",
            "2024-05-17 1",
            "2024年05月17日",
            "0000-01-01x",
            "2024-05-1712:00",
            "202405171",
            "+2024-05-17",
            "2024-05-17 12:00:00+08:0",
        ] {
            assert_eq!(cut(text, Unit::Day), None, "{text:?}");
        }
        // A year that no text of four digits shows.
        assert_eq!(cut("0000-01-01", Unit::Week), None);
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[0-9:/. TZ+-]{0,30}|\\PC{0,12}") {
            for (_, unit) in Unit::NAMES {
                if let Some(made) = cut(&text, unit) {
                    prop_assert_eq!(made.len(), text.len());
                    prop_assert_eq!(cut(&made, unit), Some(made.clone()), "cut off once is cut off");
                }
            }
        }

        #[test]
        fn it_agrees_with_dates(days in -719_000_i64..2_900_000) {
            let date = Date::of(days);
            let text = format!("{:04}-{:02}-{:02}", date.year, date.month, date.day);
            for (_, unit) in Unit::NAMES {
                let first = Date::of(unit.start_of(days));
                prop_assume!(first.year >= 0);
                let expected = format!("{:04}-{:02}-{:02}", first.year, first.month, first.day);
                prop_assert_eq!(cut(&text, unit), Some(expected));
            }
        }
    }
}
