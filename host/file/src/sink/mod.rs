//! Writing files.
//!
//! Rows and positions become durable with one step: the replacement of the sidecar of the directory, a small file that
//! says how long each file is and how far each lane was read. What is longer, and what it does not name, is not there.
//!
//! | module | holds |
//! |---|---|
//! | `options` | [`SinkOptions`]: what a sink is told |
//! | `template` | paths of files, from names of tables |
//! | `encoder` | batches to lines or columns |
//! | `sidecar` | what is decided |
//! | `directory` | the lock, the sidecar's replacement, what is mended at a start |
//! | `part` | a file that is being written |
//! | `epoch` | the files of the open epoch |
//! | `writer` | a transactional context: take, write, commit, abort |
//! | `stdout` | standard output |

mod directory;
mod encoder;
mod epoch;
mod options;
mod part;
mod sidecar;
mod stdout;
mod template;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use sluicegate_connector::{Encoder, Error, Sink, Writer};
use sluicegate_model::ChangeBatch;
use tracing::warn;

pub(crate) use directory::{Directory, Lock, held, holder_of};
pub use options::{OnMissingFile, Roll, SinkOptions, TextCompression};
pub(crate) use sidecar::{LaneRecord, Sidecar};

use encoder::FileEncoder;
use stdout::StdoutWriter;
use writer::FileWriter;

/// A directory that rows are written to, or standard output.
pub struct FileSink {
    options: SinkOptions,
    /// `None`: standard output.
    root: Option<PathBuf>,
    pipeline: String,
    encoder: Arc<FileEncoder>,
}

impl FileSink {
    /// A sink. The directory is relative to `base`. Nothing is made or locked yet.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for options that do not fit together.
    pub fn new(options: SinkOptions, base: &Path, pipeline: &str) -> Result<Self, Error> {
        options.check()?;
        let encoder = Arc::new(FileEncoder::new(&options)?);
        let root = (!options.is_stdout()).then(|| base.join(&options.directory));
        Ok(Self { options, root, pipeline: pipeline.to_owned(), encoder })
    }
}

#[async_trait]
impl Sink for FileSink {
    fn encoder(&self) -> Arc<dyn Encoder> {
        Arc::clone(&self.encoder) as Arc<dyn Encoder>
    }

    async fn prepare(&mut self, outputs: &[ChangeBatch]) -> Result<(), Error> {
        // Tells of a type that does not do, or a name.
        for output in outputs {
            self.encoder.encode(output)?;
        }
        let Some(root) = self.root.clone() else { return Ok(()) };
        let pipeline = self.pipeline.clone();
        crate::failure::blocking(move || Directory::check(&root, &pipeline)).await
    }

    async fn open(&mut self) -> Result<Box<dyn Writer>, Error> {
        let Some(root) = &self.root else {
            warn!(
                "standard output is written at least once: what it took is not remembered by the next start"
            );
            return Ok(Box::new(StdoutWriter::default()));
        };
        let lock = Lock::wait(root, self.options.lock_timeout.map(|limit| limit.0)).await?;
        Ok(Box::new(FileWriter::new(lock, root, &self.pipeline, &self.options)))
    }
}

impl std::fmt::Debug for FileSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileSink({:?})", self.options.directory)
    }
}
