//! Bytes as text.

use arrow_array::Array;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::call::Call;
use crate::cast::byte_cells;
use crate::variable::VariableBuilder;
use crate::{Checked, KernelError};

#[derive(Clone, Copy)]
enum Encoding {
    Hex,
    Base64,
    Base64Url,
}

impl Encoding {
    const NAMES: [(&str, Self); 3] =
        [("hex", Self::Hex), ("base64", Self::Base64), ("base64url", Self::Base64Url)];

    /// Appends the text of bytes.
    fn write(self, bytes: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        // The room below is exact, which is the only thing that could be wrong.
        match self {
            Self::Hex => {
                out.resize(start + bytes.len() * 2, 0);
                let _ = hex::encode_to_slice(bytes, &mut out[start..]);
            }
            Self::Base64 => {
                out.resize(start + bytes.len().div_ceil(3) * 4, 0);
                let _ = STANDARD.encode_slice(bytes, &mut out[start..]);
            }
            Self::Base64Url => {
                out.resize(start + (bytes.len() * 4).div_ceil(3), 0);
                let _ = URL_SAFE_NO_PAD.encode_slice(bytes, &mut out[start..]);
            }
        }
    }
}

/// The text of each cell's bytes, or of the first of them, behind a prefix.
pub(super) fn encode(call: &Call<'_>) -> Result<Checked, KernelError> {
    let given = call.given(&["encoding", "prefix", "bytes"])?;
    given.required("encoding", "hex, base64 or base64url")?;
    let encoding = given.choice("encoding", &Encoding::NAMES)?.unwrap_or(Encoding::Hex);
    let prefix = given.text("prefix").unwrap_or_default();
    let most: usize = given.number("bytes", "how many bytes of each cell count")?.unwrap_or(usize::MAX);
    let input = call.only()?;
    let values = input.values();
    let cells = byte_cells(values.as_ref()).ok_or_else(|| call.wrong_type(0, "utf8 or binary"))?;
    let mut made = VariableBuilder::new(call.function, values.len(), 0);
    for row in 0..values.len() {
        if values.is_valid(row) {
            let bytes = cells(row);
            made.push(prefix.as_bytes())?;
            encoding.write(&bytes[..bytes.len().min(most)], made.buffer());
        }
        made.end()?;
    }
    Ok(Checked::of(input, made.into_text(values.nulls().cloned())?, Vec::new()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::cast::AsArray;
    use arrow_array::{BinaryArray, StringArray};
    use proptest::prelude::*;
    use sluicegate_model::Column;

    use crate::compute;

    fn encoded(cells: &[Option<Vec<u8>>], options: &[(&str, &str)]) -> StringArray {
        let cells: BinaryArray = cells.iter().map(Option::as_deref).collect();
        let options: Vec<_> =
            options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let made = compute("encode", &[&Column::new(Arc::new(cells))], &options).unwrap();
        made.column.values().as_string().clone()
    }

    #[test]
    fn a_prefix_and_fewer_bytes() {
        let cells = [Some(vec![0xfb, 0xff, 1, 2]), None, Some(vec![])];
        let made = encoded(&cells, &[("encoding", "base64url"), ("prefix", "u_"), ("bytes", "2")]);
        assert_eq!(made, StringArray::from(vec![Some("u_-_8"), None, Some("u_")]));
        let made = encoded(&cells, &[("encoding", "base64")]);
        assert_eq!(made, StringArray::from(vec![Some("+/8BAg=="), None, Some("")]));
    }

    proptest! {
        #[test]
        fn it_decodes_again(cells in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..8)) {
            use base64::Engine as _;
            use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
            let given: Vec<_> = cells.iter().cloned().map(Some).collect();
            for (row, cell) in cells.iter().enumerate() {
                let text = |name: &str| encoded(&given, &[("encoding", name)]).value(row).to_owned();
                prop_assert_eq!(&hex::decode(text("hex")).unwrap(), cell);
                prop_assert_eq!(&STANDARD.decode(text("base64")).unwrap(), cell);
                prop_assert_eq!(&URL_SAFE_NO_PAD.decode(text("base64url")).unwrap(), cell);
            }
        }
    }
}
