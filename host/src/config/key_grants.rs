//! The keys that built-in transforms name, against those that their step is granted. The guest itself would say so with
//! the first row.

use sluicegate_keys::{KeyRing, Use};

use super::error::Problem;
use super::locate::Node;
use super::nearest::{did_you_mean, listed};
use super::steps::StepEntry;

/// The blocks of `crypt` and what they do with the key that they name.
const CRYPT: [(&str, Use); 3] = [("seal", Use::Seal), ("open", Use::Open), ("mac", Use::Mac)];

/// What a step names and does not have.
pub(super) fn check(name: &str, entry: &StepEntry, node: &Node, ring: &KeyRing) -> Vec<Problem> {
    let named = named(&entry.uses, node).into_iter();
    named.filter_map(|(key, wanted)| ungranted(name, entry, key, wanted, ring)).collect()
}

/// The keys that the block of a built-in names, and what each is for.
fn named<'a>(uses: &str, node: &'a Node) -> Vec<(&'a Node, Use)> {
    let columns = |block: &str| node.at(&["with", block]).into_iter().flat_map(Node::entries);
    match uses {
        "crypt" => {
            let keys = |(block, wanted)| {
                columns(block).filter_map(move |column| Some((column.value.get("key")?, wanted)))
            };
            CRYPT.into_iter().flat_map(keys).collect()
        }
        "mask" => {
            let key = |column: &'a super::locate::Entry| column.value.at(&["pseudonym", "key"]);
            columns("columns").filter_map(key).map(|key| (key, Use::Mac)).collect()
        }
        _ => Vec::new(),
    }
}

fn ungranted(name: &str, entry: &StepEntry, key: &Node, wanted: Use, ring: &KeyRing) -> Option<Problem> {
    let key_name = key.text()?;
    let shown = key.written.as_deref().unwrap_or(key_name);
    if !ring.has(key_name) {
        let near = did_you_mean(key_name, ring.names());
        let message =
            format!("step `{name}` names the key `{shown}`, which the pipeline does not have{near}");
        let help = format!("`keys:` has {}", listed(ring.names()));
        return Some(Problem::new(message).at(key.place).label("unknown").help(help));
    }
    if entry.keys.get(key_name).is_some_and(|granted| granted.contains(&wanted)) {
        return None;
    }
    let mut uses: Vec<String> = entry.keys.get(key_name).into_iter().flatten().map(Use::to_string).collect();
    uses.push(wanted.to_string());
    let message = format!("step `{name}` was not granted to {wanted} with the key `{shown}`");
    let help = format!("grant it at the step: `keys: {{ {shown}: [{}] }}`", uses.join(", "));
    Some(Problem::new(message).at(key.place).label("not granted").help(help))
}
