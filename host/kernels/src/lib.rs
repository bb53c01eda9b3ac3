//! Work on columns of three-state cells: cast, take, hash, compare, text.
