//! The body of a load, put together of lines.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::rows::Rows;
use super::window::TableWindow;
use crate::client::Payload;

/// Bytes of a piece that is written here.
const PIECE: usize = 1 << 20;

/// Room behind it for the row with which it is full.
const ROW: usize = 4 << 10;

/// From so many bytes on, lines that stand together are sent from where they are.
const LONG: usize = 8 << 10;

/// A body that grows.
pub struct Text<'a> {
    table: &'a TableWindow,
    pieces: Vec<Bytes>,
    /// What is written here.
    piece: Vec<u8>,
    /// Lines of rows that stand together in one of the table's bodies.
    run: (usize, Range<usize>),
}

/// The lines of rows, kept for as long as they are sent.
struct Lines(Arc<Rows>);

impl AsRef<[u8]> for Lines {
    fn as_ref(&self) -> &[u8] {
        &self.0.cell_bytes
    }
}

impl<'a> Text<'a> {
    /// Of rows of a table.
    pub fn new(table: &'a TableWindow) -> Self {
        Self { table, pieces: Vec::new(), piece: Vec::new(), run: (0, 0..0) }
    }

    /// Appends a line that stands in one of the table's bodies.
    #[inline]
    pub fn take(&mut self, body: usize, line: Range<usize>) {
        let (of, run) = &mut self.run;
        if *of == body && run.end == line.start {
            run.end = line.end;
            return;
        }
        self.end_run();
        self.run = (body, line);
    }

    /// Appends a line that is written now.
    pub fn write(&mut self, line: impl FnOnce(&mut Vec<u8>)) {
        self.end_run();
        self.open_piece();
        line(&mut self.piece);
        if self.piece.len() >= PIECE {
            self.end_piece();
        }
    }

    /// The body.
    pub fn finish(mut self) -> Payload {
        self.end_run();
        self.end_piece();
        Payload::new(self.pieces)
    }

    fn end_run(&mut self) {
        let (body, run) = std::mem::take(&mut self.run);
        if run.is_empty() {
            return;
        }
        let rows = self.table.body(body);
        if run.len() >= LONG {
            self.end_piece();
            self.pieces.push(Bytes::from_owner(Lines(Arc::clone(rows))).slice(run));
            return;
        }
        self.open_piece();
        self.piece.extend_from_slice(&rows.cell_bytes[run]);
        if self.piece.len() >= PIECE {
            self.end_piece();
        }
    }

    fn open_piece(&mut self) {
        if self.piece.capacity() == 0 {
            self.piece.reserve(PIECE + ROW);
        }
    }

    fn end_piece(&mut self) {
        self.pieces.push(std::mem::take(&mut self.piece).into());
    }
}
