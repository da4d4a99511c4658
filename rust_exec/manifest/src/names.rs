//! The shapes of names: ids, entries, paths and hosts.

/// Bytes of the longest path of a file.
const MAX_PATH: usize = 1024;
/// The greatest integer that JSON's numbers have everywhere: 2^53 - 1.
const MAX_INTEGER: u64 = 9_007_199_254_740_991;
/// Digits of the longest integer: those of 4096 bits.
const MAX_DIGITS: usize = 1234;
/// Characters of the longest id or name.
const MAX_ID: usize = 200;

/// Whether this is a path that cannot lead out of the directory it is relative to, and that every reader takes alike:
/// relative, `/` between its parts, no part empty, `.` or `..`, no backslash, no control character, at most 1024 bytes.
#[must_use]
pub fn is_project_path(path: &str) -> bool {
    path.len() <= MAX_PATH
        && !path.contains(|c: char| c == '\\' || c.is_control())
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Whether people can read this on one line and it is not too long to be shown.
pub(crate) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && text.chars().count() <= MAX_ID && !text.contains(char::is_control)
}

/// `module:Class`, both dotted names; the module is one that can be imported, so never `__main__`.
pub(crate) fn is_entry(text: &str) -> bool {
    is_object_name(text) && text.split(':').next().is_none_or(|module| module != "__main__")
}

/// `module:qualname`, both dotted names.
fn is_object_name(text: &str) -> bool {
    text.split_once(':').is_some_and(|(module, name)| is_dotted(module) && is_dotted(name))
}

fn is_dotted(text: &str) -> bool {
    text.split('.').all(is_identifier)
}

/// A name as Python and environment variables have them.
pub(crate) fn is_identifier(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first == '_' || first.is_alphabetic())
        && characters.by_ref().take(MAX_ID).all(|next| next == '_' || next.is_alphanumeric())
        && characters.next().is_none()
}

/// `host:port`, with an IPv6 address in brackets.
pub(crate) fn is_address(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        is_host(host)
            && port.bytes().all(|byte| byte.is_ascii_digit())
            && port.parse::<u16>().is_ok_and(|port| port > 0)
    })
}

/// `HOST` or `HOST:PORT`: where a node runs.
pub(crate) fn is_place(text: &str) -> bool {
    is_host(text) || is_address(text)
}

fn is_host(text: &str) -> bool {
    let bracketed = text.starts_with('[') && text.ends_with(']') && text.len() > 2;
    let plain = !text.is_empty() && !text.contains([':', '/', '@', '[', ']']);
    (bracketed || plain) && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// `data/<sha256>.npy`.
#[must_use]
pub fn is_data_path(text: &str) -> bool {
    text.strip_prefix("data/").and_then(|name| name.strip_suffix(".npy")).is_some_and(|digest| {
        digest.len() == 64 && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// An integer beyond ±(2^53 - 1) in the digits that every language writes.
pub(crate) fn is_large_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    let large = digits.len() > 16 || digits.parse::<u64>().is_ok_and(|number| number > MAX_INTEGER);
    plain && large && digits.len() <= MAX_DIGITS
}

/// Base64 with padding (RFC 4648, section 4).
pub(crate) fn is_base64(text: &str) -> bool {
    let content = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    text.len().is_multiple_of(4)
        && content.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

/// Whether this names version 1 of the manifest: `v1`, `1`, `1.0`, `1.x`.
pub(crate) fn is_version_1(text: &str) -> bool {
    let number = text.strip_prefix('v').unwrap_or(text);
    match number.split_once('.') {
        None => number == "1",
        Some((major, minor)) => {
            let digits = !minor.is_empty() && minor.len() <= 9 && minor.bytes().all(|byte| byte.is_ascii_digit());
            major == "1" && (minor == "x" || digits)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_shape(is: fn(&str) -> bool, yes: &[&str], no: &[&str]) {
        for text in yes {
            assert!(is(text), "{text:?} should be taken");
        }
        for text in no {
            assert!(!is(text), "{text:?} should be refused");
        }
    }

    #[test]
    fn names_of_a_project() {
        assert_shape(
            is_project_path,
            &["a", "models/a b.onnx", "ä/…/.hidden", "a..b"],
            &["", "/a", "a/", "a//b", "../a", "a/../b", "./a", "a\\b", "a\0b", "a\nb", &"a".repeat(1025)],
        );
        assert_shape(is_id, &["a", "a b", "größe.2"], &["", " a", "a\n", "a\u{0}b", &"a".repeat(201)]);
        assert_shape(
            is_entry,
            &["m:C", "a.b:C.D", "größe:Ü", "__main__.x:C"],
            &[
                "",
                "m",
                "m:",
                ":C",
                "__main__:C",
                "m:C:D",
                &format!("m:{}", "C".repeat(300)),
                "m/x:C",
                "m:C()",
                "m:1C",
                "..m:C",
                "m:f.<locals>.C",
            ],
        );
    }

    #[test]
    fn places() {
        assert_shape(
            is_address,
            &["a:1", "[::1]:50051"],
            &["a", "a:", ":1", "a:0", "a:65536", "::1:5", "a:+1", "a b:1", "u@a:1"],
        );
        assert_shape(
            is_place,
            &["a", "a.b", "a:1", "[::1]", "[::1]:5"],
            &["", "a:", "a:0", "::1", "a b", "a/b", "u@a"],
        );
    }

    #[test]
    fn versions_and_values() {
        assert_shape(
            is_version_1,
            &["v1", "1", "1.0", "1.17", "1.x", "v1.0"],
            &["", "v", "2", "v2", "10", "1.", "1.y", "01", "1.0.0", "V1"],
        );
        assert_shape(
            is_large_integer,
            &["9007199254740992", "-9007199254740992", "18446744073709551616", &"9".repeat(1234)],
            &["", "-", "0", "9007199254740991", "+9007199254740992", "09007199254740992", "1e30", &"9".repeat(1235)],
        );
        assert_shape(is_base64, &["", "AA==", "AAA=", "ab+/"], &["A", "AA=", "A===", "AA-_", "AA==AA=="]);
        let digest = "0a".repeat(32);
        assert_shape(
            is_data_path,
            &[&format!("data/{digest}.npy")],
            &[
                &format!("data/{digest}.pickle"),
                &format!("data/{digest}.safetensors"),
                &format!("{digest}.npy"),
                "data/00.npy",
                &format!("data/{}.npy", "0A".repeat(32)),
            ],
        );
    }
}
