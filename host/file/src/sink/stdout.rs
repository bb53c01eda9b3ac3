//! Standard output.

use std::io::{self, Write};

use async_trait::async_trait;
use sluicegate_connector::{Encoded, Epoch, Error, StartAt, Taken, WriteError, Writer};
use sluicegate_model::Lane;

use super::encoder::{Body, Content};
use crate::failure::blocking;

/// Writes lines to standard output, an epoch at a time. It keeps no positions.
#[derive(Default)]
pub(super) struct StdoutWriter {
    /// The lines of the open epoch.
    lines: Vec<u8>,
    /// The names of the columns that were written last.
    preamble: Option<Vec<u8>>,
    /// Those of the open epoch.
    next_preamble: Option<Vec<u8>>,
}

#[async_trait]
impl Writer for StdoutWriter {
    async fn take(&mut self, lanes: &[Lane]) -> Result<Vec<Taken>, Error> {
        let taken =
            |lane: &Lane| Taken { lane: lane.clone(), at: StartAt::Configured, note: None, ahead: None };
        Ok(lanes.iter().map(taken).collect())
    }

    async fn write(&mut self, encoded: Encoded) -> Result<(), WriteError> {
        let body = encoded
            .body
            .downcast::<Body>()
            .map_err(|_| Error::fatal("rows of another sink were given to a writer of files"))?;
        let Content::Text { preamble, bytes } = body.content else {
            return Err(Error::fatal("columns were given to standard output").into());
        };
        if let Some(preamble) = preamble
            && self.next_preamble.as_ref().or(self.preamble.as_ref()) != Some(&preamble)
        {
            self.lines.extend_from_slice(&preamble);
            self.lines.push(b'\n');
            self.next_preamble = Some(preamble);
        }
        self.lines.extend_from_slice(&bytes);
        Ok(())
    }

    async fn commit(&mut self, epoch: &Epoch) -> Result<(), WriteError> {
        if let Some(lane) = epoch.stale_lane() {
            let what = "the lane was given away or rewound before its epoch was decided";
            return Err(Error::fenced(what).lane(lane).into());
        }
        let lines = std::mem::take(&mut self.lines);
        blocking(move || {
            let mut out = io::stdout().lock();
            out.write_all(&lines).and_then(|()| out.flush()).map_err(|error| {
                let closed = error.kind() == io::ErrorKind::BrokenPipe;
                let error = Error::fatal("standard output cannot be written").caused_by(error);
                if closed { error.help("whoever read it has ended") } else { error }
            })
        })
        .await?;
        if let Some(preamble) = self.next_preamble.take() {
            self.preamble = Some(preamble);
        }
        Ok(())
    }

    async fn abort(&mut self) -> Result<(), Error> {
        self.lines.clear();
        self.next_preamble = None;
        Ok(())
    }

    async fn state(&mut self, _: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(None)
    }

    async fn write_state(&mut self, _: &str, _: Vec<u8>) -> Result<(), WriteError> {
        Ok(())
    }

    async fn close(&mut self) {}
}
