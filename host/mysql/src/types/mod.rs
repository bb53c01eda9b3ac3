//! Types of columns: as the server names them, as they are made, and what is written to them.
//!
//! | module | holds |
//! |---|---|
//! | `column` | [`ColumnType`]: a type as `information_schema` describes it |
//! | `fit` | what may be written to a column, and as what |
//! | `make` | the type of a column that is made |

mod column;
mod fit;
mod make;

pub use column::{ColumnType, Described};
pub use fit::fit;
pub use make::column_definition;
