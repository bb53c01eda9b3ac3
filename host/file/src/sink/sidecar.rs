//! What is decided.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sluicegate_connector::{Epoch, StartAt, Taken};
use sluicegate_model::{Lane, Position};

/// The version of the form that is written.
pub(crate) const VERSION: u32 = 1;

/// The sidecar of a directory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sidecar {
    /// Version of this form.
    pub(crate) v: u32,
    /// The pipeline that the directory belongs to.
    pub(crate) pipeline: String,
    /// Files by their paths before they get a number.
    pub(crate) files: BTreeMap<String, FileRecord>,
    /// Files that are whole under a hidden name, and the names that they are to have. Done, or to be done before anything
    /// else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) renames: Vec<Rename>,
    /// How far each lane was read.
    pub(crate) lanes: BTreeMap<Lane, LaneRecord>,
    /// States of the engine, in base64.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) states: BTreeMap<String, String>,
}

/// The files of one path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileRecord {
    /// The number of the next file.
    pub(crate) next: u64,
    /// The one that rows are appended to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) open: Option<OpenFile>,
}

/// A file that rows are appended to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OpenFile {
    /// Its path in the directory.
    pub(crate) path: String,
    /// Its bytes that are decided; what is longer is cut off.
    pub(crate) length: u64,
    /// Rows in them.
    pub(crate) rows: u64,
    /// When it was begun, in seconds since 1970.
    pub(crate) since: i64,
    /// What stands at its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) preamble: Option<String>,
}

/// A file that becomes visible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rename {
    /// Its name among the hidden ones.
    pub(crate) from: String,
    /// Its path in the directory.
    pub(crate) to: String,
}

/// What is decided about a lane.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct LaneRecord {
    /// Where it was read to; `None` where nothing of it was ever decided, or it was reset.
    pub(crate) position: Option<Position>,
    /// Whether a lane without a position is one that came later, and is read from its beginning.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) from_beginning: bool,
    /// The engine's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<serde_json::Value>,
}

impl Sidecar {
    /// That of a directory in which nothing is decided.
    pub(crate) fn new(pipeline: &str) -> Self {
        Self { v: VERSION, pipeline: pipeline.to_owned(), ..Self::default() }
    }

    /// Where lanes go on. One that is not known was not there when others were taken first. Whether any is new.
    pub(crate) fn take(&mut self, lanes: &[Lane]) -> (Vec<Taken>, bool) {
        let founded = !self.lanes.is_empty();
        let before = self.lanes.len();
        let taken = lanes.iter().map(|lane| {
            let record = self
                .lanes
                .entry(lane.clone())
                .or_insert_with(|| LaneRecord { from_beginning: founded, ..LaneRecord::default() });
            let at = match &record.position {
                Some(position) => StartAt::Position(position.clone()),
                None if record.from_beginning => StartAt::Beginning,
                None => StartAt::Configured,
            };
            Taken { lane: lane.clone(), at, note: record.note.clone(), ahead: None }
        });
        let taken = taken.collect();
        (taken, self.lanes.len() > before)
    }

    /// Moves the lanes of an epoch.
    pub(crate) fn advance(&mut self, epoch: &Epoch) {
        for span in &epoch.lanes {
            let record = LaneRecord {
                position: Some(span.to.clone()),
                from_beginning: false,
                note: span.note.clone(),
            };
            self.lanes.insert(span.lane.clone(), record);
        }
    }

    /// A state of the engine.
    pub(crate) fn state(&self, key: &str) -> Option<Vec<u8>> {
        STANDARD.decode(self.states.get(key)?).ok()
    }

    /// Replaces a state of the engine.
    pub(crate) fn set_state(&mut self, key: &str, bytes: &[u8]) {
        self.states.insert(key.to_owned(), STANDARD.encode(bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_that_comes_later_is_read_from_its_beginning() {
        let mut sidecar = Sidecar::new("p");
        let (taken, new) = sidecar.take(&["a".into(), "b".into()]);
        assert!(new && taken.iter().all(|taken| taken.at == StartAt::Configured));
        let (taken, new) = sidecar.take(&["a".into(), "c".into()]);
        assert!(new);
        assert_eq!((&taken[0].at, &taken[1].at), (&StartAt::Configured, &StartAt::Beginning));
        assert!(!sidecar.take(&["c".into()]).1);
    }

    #[test]
    fn it_goes_both_ways() {
        let mut sidecar = Sidecar::new("p");
        sidecar.take(&["a".into()]);
        sidecar.set_state("s", b"\0state");
        sidecar.files.insert("t.csv".to_owned(), FileRecord { next: 3, open: Some(OpenFile::default()) });
        let text = serde_json::to_string(&sidecar).unwrap();
        let read: Sidecar = serde_json::from_str(&text).unwrap();
        assert_eq!(read, sidecar);
        assert_eq!(read.state("s").unwrap(), b"\0state");
    }
}
