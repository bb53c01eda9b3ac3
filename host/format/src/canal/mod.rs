//! `canal-json`: the flat messages of Alibaba Canal.
//!
//! A message is `{"data": [..], "database", "es", "id", "isDdl", "mysqlType": {..}, "old": [..], "pkNames": [..], "sql",
//! "sqlType": {..}, "table", "ts", "type"}` (`FlatMessage` in Canal's `MQMessageUtils`), in any order; `data` holds
//! any number of rows. The messages of TiCDC's `canal-json` are of the same form.
//!
//! | message | becomes |
//! |---|---|
//! | `INSERT`, `INIT` | `+I` of each row of `data` |
//! | `UPDATE` | a pair of each row: `-U` of `data` under `old`, which holds the changed columns only, and `+U` of `data`; the `+U` alone where there is no `old` |
//! | `DELETE` | `-D` of each row |
//! | `TRUNCATE` | a truncate |
//! | `CREATE`, `ALTER`, `ERASE`, `RENAME`, `CINDEX`, `DINDEX` | a schema change with the text of `sql` |
//! | `QUERY`, `GTID`, `XACOMMIT`, `XAROLLBACK` | nothing |
//! | `MHEARTBEAT`, `TIDB_WATERMARK` | a heartbeat |
//!
//! | part | becomes |
//! |---|---|
//! | `database`, `table` | the table's name, `database.table` |
//! | `mysqlType` | the types of the columns ([`crate::mysql_type`]); `sqlType` is not read: it says less |
//! | `pkNames` | the primary key; upper and lower case are one, as in MySQL |
//! | `es` | the event time |
//! | `id` | the source position: the number of Canal's batch |
//! | `gtid` | the transaction |
//!
//! Values are text. Bytes and geometries are ISO 8859-1, an `ENUM` is the number of its label, a `SET` and a `BIT` are
//! the number that their bits are. A `TIMESTAMP` is local time of whoever wrote the message: `time_zone`.
//!
//! | module | holds |
//! |---|---|
//! | `options` | [`CanalOptions`]: what may be set |
//! | `document` | the parts of a message |
//! | `decode` | messages to rows |
//! | `rows` | the rows of a message |
//! | `encode` | rows to messages |
//! | `columns` | cells as Canal writes them |

mod columns;
mod decode;
mod document;
mod encode;
mod options;
mod rows;

pub use options::CanalOptions;
