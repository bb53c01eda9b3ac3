//! Sections by hand: what is generated has millions of parts, and no text.

/// A number as WebAssembly writes it (LEB128, unsigned).
pub(super) fn number(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        bytes.push(if value == 0 { low } else { low | 0x80 });
        if value == 0 {
            return bytes;
        }
    }
}

/// A section: its number, its length, its content.
pub(super) fn section(id: u8, content: &[u8]) -> Vec<u8> {
    let mut section = vec![id];
    section.extend(number(content.len() as u64));
    section.extend(content);
    section
}

/// A list of parts that are all the same.
pub(super) fn repeated(times: u64, part: &[u8]) -> Vec<u8> {
    let mut list = number(times);
    list.extend(part.repeat(times as usize));
    list
}

/// A core module of these sections.
pub(super) fn module(sections: &[Vec<u8>]) -> Vec<u8> {
    [b"\0asm\x01\0\0\0".as_slice()]
        .into_iter()
        .chain(sections.iter().map(Vec::as_slice))
        .flatten()
        .copied()
        .collect()
}

/// A component of these sections.
pub(super) fn component(sections: &[Vec<u8>]) -> Vec<u8> {
    [b"\0asm\x0d\0\x01\0".as_slice()]
        .into_iter()
        .chain(sections.iter().map(Vec::as_slice))
        .flatten()
        .copied()
        .collect()
}

/// The type section with one type: nothing to nothing.
pub(super) fn one_type() -> Vec<u8> {
    section(1, &[1, 0x60, 0, 0])
}
