//! Labels.

use sha2::{Digest as _, Sha256};
use sluicegate_model::Lane;
use sluicegate_tables::TableRef;

/// Makes the labels of this process: `sg-P-I-R-E-A-T-L`, with the pipeline, the instance, the table and the lane of the first
/// row as hashes, a number that is new at each start, the epoch and the try.
#[derive(Clone, Debug)]
pub struct Labels {
    pipeline: String,
    prefix: String,
    run: String,
}

impl Labels {
    /// Labels of a process that starts now.
    pub fn new(pipeline: &str, instance: &str) -> Self {
        let pipeline = format!("sg-{}-", hash(pipeline));
        let prefix = format!("{pipeline}{}", hash(instance));
        Self { pipeline, prefix, run: format!("{:08x}", rand::random::<u32>()) }
    }

    /// The label of a load, whose first row is of a lane.
    pub fn label(&self, epoch: u64, attempt: u64, table: &TableRef, lane: &Lane) -> String {
        let table = &hash(&table.to_string())[..8];
        format!("{}-{}-{epoch}-{attempt}-{table}-{}", self.prefix, self.run, mark(lane))
    }

    /// How all labels of the pipeline begin, whichever process made them.
    pub fn of_pipeline(&self) -> &str {
        &self.pipeline
    }

    /// Whether a label is of a load whose first row is of a lane.
    pub fn is_of(label: &str, lane: &Lane) -> bool {
        let parts: Vec<&str> = label.split('-').collect();
        parts.len() == 8 && parts[7] == mark(lane)
    }
}

fn mark(lane: &Lane) -> String {
    hash(lane.as_str())[..8].to_owned()
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
        let lane: Lane = "topic/3".into();
        let label = one.label(u64::MAX, u64::MAX, &table, &lane);
        assert!(label.len() <= 128, "{label}");
        assert!(label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
        assert_ne!(label, other.label(u64::MAX, u64::MAX, &table, &lane));
        assert!(label.starts_with(other.of_pipeline()));
        assert!(Labels::is_of(&label, &lane) && !Labels::is_of(&label, &"topic/4".into()));
    }
}
