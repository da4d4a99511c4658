//! JSON text before it is parsed: bounded, and without blanks between its tokens.

use std::borrow::Cow;

use crate::error::{PacketError, quote};

/// The largest integer that stands for itself: one that a double holds exactly.
pub(crate) const MAX_INTEGER: u64 = (1 << 53) - 1;

/// What a text may be before it is parsed.
pub(crate) struct Bounds {
    /// Levels of nesting.
    depth: usize,
    /// Whether integers may be longer than a double holds.
    long_integers: bool,
}

/// Levels of nesting of a body.
pub(crate) const MAX_DEPTH: usize = 64;
/// Of the text of a body.
pub(crate) const BODY: Bounds = Bounds { depth: MAX_DEPTH, long_integers: false };
/// Of a line with an envelope, one level around its value; positions and times are 64-bit integers.
pub(crate) const ENVELOPE: Bounds = Bounds { depth: MAX_DEPTH + 1, long_integers: true };

/// The text without blanks between its tokens: one pass that also bounds nesting and integers, before any parser.
pub(crate) fn compact<'a>(text: &'a str, bounds: &Bounds) -> Result<Cow<'a, str>, PacketError> {
    let bytes = text.as_bytes();
    let mut stripped: Option<String> = None;
    let mut depth = 0_usize;
    let (mut at, mut kept) = (0, 0);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => at = end_of_string(bytes, at),
            b' ' | b'\t' | b'\n' | b'\r' => {
                let end = at + bytes[at..].iter().take_while(|byte| b" \t\n\r".contains(byte)).count();
                stripped.get_or_insert_default().push_str(&text[kept..at]);
                part(bytes, at, end)?;
                (at, kept) = (end, end);
            }
            b'[' | b'{' => {
                depth += 1;
                if depth > bounds.depth {
                    let most = bounds.depth;
                    return Err(PacketError::new(format!("expected at most {most} levels of nesting, got more")));
                }
                at += 1;
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            b'0'..=b'9' if !bounds.long_integers => at = end_of_number(bytes, at)?,
            _ => at += 1,
        }
    }
    Ok(match stripped {
        None => Cow::Borrowed(text),
        Some(stripped) => Cow::Owned(stripped + &text[kept..]),
    })
}

/// That the tokens around a blank stay two without it: `1 2` must not become `12`.
fn part(bytes: &[u8], start: usize, end: usize) -> Result<(), PacketError> {
    let opens = start == 0 || b"{[,:".contains(&bytes[start - 1]);
    let closes = bytes.get(end).is_none_or(|next| b"}],:".contains(next));
    if opens || closes {
        return Ok(());
    }
    Err(PacketError::new(format!("expected `,` between two JSON values, got a blank at offset {start}")))
}

/// The offset behind the string that starts at `at`.
fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    at += 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The offset behind the number whose first digit is at `start`. An integer that no 64-bit type holds would pass for
/// a float, so it is refused here, where it is still text.
fn end_of_number(bytes: &[u8], start: usize) -> Result<usize, PacketError> {
    let rest = &bytes[start..];
    let length = rest
        .iter()
        .position(|byte| !matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
        .unwrap_or(rest.len());
    if length > 16 && rest[..length].iter().all(u8::is_ascii_digit) {
        return Err(PacketError::new(beyond_safe(&String::from_utf8_lossy(&rest[..length]))));
    }
    Ok(start + length)
}

/// What is said of an integer that does not stand for itself.
pub(crate) fn beyond_safe(number: &str) -> String {
    format!("expected integers beyond ±{MAX_INTEGER} as `$int`, got {}", quote(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_stripped_between_tokens_only() {
        let strip = |text| compact(text, &BODY).map(Cow::into_owned);
        assert_eq!(strip(" { \"a b\" : [ 1 , \"\\\" \" ] }\r\n").as_deref(), Ok(r#"{"a b":[1,"\" "]}"#));
        assert!(matches!(compact("[1,2]", &BODY), Ok(Cow::Borrowed("[1,2]"))));
        for text in ["1 2", "tr ue", "[1 2]", "\"a\" \"b\"", "{} {}", "- 1"] {
            assert!(strip(text).is_err(), "{text:?} should be refused");
        }
    }
}
