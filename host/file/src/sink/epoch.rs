//! The files of the open epoch.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Utc;
use sluicegate_connector::{Epoch, Error};

use super::directory::{Directory, taken};
use super::encoder::{Body, Content, compressed};
use super::options::SinkOptions;
use super::part::{Part, is_full};
use super::sidecar::{FileRecord, OpenFile, Rename, Sidecar};
use crate::columns::{ColumnsKind, ColumnsOptions};
use crate::failure::failed;
use crate::format::FileFormat;

/// Files of text that stay open between writes.
const OPEN_FILES: usize = 256;

/// What is written and not decided. Everything blocks.
#[derive(Default)]
pub(super) struct OpenEpoch {
    /// By their paths before they get a number; the last one of each takes rows.
    parts: BTreeMap<String, Vec<Part>>,
    /// Hidden files that this epoch made.
    made: u64,
    states: BTreeMap<String, Vec<u8>>,
}

impl OpenEpoch {
    /// Appends rows to their file.
    pub(super) fn write(
        &mut self,
        directory: &Directory,
        options: &SinkOptions,
        body: Body,
    ) -> Result<(), Error> {
        let Body { path, content, rows } = body;
        let now = Utc::now().timestamp();
        let fresh = FileRecord::default();
        let record = directory.sidecar.files.get(&path).unwrap_or(&fresh);
        let parts = self.parts.entry(path.clone()).or_default();
        let number = record.next.max(1) + parts.iter().filter(|part| part.hidden.is_some()).count() as u64;
        let hidden = format!("{}-{}", std::process::id(), self.made);
        match content {
            Content::Text { preamble, bytes } => {
                let preamble = preamble.map(|line| String::from_utf8_lossy(&line).into_owned());
                let takes = |open: &OpenFile| open.preamble == preamble && !is_full(open, options.roll, now);
                if !parts.last().is_some_and(|part| takes(&part.record)) {
                    let part = match &record.open {
                        Some(open) if parts.is_empty() && takes(open) => Part::append(&directory.root, open)?,
                        _ => {
                            let path = numbered(&path, number, number > 1 || options.roll.is_some());
                            let record = OpenFile { path, since: now, preamble, ..OpenFile::default() };
                            self.made += 1;
                            let mut part = Part::text(&directory.root, hidden, record)?;
                            if let Some(line) = part.record.preamble.clone() {
                                let line = compressed([line.as_bytes(), b"\n"].concat(), options.compression);
                                let line = line.map_err(|error| failed("written", &directory.root, error))?;
                                part.write(&line, 0)?;
                            }
                            part
                        }
                    };
                    parts.push(part);
                }
                if let Some(part) = parts.last_mut() {
                    part.write(&bytes, rows)?;
                }
                if self.parts.len() > OPEN_FILES {
                    self.parts.values_mut().flatten().for_each(Part::rest);
                }
            }
            Content::Columns(batch) => {
                let schema = batch.schema();
                if !parts.last().is_some_and(|part| part.has_schema(&schema)) {
                    let record =
                        OpenFile { path: numbered(&path, number, true), since: now, ..OpenFile::default() };
                    self.made += 1;
                    parts.push(Part::columns(&directory.root, hidden, record, form(options), schema)?);
                }
                if let Some(part) = parts.last_mut() {
                    part.write_columns(&batch)?;
                }
            }
        }
        Ok(())
    }

    /// Notes a state that becomes durable with the epoch.
    pub(super) fn set_state(&mut self, key: &str, bytes: Vec<u8>) {
        self.states.insert(key.to_owned(), bytes);
    }

    /// Decides. After an error of another class than unknown nothing of the epoch is.
    pub(super) fn commit(
        &mut self,
        directory: &mut Directory,
        options: &SinkOptions,
        epoch: &Epoch,
    ) -> Result<(), Error> {
        let mut next = Sidecar { renames: Vec::new(), ..directory.sidecar.clone() };
        let mut names = BTreeSet::new();
        for (path, parts) in &mut self.parts {
            for part in parts {
                part.sync()?;
                let file = next.files.entry(path.clone()).or_default();
                if let Some(hidden) = &part.hidden {
                    let to = directory.root.join(&part.record.path);
                    if to.exists() || !names.insert(part.record.path.clone()) {
                        return Err(taken(&to));
                    }
                    let made = directory.make_parents(&part.record.path);
                    made.map_err(|error| failed("made", &to, error))?;
                    next.renames.push(Rename { from: hidden.clone(), to: part.record.path.clone() });
                    file.next = file.next.max(1) + 1;
                }
                file.open = (!options.format.is_columns()).then(|| part.record.clone());
            }
        }
        for (key, bytes) in &self.states {
            next.set_state(key, bytes);
        }
        next.advance(epoch);
        // What waited for the disk may have been given away meanwhile.
        if let Some(lane) = epoch.stale_lane() {
            return Err(
                Error::fenced("the lane was given away or rewound before its epoch was decided").lane(lane)
            );
        }
        directory.decide(next)?;
        self.parts.clear();
        self.states.clear();
        directory.finish_renames().map_err(|error| {
            Error::unknown("rows are decided, and their files do not have their names yet").caused_by(error)
        })
    }

    /// Takes everything back. After an error something may be left, which the next take mends.
    pub(super) fn abort(&mut self) -> Result<(), Error> {
        self.states.clear();
        let parts = std::mem::take(&mut self.parts).into_values().flatten();
        // All are tried before the first failure is told.
        parts.map(Part::undo).fold(Ok(()), Result::and)
    }
}

fn form(options: &SinkOptions) -> (ColumnsKind, &ColumnsOptions) {
    static DEFAULT: std::sync::OnceLock<ColumnsOptions> = std::sync::OnceLock::new();
    let columns = options.columns().unwrap_or_else(|| DEFAULT.get_or_init(ColumnsOptions::default));
    let kind = if matches!(options.format, FileFormat::Arrow(_)) {
        ColumnsKind::Arrow
    } else {
        ColumnsKind::Parquet
    };
    (kind, columns)
}

/// The path with the number of the file before its suffix: `orders-000002.ndjson.gz`.
fn numbered(path: &str, number: u64, shown: bool) -> String {
    if !shown {
        return path.to_owned();
    }
    let packed = [".gz", ".zst"].into_iter().find(|suffix| path.ends_with(suffix)).unwrap_or("");
    let plain = &path[..path.len() - packed.len()];
    let name = plain.rfind('/').map_or(0, |slash| slash + 1);
    let suffix = plain[name..].rfind('.').filter(|dot| *dot > 0).map_or(plain.len(), |dot| name + dot);
    format!("{}-{number:06}{}{packed}", &plain[..suffix], &plain[suffix..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stands_before_the_suffix() {
        assert_eq!(numbered("a/ods.orders.ndjson.gz", 2, true), "a/ods.orders-000002.ndjson.gz");
        assert_eq!(numbered("a.b/orders", 2, true), "a.b/orders-000002");
        assert_eq!(numbered("orders.csv", 1, false), "orders.csv");
    }
}
