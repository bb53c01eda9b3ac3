//! An order in which renames never meet.
//!
//! The host renames one field at a time. `{a: b, b: c}` must therefore begin with `b`, and `{a: b, b: a}` needs a
//! name that stands for one of them meanwhile.

use std::collections::HashSet;

/// The renames, old and new name, in an order in which no new name is taken when its turn comes. `fields` are pairs
/// of old and new names of all fields that stay; both sides are without repeats.
pub fn in_order<'a>(fields: &[(&'a str, &'a str)]) -> Vec<(String, String)> {
    let mut taken: HashSet<String> = fields.iter().map(|(old, _)| (*old).to_owned()).collect();
    let renamed = fields.iter().filter(|(old, new)| old != new);
    let mut waiting: Vec<(String, &str)> = renamed.map(|(old, new)| ((*old).to_owned(), *new)).collect();
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let before = waiting.len();
        waiting.retain(|(old, new)| {
            if taken.contains(*new) {
                return true;
            }
            taken.remove(old);
            taken.insert((*new).to_owned());
            ordered.push((old.clone(), (*new).to_owned()));
            false
        });
        if waiting.len() == before {
            // A ring: one of its names steps aside.
            let (old, _) = &mut waiting[0];
            // One more name than are taken: one of them is free.
            let aside = (0..=taken.len()).map(|n| format!("__aside_{n}")).find(|name| !taken.contains(name));
            let aside = aside.unwrap_or_default();
            taken.remove(old);
            taken.insert(aside.clone());
            ordered.push((std::mem::replace(old, aside.clone()), aside));
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Carries renames out as the host does.
    fn carry_out(mut names: Vec<String>, renames: &[(String, String)]) -> Vec<String> {
        for (old, new) in renames {
            assert!(!names.contains(new), "{new} is taken");
            let place = names.iter().position(|name| name == old).expect("the field is there");
            names[place].clone_from(new);
        }
        names
    }

    #[test]
    fn a_ring_is_opened() {
        let fields = [("a", "b"), ("b", "a"), ("c", "c")];
        let names = fields.iter().map(|(old, _)| (*old).to_owned()).collect();
        assert_eq!(carry_out(names, &in_order(&fields)), ["b", "a", "c"]);
    }

    #[test]
    fn nothing_to_do_is_nothing() {
        assert!(in_order(&[("a", "a")]).is_empty());
    }

    proptest! {
        #[test]
        fn any_permutation_comes_out(new in Just((0..8).collect::<Vec<_>>()).prop_shuffle()) {
            let old: Vec<String> = (0..8).map(|n| format!("c{n}")).collect();
            // Half of the new names are new to the table.
            let new: Vec<String> = new.iter().map(|n| format!("c{}", n + 4)).collect();
            let fields: Vec<(&str, &str)> = old.iter().map(String::as_str).zip(new.iter().map(String::as_str)).collect();
            prop_assert_eq!(carry_out(old.clone(), &in_order(&fields)), new.clone());
        }
    }
}
