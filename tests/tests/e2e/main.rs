//! The real command on real servers, end to end.
//!
//! | module | what is tried |
//! |---|---|
//! | `dates` | dates in pipeline files, and days run one after another |
//! | `files` | files as source and sink: all forms, kills, a full disk, standard streams |
//! | `formats` | messages of GoldenGate, Canal and Debezium, from topic to topic |
//! | `mysql` | tables as the target: values, kills |
//! | `mysql_source` | the changes of tables: to topics, to tables, kills |
//! | `mirror` | the databases of other tools' own tests, from server to server |
//! | `row_images` | every type, under each way in which a server may log rows |
//! | `mysql_query` | queries over tables: days, kills |
//! | `large_transactions` | transactions beyond what a process may take of memory |
//! | `kill` | two processes, killed and paused at random: nothing is lost, nothing comes twice |
//! | `trap` | a row that brings a guest down, alone among a million |
//! | `evil` | guests that do what no guest should: contained, and all other rows arrive |
//! | `pipeline` | the main job, its values and its ends |
//! | `messages` | what a person sees who has made a mistake |
//! | `security` | TLS, certificates of clients, SASL |
//! | `dead_letters` | dead letters listed, shown and sent again |
//! | `standby` | two processes of a source that one may read: one waits |
//! | `stranger` | a first transform, from `new transform` to rows, with the SDK as it is published |
//! | `starrocks` | tables of a simulated StarRocks as target |
//! | `tables` | tables of two servers, made alike and compared |
//! | `binlog_positions` | positions in a binlog, shown and moved, and how far they are behind |
//! | `positions` | positions shown and moved; two processes under one name |

mod binlog_positions;
mod dates;
mod dead_letters;
mod evil;
mod files;
mod formats;
mod kill;
mod large_transactions;
mod messages;
mod mirror;
mod mysql;
mod mysql_query;
mod mysql_source;
mod pipeline;
mod positions;
mod row_images;
mod security;
mod settings;
mod standby;
mod starrocks;
mod stranger;
mod tables;
mod transactions;
mod trap;
