//! Every format both ways: what each can hold, and that what it holds comes back as it was.
//!
//! The table of [`features`] against [`profiles`] stands in `docs/formats.md`, where `UPDATE=1` writes it anew: a
//! format that begins to refuse or to lose something shows there. Everything that a format holds is then put through
//! it in batches made at random, alone ([`holding`]), from one format into every other ([`crossing`]), and as messages
//! that `raw` carries ([`carrying`]).

mod batches;
mod carrying;
mod crossing;
mod features;
mod holding;
mod outcome;
mod profiles;
mod table;
