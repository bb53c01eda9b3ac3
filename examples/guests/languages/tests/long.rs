//! Guests of all languages in use for long, with what is large and what is odd: never a trap, always the same outcome.

#[path = "support/languages.rs"]
#[macro_use]
mod languages;
mod support;

use std::ops::Range;

use serde_json::{Value, json};
use sluicegate_connector::Transform;
use sluicegate_model::ChangeBatch;
use support::{Cell, batch, cells, column, guest, mask, step};

const BATCHES: usize = 10_000;

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, range: Range<usize>) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        range.start + (self.0 >> 33) as usize % range.len()
    }

    /// A scalar value, of each length in UTF-8 as often.
    fn character(&mut self) -> char {
        let range = match self.below(0..4) {
            0 => 0..0x80,
            1 => 0x80..0x800,
            2 => 0x800..0xD800,
            _ => 0x1_0000..0x11_0000,
        };
        char::from_u32(self.below(range) as u32).unwrap()
    }

    fn cell(&mut self, longest: usize) -> Cell {
        match self.below(0..10) {
            0 => None,
            1 => Some(Value::Null),
            _ => Some((0..self.below(0..longest)).map(|_| self.character()).collect::<String>().into()),
        }
    }
}

/// A batch, and what its names become.
fn people(names: Vec<Cell>, keep: usize, with: char) -> (ChangeBatch, Vec<Cell>) {
    let ids: Vec<Cell> = (0..names.len()).map(|row| Some(row.into())).collect();
    let masked = names.iter().map(|cell| match cell {
        Some(Value::String(text)) => Some(mask(text, keep, with).into()),
        other => other.clone(),
    });
    let masked = masked.collect();
    let rows = names.len();
    let columns = vec![("id".to_owned(), column("int64", &ids)), ("name".to_owned(), column("utf8", &names))];
    (batch(columns, rows), masked)
}

fn same(instance: &mut impl Transform, given: &ChangeBatch, wanted: &[Cell]) {
    let outcome = instance.transform(given).unwrap();
    let [output] = &*outcome.outputs else { panic!("{} outputs", outcome.outputs.len()) };
    let names = cells(output.column("name").unwrap());
    // Not assert_eq: what differs would fill the screen.
    let differs = names.iter().zip(wanted).position(|(found, wanted)| found != wanted);
    assert_eq!((differs, names.len()), (None, wanted.len()));
}

/// Ten thousand batches through one step under the default limits.
fn long(language: &str) {
    let Some(guest) = guest(language) else { return };
    let mut instance = step(guest, json!({})).start().unwrap();
    let mut numbers = Numbers(1);
    let mut some = |rows: usize| people((0..rows).map(|_| numbers.cell(20)).collect(), 1, '*');
    let small: Vec<_> = (0..10).map(|rows| some(rows * 2)).collect();
    let large = some(4_000);
    for number in 0..BATCHES {
        let (given, wanted) = if number % 1_000 == 999 { &large } else { &small[number % small.len()] };
        same(&mut instance, given, wanted);
    }
    println!("{language}: {} KiB of memory after {BATCHES} batches", instance.memory() / 1024);
}

/// Texts over 64 KB, one of a megabyte, and as many rows as a batch has.
fn large(language: &str) {
    let Some(guest) = guest(language) else { return };
    let mut instance = step(guest, json!({"keep": 3, "with": "█"})).start().unwrap();
    let mut numbers = Numbers(2);
    let mut text = |length: usize| Some((0..length).map(|_| numbers.character()).collect::<String>().into());
    let texts =
        vec![text(70_000), None, text(5), Some("x".repeat(1 << 20).into()), Some(Value::Null), text(65_537)];
    let many: Vec<Cell> = (0..65_536).map(|row| text(row % 7)).collect();
    for names in [texts, many] {
        let (given, wanted) = people(names, 3, '█');
        same(&mut instance, &given, &wanted);
    }
}

/// Configurations and texts of all kinds, made of a seed.
fn odd(language: &str) {
    let Some(guest) = guest(language) else { return };
    for seed in 0..12 {
        let mut numbers = Numbers(seed);
        let (keep, with) = (numbers.below(0..6), numbers.character());
        let mut instance = step(guest.clone(), json!({"keep": keep, "with": with})).start().unwrap();
        let rows = numbers.below(1..400);
        let (given, wanted) = people((0..rows).map(|_| numbers.cell(40)).collect(), keep, with);
        same(&mut instance, &given, &wanted);
    }
}

mod ten_thousand_batches {
    in_every_language!(super::long);
}

mod large_texts {
    in_every_language!(super::large);
}

mod odd_texts {
    in_every_language!(super::odd);
}
