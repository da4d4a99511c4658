//! SHA-256 digests as OCI writes them.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::error::{PackageError, quote};

/// `sha256:` and 64 lower-case hexadecimal digits (OCI image-spec, descriptor, "Digests").
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Digest(String);

impl Digest {
    /// The digest of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(format!("sha256:{}", hex::encode(Sha256::digest(bytes))))
    }

    /// The hexadecimal digits alone: the blob's file name in an image layout.
    #[must_use]
    pub fn hex(&self) -> &str {
        &self.0["sha256:".len()..]
    }
}

impl FromStr for Digest {
    type Err = PackageError;

    fn from_str(text: &str) -> Result<Self, PackageError> {
        let hex = text.strip_prefix("sha256:").unwrap_or_default();
        if hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Ok(Self(text.to_owned()));
        }
        let message = format!("expected `sha256:` and 64 lower-case hexadecimal digits, got {}", quote(text));
        Err(PackageError::not_a_package(message))
    }
}

impl TryFrom<String> for Digest {
    type Error = PackageError;

    fn try_from(text: String) -> Result<Self, PackageError> {
        text.parse()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Digest;

    #[test]
    fn digests_are_read_and_written() {
        let empty = Digest::of(b"");
        assert_eq!(empty.to_string(), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(empty.to_string().parse(), Ok(empty.clone()));
        for text in ["", "sha256:", "sha512:00", empty.hex(), &empty.to_string().to_uppercase(), &format!("{empty}0")] {
            assert_eq!(text.parse::<Digest>().expect_err(text).code, "RM301");
        }
    }
}
