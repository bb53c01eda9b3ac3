//! What was done, by `op_type`.

use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_model::RowKind;

use crate::scan::excerpt;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    /// Something to a row.
    Row(RowKind),
    /// All rows are gone.
    Truncate,
}

/// The texts of `op_type`, where they are not GoldenGate's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpCodes {
    /// Of an insert: `format.insertOpKey` of the handler. Default: I.
    #[serde(default)]
    pub insert: Option<String>,
    /// Of an update: `format.updateOpKey`. Default: U.
    #[serde(default)]
    pub update: Option<String>,
    /// Of a delete: `format.deleteOpKey`. Default: D.
    #[serde(default)]
    pub delete: Option<String>,
    /// Of a truncate: `format.truncateOpKey`. Default: T.
    #[serde(default)]
    pub truncate: Option<String>,
}

impl OpCodes {
    /// The texts of insert, update, delete and truncate.
    pub(super) fn texts(&self) -> [&str; 4] {
        let own = [&self.insert, &self.update, &self.delete, &self.truncate];
        let mut texts = ["I", "U", "D", "T"];
        for (text, own) in texts.iter_mut().zip(own) {
            if let Some(own) = own {
                *text = own;
            }
        }
        texts
    }

    /// A text that no operation can have, or two of them: the first such one.
    pub(super) fn unusable(&self) -> Option<&str> {
        let texts = self.texts();
        let taken = |place: usize| texts[..place].contains(&texts[place]);
        (0..texts.len()).find(|place| texts[*place].is_empty() || taken(*place)).map(|place| texts[place])
    }

    /// The text of a kind.
    pub(super) fn of(&self, kind: RowKind) -> &str {
        let [insert, update, delete, _] = self.texts();
        match kind {
            RowKind::Insert => insert,
            RowKind::UpdateAfter => update,
            RowKind::Delete | RowKind::UpdateBefore => delete,
        }
    }

    /// What a text stands for.
    ///
    /// # Errors
    /// The reason where it stands for nothing.
    pub(super) fn read(&self, text: &[u8]) -> Result<Op, String> {
        let texts = self.texts();
        let place = texts.iter().position(|code| code.as_bytes() == text);
        Ok(match place {
            Some(0) => Op::Row(RowKind::Insert),
            Some(1) => Op::Row(RowKind::UpdateAfter),
            Some(2) => Op::Row(RowKind::Delete),
            Some(_) => Op::Truncate,
            None => Op::Row(self.short(text).ok_or_else(|| {
                let [insert, update, delete, truncate] = texts;
                let text = excerpt(text);
                format!("{text} is no operation: {insert}, {update}, {delete} and {truncate} are known")
            })?),
        })
    }

    /// The kind that a text names itself, where the codes are the usual ones.
    fn short(&self, text: &[u8]) -> Option<RowKind> {
        if *self != Self::default() {
            return None;
        }
        let kind: RowKind = std::str::from_utf8(text).ok()?.parse().ok()?;
        // A half of an update by itself: as everywhere, the old image alone is a delete.
        Some(if kind == RowKind::UpdateBefore { RowKind::Delete } else { kind })
    }
}
