//! Binlogs of real servers, read from their files: what the log says a table holds is what the server says.

mod captured;
mod charsets;
mod compressed;
mod damaged;
mod images;
mod json;
mod peers;
mod positions;
mod replay;
mod text;
mod transactions;
mod types;
