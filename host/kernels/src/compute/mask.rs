//! Text with a part of it hidden.
//!
//! Characters here are Unicode code points. Text that is ASCII throughout keeps its length when each hidden character
//! becomes one ASCII character: then the cells are copied as one run of bytes and written over in place.

use std::sync::Arc;

use arrow_array::{Array, StringArray};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};

use super::call::Call;
use crate::variable::VariableBuilder;
use crate::{Checked, KernelError};

/// What takes the place of a hidden character, unless an option says another.
const HIDDEN: char = '*';

/// How a kind of text is usually hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Preset {
    /// `138****1234`
    Phone,
    /// `110***********123X`
    IdCard,
    /// `6222********1234`
    BankCard,
    /// `a***@x.com`
    Email,
}

impl Preset {
    const NAMES: [(&str, Self); 4] = [
        ("phone", Self::Phone),
        ("id-card", Self::IdCard),
        ("bank-card", Self::BankCard),
        ("email", Self::Email),
    ];
}

/// How many characters at both ends stay.
#[derive(Clone, Copy)]
struct Keep {
    first: usize,
    last: usize,
}

pub(super) fn mask(call: &Call<'_>) -> Result<Checked, KernelError> {
    let given = call.given(&["keep-first", "keep-last", "with", "preset"])?;
    let what = "a number of characters";
    let keep = Keep {
        first: given.number("keep-first", what)?.unwrap_or(0),
        last: given.number("keep-last", what)?.unwrap_or(0),
    };
    let with: char = given.number("with", "one character")?.unwrap_or(HIDDEN);
    let preset = given.choice("preset", &Preset::NAMES)?;
    let input = call.only()?;
    let text = call.text(0)?;
    let values = match preset {
        Some(preset) => {
            if call.options.len() > 1 {
                let why =
                    "it says what is kept and what takes the place of the rest: no other option goes with it";
                return Err(KernelError::bad_option("preset", given.text("preset").unwrap_or(""), why));
            }
            written(call.function, text, |cell, out| preset.write(cell, out))?
        }
        None if with.is_ascii() && used(text).is_ascii() => in_place(call.function, text, keep, with as u8)?,
        None => {
            let mut encoded = [0; 4];
            let with = with.encode_utf8(&mut encoded).as_bytes();
            written(call.function, text, |cell, out| keep.write(cell, with, out))?
        }
    };
    Ok(Checked::of(input, values, Vec::new()))
}

/// The bytes of all cells, those under a NULL among them.
fn used(text: &StringArray) -> &[u8] {
    let offsets = text.value_offsets();
    &text.value_data()[offsets[0] as usize..offsets[offsets.len() - 1] as usize]
}

/// Cells of ASCII. What lies under a NULL is hidden like the rest.
fn in_place(
    function: &str,
    text: &StringArray,
    keep: Keep,
    with: u8,
) -> Result<arrow_array::ArrayRef, KernelError> {
    let mut data = used(text).to_vec();
    let given = text.value_offsets();
    let base = given[0];
    for ends in given.windows(2) {
        let cell = &mut data[(ends[0] - base) as usize..(ends[1] - base) as usize];
        let (start, end) = match keep.last.checked_add(keep.first) {
            Some(kept) if kept < cell.len() => (keep.first, cell.len() - keep.last),
            _ => (0, cell.len()),
        };
        // A short run in a loop of its own: a call to fill it costs more than the run.
        for byte in &mut cell[start..end] {
            *byte = with;
        }
    }
    let offsets = if base == 0 {
        text.offsets().clone()
    } else {
        OffsetBuffer::new(given.iter().map(|offset| offset - base).collect::<ScalarBuffer<i32>>())
    };
    // The offsets are those of the input, and ASCII is UTF-8.
    let values = StringArray::try_new(offsets, Buffer::from_vec(data), text.nulls().cloned());
    Ok(Arc::new(values.map_err(|error| KernelError::arrow(function, &error))?))
}

/// Cells written one by one.
fn written(
    function: &str,
    text: &StringArray,
    write: impl Fn(&str, &mut Vec<u8>),
) -> Result<arrow_array::ArrayRef, KernelError> {
    let mut cells = VariableBuilder::new(function, text.len(), used(text).len());
    for row in 0..text.len() {
        if text.is_valid(row) {
            write(text.value(row), cells.buffer());
        }
        cells.end()?;
    }
    cells.into_text(text.nulls().cloned())
}

impl Keep {
    fn write(self, cell: &str, with: &[u8], out: &mut Vec<u8>) {
        let bytes = cell.as_bytes();
        // A text that is kept whole would be no secret: it is hidden whole.
        let (start, end) = match (after(bytes, self.first), before(bytes, self.last)) {
            (Some(start), Some(end)) if start < end => (start, end),
            _ => (0, bytes.len()),
        };
        out.extend_from_slice(&bytes[..start]);
        hide(&bytes[start..end], with, out);
        out.extend_from_slice(&bytes[end..]);
    }
}

