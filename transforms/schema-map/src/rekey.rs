//! Another primary key. A row whose key before the change is unknown would leave an old copy in the target for ever.

use sluicegate_sdk::batch::kind;
use sluicegate_sdk::images::{self, Known, Rule};
use sluicegate_sdk::{Batch, Failure, Rejects};

/// The rows that go out; none: all of them. `key` is new names and places in the input.
///
/// # Errors
/// The host's.
pub fn rows(
    batch: &Batch,
    key: &[(String, u32)],
    assume_unchanged: bool,
    rejects: &mut Rejects,
) -> Result<Option<Vec<u32>>, Failure> {
    let masks = key.iter().map(|(_, place)| batch.column(*place).missing());
    let masks: Vec<Option<Vec<u8>>> = masks.collect::<Result<_, _>>()?;
    let masks: Vec<Option<&[u8]>> = masks.iter().map(Option::as_deref).collect();
    let names: Vec<String> = key.iter().map(|(name, _)| name.clone()).collect();
    let kinds = batch.kinds()?;
    let rule = Rule { columns: &names, inside_key: false, assume_unchanged };
    Ok(images::resolve(&kinds, &masks, rule).map(|known| chosen(known, &kinds, &names, rejects)))
}

/// Of the rows whose key is known those whose own image carries it. A `-U` that only borrows its key tells the target
/// nothing and stays behind: its `+U` alone is an upsert under the same key.
fn chosen(known: Known, kinds: &[u8], names: &[String], rejects: &mut Rejects) -> Vec<u32> {
    let mut rows = Vec::with_capacity(known.rows.len());
    for (place, &row) in known.rows.iter().enumerate() {
        match known.sources.iter().position(|sources| sources[place] != row) {
            None => rows.push(row),
            Some(_) if kinds[row as usize] == kind::UPDATE_BEFORE => {}
            Some(column) => rejects.add(
                row,
                format!(
                    "column {} of the primary key is missing after the update: let the source log full rows",
                    names[column]
                ),
            ),
        }
    }
    for reject in known.rejects.into_list() {
        rejects.add(reject.row, reject.reason);
    }
    rows
}

#[cfg(test)]
mod tests {
    use sluicegate_sdk::batch::kind::{INSERT as I, UPDATE_AFTER as A, UPDATE_BEFORE as B};

    use super::*;

    fn chosen_of(kinds: &[u8], missing: u8, assume_unchanged: bool) -> (Vec<u32>, Vec<u32>) {
        let names = ["code".to_owned()];
        let rule = Rule { columns: &names, inside_key: false, assume_unchanged };
        let known = images::resolve(kinds, &[Some(&[missing])], rule).unwrap();
        let mut rejects = Rejects::new();
        let rows = chosen(known, kinds, &names, &mut rejects);
        (rows, rejects.into_list().iter().map(|reject| reject.row).collect())
    }

    #[test]
    fn a_before_image_without_the_key_stays_behind_when_assumed() {
        assert_eq!(chosen_of(&[I, B, A], 0b010, true), (vec![0, 2], vec![]));
        assert_eq!(chosen_of(&[I, B, A], 0b010, false), (vec![0], vec![1]));
    }

    #[test]
    fn an_after_image_without_the_key_is_refused() {
        let (rows, rejects) = chosen_of(&[I, B, A], 0b100, true);
        assert_eq!((rows, rejects), (vec![0, 1], vec![2]));
    }
}
