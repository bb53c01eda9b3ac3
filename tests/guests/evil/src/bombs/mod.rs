//! Guests that are made to be too large: short to write, and without end for whoever unpacks or compiles them.
//!
//! | module | what grows |
//! |---|---|
//! | [`body`] | one function of four megabytes |
//! | [`component_type`] | megabytes of the type of a component |
//! | [`components`] | components that instantiate components that do the same |
//! | [`depth`] | components within components |
//! | [`functions`] | the number of functions |
//! | [`locals`] | locals, which are written as a count |
//! | [`merges`] | thousands of variables, each of which changes in thousands of loops |
//! | [`types`] | types of a thousand parameters |

mod body;
mod component_type;
mod components;
mod depth;
mod encode;
mod functions;
mod locals;
mod merges;
mod types;

/// Makes a bomb.
pub type Bomb = fn() -> Vec<u8>;

/// All that are refused before they are compiled, by name.
pub const REFUSED: [(&str, Bomb); 7] = [
    ("body", body::bomb),
    ("component_type", component_type::bomb),
    ("components", components::bomb),
    ("depth", depth::bomb),
    ("functions", functions::bomb),
    ("locals", locals::bomb),
    ("types", types::bomb),
];

/// A bomb that is within every count, and that a compiler needs without end for.
pub fn merges() -> Vec<u8> {
    merges::bomb()
}
