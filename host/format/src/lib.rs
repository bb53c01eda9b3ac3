//! Messages to change batches and back.
//!
//! | module | holds |
//! |---|---|
//! | [`decode`] | [`Decode`]: what a format that is read implements |
//! | [`encode`] | [`Encode`]: what a format that is written implements |
//! | [`messages`] | [`Messages`]: what an encoder makes |
//! | [`options`] | [`FormatOptions`]: the formats by name, with what may be set about each |
//! | [`canal`] | `canal-json`: Alibaba Canal's flat messages |
//! | [`debezium`] | `debezium-json`: the change events of Debezium's connectors |
//! | [`delimited`] | `delimited`, also `csv`: fields set apart by a delimiter |
//! | [`encryption`] | messages that are encrypted whole, around any format |
//! | [`json`] | `json`: a flat object a row |
//! | `limit` | [`limited`]: messages up to a size, of any format |
//! | [`maxwell`] | `maxwell-json`: the messages of Zendesk's Maxwell |
//! | [`mysql_type`] | the types of MySQL and MariaDB from their text |
//! | [`ogg`] | `ogg-json`: Oracle GoldenGate's operations |
//! | `envelope` | what stands around the rows of a message, as far as formats have it alike |
//! | `provenance` | where rows come from, as the columns about them say |
//! | [`raw`] | `raw`: messages as they are, for formats that a guest knows |
//! | `scan` | the reader of JSON text |
//! | `build` | from cells to columns, from columns to batches |
//! | `ticks` | times as counts of a unit |
//! | `write` | the writer of JSON text |
//! | [`values`] | values as JSON, for systems whose bodies are no messages |

mod build;
pub mod canal;
pub mod debezium;
pub mod decode;
pub mod delimited;
pub mod encode;
pub mod encryption;
mod envelope;
pub mod json;
mod limit;
pub mod maxwell;
pub mod messages;
pub mod mysql_type;
pub mod ogg;
pub mod options;
mod provenance;
pub mod raw;
mod scan;
mod ticks;
pub mod values;
mod write;

pub use decode::{Decode, LaneInfo, Record};
pub use encode::{Encode, EncodeError, EncodeReject, Parts};
pub use encryption::{Encryption, SealedForm};
pub use limit::limited;
pub use messages::{Message, Messages};
pub use mysql_type::MysqlType;
pub use options::{FormatError, FormatOptions};
pub use write::{Decimals, Timestamps};
