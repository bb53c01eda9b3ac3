//! Rows to records.

use sluicegate_model::{ChangeBatch, RowKind};

use super::{CsvOptions, Dialect, OnMissing};
use crate::write::{Plain, PlainWriter, Style};
use crate::{Encode, EncodeError, EncodeReject, Message, Messages};

/// Writes `csv`.
pub(super) struct CsvEncoder {
    dialect: Dialect,
    header: bool,
    null: Vec<u8>,
    kind_column: Option<String>,
    missing: OnMissing,
    style: Style,
}

impl CsvEncoder {
    pub(super) fn new(options: &CsvOptions, dialect: Dialect) -> Self {
        Self {
            dialect,
            header: options.has_header(),
            null: options.null_text.clone().unwrap_or_default().into_bytes(),
            kind_column: options.kind_column.clone(),
            missing: options.missing.unwrap_or_default(),
            style: Style { timestamps: options.timestamps.unwrap_or_default(), ..Style::default() },
        }
    }

    /// Appends a record without its line end; the reason where it has no form.
    fn record(
        &self,
        columns: &PlainWriter<'_>,
        kind: RowKind,
        row: usize,
        scratch: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        let mut first = true;
        if self.kind_column.is_some() {
            self.dialect.write(kind.short().as_bytes(), false, out);
            first = false;
        }
        for column in 0..columns.len() {
            if !std::mem::take(&mut first) {
                out.push(self.dialect.delimiter);
            }
            scratch.clear();
            match columns.write(column, row, scratch)? {
                Plain::Value => self.dialect.write(scratch, *scratch == self.null, out),
                Plain::Missing if self.missing == OnMissing::Reject => {
                    return Err(format!(
                        "column {:?}: its source did not send it, and csv has no form for that: `missing: as-null` \
                         writes NULL",
                        columns.name(column)
                    ));
                }
                Plain::Null | Plain::Missing => out.extend_from_slice(&self.null),
            }
        }
        Ok(())
    }
}

impl Encode for CsvEncoder {
    fn encode(&self, batch: &ChangeBatch, out: &mut Messages) -> Result<Vec<EncodeReject>, EncodeError> {
        let columns = PlainWriter::new(batch, self.style, "csv")?;
        let mut rejects = Vec::new();
        let mut scratch = Vec::new();
        out.messages.reserve(batch.len());
        let mut row = 0;
        while row < batch.len() {
            let unit = batch.unit_of(row);
            let (before, end) = (out.messages.len(), unit.end);
            let start = out.bytes.len();
            for row in unit {
                let kind = batch.kind(row);
                let written = match (kind.is_present() || self.kind_column.is_some(), batch.is_pair(row)) {
                    (true, _) => {
                        let from = out.bytes.len();
                        self.record(&columns, kind, row, &mut scratch, &mut out.bytes).map(|()| {
                            let value = Some(from..out.bytes.len());
                            out.messages.push(Message { row: row as u32, value });
                        })
                    }
                    // The old image: the new one follows.
                    (false, true) => Ok(()),
                    (false, false) => {
                        Err("a delete has no form in csv: set `kind_column` to write kinds".to_owned())
                    }
                };
                if let Err(reason) = written {
                    out.bytes.truncate(start);
                    out.messages.truncate(before);
                    rejects.push(EncodeReject { row: (end - 1) as u32, reason });
                    break;
                }
            }
            row = end;
        }
        Ok(rejects)
    }

    fn preamble(&self, batch: &ChangeBatch) -> Option<Vec<u8>> {
        if !self.header {
            return None;
        }
        let mut line = Vec::new();
        let names = batch.schema().fields().iter().map(|field| field.name().as_str());
        for (place, name) in self.kind_column.as_deref().into_iter().chain(names).enumerate() {
            if place > 0 {
                line.push(self.dialect.delimiter);
            }
            self.dialect.write(name.as_bytes(), name.is_empty(), &mut line);
        }
        Some(line)
    }
}
