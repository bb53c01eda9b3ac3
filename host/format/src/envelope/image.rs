//! Images that are read straight into the columns of their table, where what they are images of is known in time.

use crate::build::Table;
use crate::scan::{Fault, Scanner};

/// The values of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Image {
    /// Not in the message, or null.
    #[default]
    None,
    /// In the cells of its row.
    Read,
    /// Passed; it begins here.
    At(usize),
}

/// Why a message was not read to its end.
pub(crate) enum Stop {
    /// It is bad.
    Bad(String),
    /// It has to be read again, images last.
    Again,
}

impl From<Fault> for Stop {
    #[cold]
    fn from(fault: Fault) -> Self {
        Self::Bad(fault.to_string())
    }
}

/// Reads images that were passed, each into a row of its own from the next one of their table on, as those that were
/// read as they came. `outer` objects are open around them; the scanner is left behind the last of them.
///
/// # Errors
/// Where an image is no object.
pub(crate) fn read_passed(
    images: [Image; 2],
    table: &mut Table,
    scanner: &mut Scanner<'_>,
    outer: u32,
) -> Result<(), Fault> {
    let images = images.into_iter().filter(|image| *image != Image::None);
    for (row, image) in (table.rows()..).zip(images) {
        if let Image::At(at) = image {
            scanner.go_to(at);
            table.read(row, scanner, outer)?;
        }
    }
    Ok(())
}
