//! What stands in for the surroundings of a pipeline file: in tests, which must run without secrets, and for other days.

use std::collections::BTreeMap;

use super::locate::{Content, Entry, Node};
use super::today::Today;

/// Values that come before those of the environment, and secrets that come before those of the file.
pub(crate) struct StandIns {
    /// Environment variables.
    pub(crate) variables: BTreeMap<String, String>,
    /// Secrets, by key and version.
    pub(crate) secrets: BTreeMap<String, BTreeMap<String, String>>,
    /// What to do about a variable that is set nowhere.
    pub(crate) remedy: &'static str,
    /// What dates are counted from.
    pub(crate) today: Today,
}

impl Default for StandIns {
    fn default() -> Self {
        Self {
            variables: BTreeMap::new(),
            secrets: BTreeMap::new(),
            remedy: "set it where sluicegate is started",
            today: Today::default(),
        }
    }
}

impl StandIns {
    /// Puts the secrets in the place of those that a tree names or holds. It comes before substitution, so that what is
    /// replaced is never looked for.
    pub(super) fn put_secrets(&self, tree: &mut Node) {
        let Content::Map(sections) = &mut tree.content else { return };
        for (key, versions) in sections.iter_mut().filter(|entry| entry.key == "keys").flat_map(versions_of) {
            let Content::Map(versions) = versions else { continue };
            for version in versions {
                let secret = self.secrets.get(&key).and_then(|secrets| secrets.get(&version.key));
                if let Some(secret) = secret {
                    version.value.written = Some(format!("the secret of {key}.{}", version.key));
                    version.value.hidden = true;
                    // It is a value, not a text in which something is replaced.
                    version.value.content = Content::Text(secret.replace('$', "$$"));
                }
            }
        }
    }
}

/// The keys of `keys:`, each with its `versions:`.
fn versions_of(keys: &mut Entry) -> Vec<(String, &mut Content)> {
    let Content::Map(keys) = &mut keys.value.content else { return Vec::new() };
    let versions = keys.iter_mut().filter_map(|key| {
        let Content::Map(settings) = &mut key.value.content else { return None };
        let versions = settings.iter_mut().find(|setting| setting.key == "versions")?;
        Some((key.key.clone(), &mut versions.value.content))
    });
    versions.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_replaced_before_its_file_is_looked_for() {
        let text = "keys: { card: { versions: { v1: '${file:none}', v2: '${file:other}' } } }";
        let mut tree = Node::parse(text).unwrap();
        let secrets = BTreeMap::from([("v1".to_owned(), "a$b".to_owned())]);
        let stand_ins =
            StandIns { secrets: BTreeMap::from([("card".to_owned(), secrets)]), ..StandIns::default() };
        stand_ins.put_secrets(&mut tree);
        let versions = tree.at(&["keys", "card", "versions"]).unwrap();
        assert_eq!(versions.get("v1").and_then(Node::text), Some("a$$b"));
        assert_eq!(versions.get("v2").and_then(Node::text), Some("${file:other}"));
    }
}
