//! Components that no compiler writes, byte by byte (the component model's binary format).

const HEADER: &[u8] = b"\0asm\x0d\0\x01\0";
const EMPTY_MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// A number as unsigned LEB128.
fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id][..], &leb(content.len()), content].concat()
}

/// A component that imports an instance without members, by a name.
pub(crate) fn importing(name: &str) -> Vec<u8> {
    let instance_type = [1, 0x42, 0];
    let import = [&[1, 0][..], &leb(name.len()), name.as_bytes(), &[5, 0]].concat();
    [HEADER, &section(7, &instance_type), &section(10, &import)].concat()
}

/// A component that instantiates an empty core module so many times.
pub(crate) fn instantiating(times: usize) -> Vec<u8> {
    let mut instances = leb(times);
    for _ in 0..times {
        instances.extend([0, 0, 0]);
    }
    [HEADER, &section(1, EMPTY_MODULE), &section(2, &instances)].concat()
}

/// A component with no imports and no exports.
pub(crate) fn empty() -> Vec<u8> {
    HEADER.to_vec()
}
