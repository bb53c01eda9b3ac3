//! Batches to lines or columns.

use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::RecordBatch;
use flate2::write::GzEncoder;
use memchr::memchr2;
use sluicegate_connector::{Encoded, Encoder, Error, Reject};
use sluicegate_format::{Encode, FormatOptions, Messages};
use sluicegate_model::ChangeBatch;

use super::options::{SinkOptions, TextCompression};
use super::template::Template;
use crate::columns::{ColumnsOptions, outgoing};

/// Rows for one file.
pub(super) struct Body {
    /// Its path in the directory, before it gets a number.
    pub(super) path: String,
    /// What it gets.
    pub(super) content: Content,
    /// Rows of it.
    pub(super) rows: usize,
}

/// What a file gets.
pub(super) enum Content {
    /// Lines with their ends, compressed where that is wanted.
    Text {
        /// What stands at the beginning of a file, not compressed.
        preamble: Option<Vec<u8>>,
        /// The lines.
        bytes: Vec<u8>,
    },
    /// Rows of columns.
    Columns(RecordBatch),
}

/// Turns batches into what is appended to files. Shared by all workers.
pub(super) struct FileEncoder {
    form: Form,
    template: Template,
    compression: TextCompression,
}

enum Form {
    Text {
        format: Arc<dyn Encode>,
        /// Whether a message must not hold a line end, since nothing in it says that it goes on.
        one_line: bool,
    },
    Columns(ColumnsOptions),
}

impl FileEncoder {
    pub(super) fn new(options: &SinkOptions) -> Result<Self, Error> {
        let form = match (options.messages(), options.columns()) {
            (Some(format), _) => {
                let one_line = matches!(format, FormatOptions::Raw(_)) && options.encrypt.is_none();
                let format = format
                    .sealing_encoder(options.encrypt.as_ref())
                    .map_err(|error| Error::configuration(error.to_string()))?;
                Form::Text { format, one_line }
            }
            (None, columns) => Form::Columns(columns.cloned().unwrap_or_default()),
        };
        Ok(Self { form, template: options.template()?, compression: options.compression })
    }
}

impl Encoder for FileEncoder {
    fn encode(&self, batch: &ChangeBatch) -> Result<Encoded, Error> {
        let path = self.template.path(batch)?;
        let (content, rows, rejects) = match &self.form {
            Form::Text { format, one_line } => text(format.as_ref(), batch, *one_line, self.compression)?,
            Form::Columns(options) => {
                let (columns, rejects) = outgoing(options, batch)?;
                let rows = columns.num_rows();
                (Content::Columns(columns), rows, rejects)
            }
        };
        let bytes = match &content {
            Content::Text { bytes, .. } => bytes.len(),
            Content::Columns(batch) => batch.get_array_memory_size(),
        };
        Ok(Encoded { body: Box::new(Body { path, content, rows }), rows, bytes, rejects })
    }
}

fn text(
    format: &dyn Encode,
    batch: &ChangeBatch,
    one_line: bool,
    compression: TextCompression,
) -> Result<(Content, usize, Vec<Reject>), Error> {
    let mut messages = Messages::default();
    let rejects = format.encode(batch, &mut messages).map_err(|error| {
        Error::configuration("the output cannot be written").table(batch.table()).caused_by(error)
    })?;
    let mut rejects: Vec<Reject> =
        rejects.into_iter().map(|reject| Reject { row: reject.row, reason: reject.reason }).collect();
    let mut lines = Vec::with_capacity(messages.bytes.len() + messages.messages.len());
    let mut rows = 0;
    for message in &messages.messages {
        let value = messages.value(message);
        if let Some(value) = value
            && one_line
            && memchr2(b'\n', b'\r', value).is_some()
        {
            let reason = "the message holds a line end, and a message of a file is a line".to_owned();
            rejects.push(Reject { row: message.row, reason });
        } else if let Some(value) = value {
            lines.extend_from_slice(value);
            lines.push(b'\n');
            rows += 1;
        } else {
            let reason = "a message without a value has no form in a line".to_owned();
            rejects.push(Reject { row: message.row, reason });
        }
    }
    let preamble = format.preamble(batch);
    let bytes = compressed(lines, compression)
        .map_err(|error| Error::fatal("rows cannot be compressed").table(batch.table()).caused_by(error))?;
    Ok((Content::Text { preamble, bytes }, rows, rejects))
}

/// A member of its own: what was written before can be cut off behind it.
pub(super) fn compressed(bytes: Vec<u8>, compression: TextCompression) -> io::Result<Vec<u8>> {
    if bytes.is_empty() {
        return Ok(bytes);
    }
    match compression {
        TextCompression::None => Ok(bytes),
        TextCompression::Zstd => zstd::encode_all(&*bytes, 3),
        TextCompression::Gzip => {
            let mut encoder =
                GzEncoder::new(Vec::with_capacity(bytes.len() / 4), flate2::Compression::default());
            encoder.write_all(&bytes)?;
            encoder.finish()
        }
    }
}
