//! Labels.

use sha2::{Digest as _, Sha256};
use sluicegate_tables::TableRef;

/// Makes the labels of this process: `sg-P-I-R-E-A-T`, with the pipeline, the instance and the table as hashes, a number
/// that is new at each start, the epoch and the try.
#[derive(Clone, Debug)]
pub struct Labels {
    prefix: String,
    run: String,
}

impl Labels {
    /// Labels of a process that starts now.
    pub fn new(pipeline: &str, instance: &str) -> Self {
        let prefix = format!("sg-{}-{}", hash(pipeline), hash(instance));
        Self { prefix, run: format!("{:08x}", rand::random::<u32>()) }
    }

    /// The label of a load.
    pub fn label(&self, epoch: u64, attempt: u64, table: &TableRef) -> String {
        let table = &hash(&table.to_string())[..8];
        format!("{}-{}-{epoch}-{attempt}-{table}", self.prefix, self.run)
    }
}

fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_short_and_each_start_has_its_own() {
        let table = TableRef { database: "d".to_owned(), name: "订单".to_owned() };
        let (one, other) = (Labels::new("p", "i"), Labels::new("p", "i"));
        let label = one.label(u64::MAX, u64::MAX, &table);
        assert!(label.len() <= 128, "{label}");
        assert!(label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
        assert_ne!(label, other.label(u64::MAX, u64::MAX, &table));
    }
}
