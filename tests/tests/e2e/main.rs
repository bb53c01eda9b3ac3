//! The real command on real servers, end to end.
//!
//! | module | what is tried |
//! |---|---|
//! | `kill` | two processes, killed and paused at random: nothing is lost, nothing comes twice |
//! | `trap` | a row that brings a guest down, alone among a million |
//! | `pipeline` | the main job, its values and its ends |
//! | `messages` | what a person sees who has made a mistake |
//! | `security` | TLS, certificates of clients, SASL |
//! | `positions` | positions shown and moved; two processes under one name |

mod kill;
mod messages;
mod pipeline;
mod positions;
mod security;
mod settings;
mod trap;
