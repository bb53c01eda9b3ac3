//! Cells as they cross the wall, after the types of the same names in `transform.wit`.

/// Cells as Arrow lays them out, little-endian.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// No buffer: the null type, struct.
    Nothing,
    /// Booleans, a bit a cell, the lowest bit first.
    Bits(Vec<u8>),
    /// Numbers of this type.
    Int8s(Vec<i8>),
    /// Numbers of this type.
    Int16s(Vec<i16>),
    /// Numbers of this type.
    Int32s(Vec<i32>),
    /// Numbers of this type.
    Int64s(Vec<i64>),
    /// Numbers of this type.
    Uint8s(Vec<u8>),
    /// Numbers of this type.
    Uint16s(Vec<u16>),
    /// Numbers of this type.
    Uint32s(Vec<u32>),
    /// Numbers of this type.
    Uint64s(Vec<u64>),
    /// Numbers of this type.
    Float32s(Vec<f32>),
    /// Numbers of this type.
    Float64s(Vec<f64>),
    /// Cells of one width that no case above fits: decimals, intervals, fixed-size binary.
    Fixed(Fixed),
    /// Text and bytes.
    Variable(Variable),
    /// Lists and maps: n + 1 offsets into the child.
    Offsets(Vec<u32>),
}

/// Cells of one width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// Bytes of a cell.
    pub width: u32,
    /// All cells, one behind the other.
    pub data: Vec<u8>,
}

/// Cells of any length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// n + 1 of them, the first is 0.
    pub offsets: Vec<u32>,
    /// All cells, one behind the other.
    pub data: Vec<u8>,
}

/// A run of cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Cells {
    /// A bit a cell, the lowest bit first, 0 = null. None: no cell is null.
    pub validity: Option<Vec<u8>>,
    /// A bit a cell, 0 = missing (the source did not say). A missing cell is null too. None: none is.
    pub presence: Option<Vec<u8>>,
    /// The values; what stands at a null is undefined.
    pub values: Values,
}

/// The same run as the bytes of its buffers. An empty buffer is an absent one. Offsets are u32.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buffers {
    /// As in [`Cells`].
    pub validity: Vec<u8>,
    /// As in [`Cells`].
    pub presence: Vec<u8>,
    /// Of text, bytes, lists and maps.
    pub offsets: Vec<u8>,
    /// The values.
    pub data: Vec<u8>,
}

/// How the cells of a column meet the rows of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alignment {
    /// A cell a row of the input: picked through the output's rows, as the input's own fields are.
    Input,
    /// A cell a row of the output.
    Output,
}