/// Whether a byte of UTF-8 begins a character.
fn begins(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}

/// Where the first `count` characters end; none where there are fewer.
fn after(text: &[u8], count: usize) -> Option<usize> {
    let mut begun = text.iter().enumerate().filter(|(_, byte)| begins(**byte)).map(|(place, _)| place);
    // The character behind them may be none: then they end with the text.
    begun.by_ref().nth(count).or_else(|| {
        let all = text.iter().filter(|byte| begins(**byte)).count();
        (all == count).then_some(text.len())
    })
}

/// Where the last `count` characters begin; none where there are fewer.
fn before(text: &[u8], count: usize) -> Option<usize> {
    let Some(back) = count.checked_sub(1) else { return Some(text.len()) };
    let mut begun = text.iter().enumerate().rev().filter(|(_, byte)| begins(**byte)).map(|(place, _)| place);
    begun.nth(back)
}

/// Appends one `with` for each character.
fn hide(text: &[u8], with: &[u8], out: &mut Vec<u8>) {
    let characters = text.iter().filter(|byte| begins(**byte)).count();
    match with {
        [byte] => out.resize(out.len() + characters, *byte),
        _ => (0..characters).for_each(|_| out.extend_from_slice(with)),
    }
}

impl Preset {
    /// What has not the form of such a text is hidden whole: nobody knows what would be safe to show of it.
    fn write(self, cell: &str, out: &mut Vec<u8>) {
        let bytes = cell.as_bytes();
        let start = out.len();
        let known = match self {
            Self::Phone => phone(bytes, out),
            Self::IdCard => id_card(bytes, out),
            Self::BankCard => bank_card(bytes, out),
            Self::Email => email(cell, out),
        };
        if known.is_none() {
            out.truncate(start);
            hide(bytes, &[HIDDEN as u8], out);
        }
    }
}

/// The four digits before the last four are hidden, of a short number those before the last four. Marks between the
/// digits stay.
fn phone(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let digits = digits(text, b" -+()./")?;
    let hidden = match digits {
        7..=15 => digits.saturating_sub(8)..digits - 4,
        _ => return None,
    };
    overwrite(text, &hidden, out);
    Some(())
}

/// The first three and the last four of the 18 places of an identity number stay, or of the 15 of an old one.
fn id_card(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (last, rest) = text.split_last()?;
    let check = last.is_ascii_digit() || (text.len() == 18 && matches!(last, b'X' | b'x'));
    if !matches!(text.len(), 15 | 18) || !check || !rest.iter().all(u8::is_ascii_digit) {
        return None;
    }
    out.extend_from_slice(&text[..3]);
    out.resize(out.len() + text.len() - 7, HIDDEN as u8);
    out.extend_from_slice(&text[text.len() - 4..]);
    Some(())
}

/// The first four and the last four digits stay; spaces and hyphens between groups too.
fn bank_card(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    match digits(text, b" -")? {
        digits @ 12..=19 => overwrite(text, &(4..digits - 4), out),
        _ => return None,
    }
    Some(())
}

/// The first character of the name, three `*` whatever its length, and the domain. A name of one character is hidden.
fn email(text: &str, out: &mut Vec<u8>) -> Option<()> {
    let (name, domain) = text.rsplit_once('@')?;
    if domain.is_empty() {
        return None;
    }
    let mut characters = name.chars();
    if let (Some(first), Some(_)) = (characters.next(), characters.next()) {
        out.extend_from_slice(&name.as_bytes()[..first.len_utf8()]);
    }
    out.extend_from_slice(b"***@");
    out.extend_from_slice(domain.as_bytes());
    Some(())
}

/// How many digits a text has; none where it holds anything but them and these marks.
fn digits(text: &[u8], marks: &[u8]) -> Option<usize> {
    let mut digits = 0;
    for byte in text {
        if byte.is_ascii_digit() {
            digits += 1;
        } else if !marks.contains(byte) {
            return None;
        }
    }
    Some(digits)
}

