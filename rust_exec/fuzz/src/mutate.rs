//! What is done to an input.

use crate::chance::Chance;

/// Longest input that is made.
const MAX: usize = 1 << 20;
/// Longest run of bytes that is moved.
const RUN: usize = 512;
/// Numbers at which programs go wrong, in decimal digits.
const NUMBERS: [&str; 12] = [
    "0",
    "-1",
    "1",
    "255",
    "65536",
    "2147483648",
    "4294967296",
    "9007199254740993",
    "9223372036854775807",
    "18446744073709551615",
    "1e999",
    "1000000000000000000000000000000",
];
const BYTES: [u8; 10] = [0x00, 0xff, 0x7f, 0x80, b'"', b'{', b'[', b'\\', b'$', b'/'];

/// Change something.
pub(crate) fn change(input: &mut Vec<u8>, corpus: &[Vec<u8>], tokens: &[&[u8]], chance: &mut Chance) {
    let at = chance.place(input.len());
    match chance.below(10) {
        0 if !input.is_empty() => input[at] ^= 1 << chance.below(8),
        1 if !input.is_empty() => input[at] = *chance.pick(&BYTES),
        2 => insert(input, at, &[*chance.pick(&BYTES)]),
        3 => input.truncate(at),
        4 => drop(input.drain(at..end(input, at, chance))),
        5 => {
            let run = input[at..end(input, at, chance)].to_vec();
            let times = 1 << chance.below(8);
            insert(input, at, &run.repeat(times));
        }
        6 => {
            let other = chance.pick(corpus);
            let from = chance.place(other.len());
            let run = &other[from..end(other, from, chance)];
            insert(input, at, run);
        }
        7 => number(input, at, chance),
        8 if !tokens.is_empty() => insert(input, at, tokens[chance.place(tokens.len())]),
        _ => {
            let (from, to) = (chance.place(input.len()), end(input, at, chance));
            let run = input[at..to].to_vec();
            let length = run.len().min(input.len() - from);
            input[from..from + length].copy_from_slice(&run[..length]);
        }
    }
}

fn insert(input: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if input.len() + bytes.len() <= MAX {
        input.splice(at..at, bytes.iter().copied());
    }
}

fn end(input: &[u8], at: usize, chance: &mut Chance) -> usize {
    input.len().min(at + chance.place(RUN))
}

/// Put another number in the place of the next one that stands in digits; without one, in eight bytes.
fn number(input: &mut Vec<u8>, at: usize, chance: &mut Chance) {
    let from = input[at..].iter().position(u8::is_ascii_digit).map(|it| it + at);
    match from {
        Some(from) => {
            let length = input[from..].iter().take_while(|it| it.is_ascii_digit()).count();
            input.splice(from..from + length, chance.pick(&NUMBERS).bytes());
        }
        None => {
            let value = (1_u64 << chance.below(64)).wrapping_sub(chance.below(2)).to_le_bytes();
            let length = value.len().min(input.len() - at);
            input[at..at + length].copy_from_slice(&value[..length]);
        }
    }
}
