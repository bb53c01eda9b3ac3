//! What stands around the rows of a message, as far as formats have it alike.
//!
//! | module | holds |
//! |---|---|
//! | `image` | [`Image`]: the values of a row, read as they come or passed; [`Stop`]: why that came to an end |
//! | `names` | [`Names`]: a database and a table, in two parts, as Canal and Maxwell have them |
//! | `parts` | [`Parts`]: passes parts that should be of one kind; [`TimeUnit`]: their times |

mod image;
mod names;
mod parts;

pub(crate) use image::{Image, Stop, read_passed};
pub(crate) use names::{Names, text};
pub(crate) use parts::{Parts, TimeUnit};