/// Appends a text with the digits of these numbers hidden.
fn overwrite(text: &[u8], hidden: &std::ops::Range<usize>, out: &mut Vec<u8>) {
    let mut digit = 0;
    out.extend(text.iter().map(|byte| {
        if !byte.is_ascii_digit() {
            return *byte;
        }
        digit += 1;
        if hidden.contains(&(digit - 1)) { HIDDEN as u8 } else { *byte }
    }));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sluicegate_model::Column;

    use super::*;
    use crate::compute;

    fn masked(cells: &StringArray, options: &[(&str, &str)]) -> Vec<Option<String>> {
        let options: Vec<_> =
            options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let made = compute("mask", &[&Column::new(Arc::new(cells.clone()))], &options).unwrap();
        let values = made.column.values().as_any().downcast_ref::<StringArray>().unwrap().clone();
        values.iter().map(|cell| cell.map(str::to_owned)).collect()
    }

    fn of(preset: &str, cell: &str) -> String {
        let made = masked(&StringArray::from(vec![cell]), &[("preset", preset)]);
        made.into_iter().next().flatten().unwrap()
    }

    #[test]
    fn presets_show_what_is_usual() {
        for (preset, cell, expected) in [
            ("phone", "13812341234", "138****1234"),
            ("phone", "+86 138 1234 5678", "+86 138 **** 5678"),
            ("phone", "+8613812345678", "+86138****5678"),
            ("phone", "010-12345678", "010-****5678"),
            ("phone", "12345678", "****5678"),
            ("phone", "1234567", "***4567"),
            ("phone", "123456", "******"),
            ("phone", "call 13812341234", "****************"),
            ("phone", "1234567890123456", "****************"),
            ("phone", "张三", "**"),
            ("phone", "", ""),
            ("id-card", "11010519491231002X", "110***********002X"),
            ("id-card", "110105194912310023", "110***********0023"),
            ("id-card", "110105491231002", "110********1002"),
            ("id-card", "E12345678", "*********"),
            ("id-card", "1101054912310X2", "***************"),
            ("bank-card", "6222021234567890123", "6222***********0123"),
            ("bank-card", "6222 0212 3456 7890", "6222 **** **** 7890"),
            ("bank-card", "62220212345", "***********"),
            ("email", "alice@x.com", "a***@x.com"),
            ("email", "a@x.com", "***@x.com"),
            ("email", "李小龙@例子.cn", "李***@例子.cn"),
            ("email", "a@b@x.com", "a***@x.com"),
            ("email", "@x.com", "***@x.com"),
            ("email", "alice@", "******"),
            ("email", "alice", "*****"),
        ] {
            assert_eq!(of(preset, cell), expected, "{preset} of {cell:?}");
        }
    }

    #[test]
    fn a_preset_goes_alone() {
        let column = Column::new(Arc::new(StringArray::from(vec!["1"])));
        let options = [("preset", "phone"), ("with", "x")];
        let options = options.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let error = compute("mask", &[&column], &options).unwrap_err().to_string();
        assert!(error.contains("no other option goes with it"), "{error}");
    }

    #[test]
    fn cells_under_a_null_do_not_show() {
        let given = StringArray::from(vec!["secret", "other"]);
        let nulls = arrow_buffer::NullBuffer::from(vec![false, true]);
        let given = StringArray::new(given.offsets().clone(), given.values().clone(), Some(nulls));
        let made = compute("mask", &[&Column::new(Arc::new(given))], &[]).unwrap();
        let values = made.column.values().as_any().downcast_ref::<StringArray>().unwrap().clone();
        assert_eq!(values.value_data(), b"***********");
    }

    /// The rule, character by character.
    fn model(cell: &str, first: usize, last: usize, with: char) -> String {
        let characters: Vec<char> = cell.chars().collect();
        let kept = first + last < characters.len();
        let stays = |place: usize| kept && (place < first || place >= characters.len() - last);
        characters.iter().enumerate().map(|(place, c)| if stays(place) { *c } else { with }).collect()
    }

    proptest! {
        #[test]
        fn it_is_the_rule(
            cells in proptest::collection::vec(proptest::option::of("[a-z0-9]{0,9}|[a李é😀]{0,6}"), 0..20),
            first in 0_usize..5,
            last in 0_usize..5,
            with in prop_oneof![Just('*'), Just('●')],
            from in 0_usize..20,
        ) {
            // A slice, so that its offsets do not begin at 0.
            let given: StringArray = cells.iter().map(Option::as_deref).collect();
            let from = from.min(cells.len());
            let made = masked(
                &given.slice(from, cells.len() - from),
                &[
                    ("keep-first", &first.to_string()),
                    ("keep-last", &last.to_string()),
                    ("with", &with.to_string()),
                ],
            );
            let expected: Vec<Option<String>> =
                cells[from..].iter().map(|cell| cell.as_ref().map(|cell| model(cell, first, last, with))).collect();
            prop_assert_eq!(made, expected);
        }

        #[test]
        fn presets_never_show_more_than_they_say(cell in "[0-9X+ -]{0,24}|[a-z0-9@.]{0,16}|\\PC{0,8}") {
            let shown = |preset: &str| of(preset, &cell).bytes().filter(u8::is_ascii_digit).count();
            let digits = cell.bytes().filter(u8::is_ascii_digit).count();
            prop_assert!(digits == 0 || shown("phone") < digits);
            prop_assert!(shown("id-card") <= 7);
            prop_assert!(shown("bank-card") <= 8);
            prop_assert!(cell.is_empty() || of("email", &cell).contains('*'));
        }
    }
}
