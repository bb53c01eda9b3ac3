//! Dates and times as ISO text.

use arrow_schema::TimeUnit;
use sluicegate_model::calendar::{Date, SECONDS_OF_DAY, fraction_digits, per_second, time_text, two};

use super::moment::Moment;

/// `2024-01-31`; a year before 0 or after 9999 has its sign.
pub(crate) fn date(days: i64, out: &mut Vec<u8>) {
    let date = Date::of(days);
    if let Some(text) = date.text() {
        return out.extend_from_slice(&text);
    }
    out.push(if date.year < 0 { b'-' } else { b'+' });
    padded(date.year.unsigned_abs(), 4, out);
    out.push(b'-');
    out.extend_from_slice(&two(u32::from(date.month)));
    out.push(b'-');
    out.extend_from_slice(&two(u32::from(date.day)));
}

/// `2024-01-31T23:59:59.5`.
pub(crate) fn timestamp(value: i64, unit: TimeUnit, out: &mut Vec<u8>) {
    moment(Moment::of(value, unit), out);
}

/// The same, of a moment.
pub(super) fn moment(moment: Moment, out: &mut Vec<u8>) {
    date(moment.seconds.div_euclid(SECONDS_OF_DAY), out);
    out.push(b'T');
    clock(moment.seconds.rem_euclid(SECONDS_OF_DAY) as u64, out);
    fraction(u64::from(moment.nanos), TimeUnit::Nanosecond, out);
}

/// `23:59:59.5`, `-838:59:59`.
pub(crate) fn duration(value: i64, unit: TimeUnit, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    let (value, whole) = (value.unsigned_abs(), per_second(unit) as u64);
    clock(value / whole, out);
    fraction(value % whole, unit, out);
}

fn clock(seconds: u64, out: &mut Vec<u8>) {
    padded(seconds / 3_600, 2, out);
    out.extend_from_slice(&time_text((seconds % 3_600) as u32)[2..]);
}

/// The part of a second, without zeros at its end; nothing where it is 0.
fn fraction(mut part: u64, unit: TimeUnit, out: &mut Vec<u8>) {
    if part == 0 {
        return;
    }
    let mut width = fraction_digits(unit) as usize;
    while part.is_multiple_of(10) {
        part /= 10;
        width -= 1;
    }
    out.push(b'.');
    padded(part, width, out);
}

fn padded(number: u64, width: usize, out: &mut Vec<u8>) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(number);
    out.resize(out.len() + width.saturating_sub(digits.len()), b'0');
    out.extend_from_slice(digits.as_bytes());
}

/// `+08:00`, `Z` for none; seconds, which only local times before standard time have, follow in the same way.
pub(super) fn offset(east: i64, out: &mut Vec<u8>) {
    if east == 0 {
        return out.push(b'Z');
    }
    out.push(if east < 0 { b'-' } else { b'+' });
    let east = east.unsigned_abs() as u32;
    let text = time_text(east);
    out.extend_from_slice(if east.is_multiple_of(60) { &text[..5] } else { &text });
}
