//! `maxwell-json`: the messages of Zendesk's Maxwell (<https://maxwells-daemon.io/dataformat/>).
//!
//! A message is `{"database", "table", "type", "ts", "xid", "position", "primary_key_columns": [..], "data": {..}, "old":
//! {..}}`, in any order: one row.
//!
//! | message | becomes |
//! |---|---|
//! | `insert`, `bootstrap-insert` | `+I` of `data` |
//! | `update` | `-U` of `data` under `old`, which holds the changed columns only, and `+U` of `data`; the `+U` alone where there is no `old` |
//! | `delete` | `-D` of `data` |
//! | `table-create`, `table-alter`, `table-drop`, `database-create`, `database-alter`, `database-drop` | a schema change with the text of `sql` |
//! | `bootstrap-start`, `bootstrap-complete` | nothing |
//! | `heartbeat` | a heartbeat |
//! | one with `encrypted` | a reject: its rows cannot be read |
//!
//! | part | becomes |
//! |---|---|
//! | `database`, `table` | the table's name, `database.table` |
//! | `ts` | the event time, in seconds |
//! | `xid`, else `gtid` | the transaction |
//! | `position` | the source position |
//! | the option `primary_key`, else `primary_key_columns`, else the key of the Kafka message | the primary key |
//!
//! A message says no types, so columns are text and digits unless a `schema:` names them. With the types of MySQL
//! there (`set('a','b')`, `bit(8)`, `varbinary(16)`, `json`) arrays become sets, numbers bits, base64 bytes.
//!
//! | module | holds |
//! |---|---|
//! | `options` | [`MaxwellOptions`]: what may be set |
//! | `document` | the parts of a message |
//! | `decode` | messages to rows |
//! | `message_key` | the primary key from the key of a Kafka message |
//! | `encode` | rows to messages |
//! | `columns` | columns as Maxwell writes them |

mod columns;
mod decode;
mod document;
mod encode;
mod message_key;
mod options;

pub use options::MaxwellOptions;
