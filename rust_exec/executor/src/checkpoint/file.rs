//! A checkpoint as a file.
//!
//! Its form is, with integers of 64 bits, little-endian: the eight bytes `RMCKPT1\n`; the length of a JSON object and the
//! object, which has `header` and `run`; the number of blobs, and of each its length and its bytes; and last the SHA-256 of
//! all that stands before, as the 71 characters in which OCI writes it.

use remotemedia_engine::Checkpoint;
use remotemedia_package::Digest;
use serde::{Deserialize, Serialize};

use crate::checkpoint::identity::Identity;
use crate::output::Written;

const MAGIC: &[u8] = b"RMCKPT1\n";

/// Length of a digest as text.
const DIGEST: usize = "sha256:".len() + 64;

/// What is known of a checkpoint beside the state of the run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    /// Counted from 1, also over those that went on.
    pub(crate) number: u64,
    /// Which of the executors that owned the directory made it.
    pub(crate) epoch: u64,
    pub(crate) identity: Identity,
    pub(crate) output: Written,
    /// Whether the run has ended; there is no state then.
    pub(crate) is_end: bool,
}

/// A checkpoint.
pub(crate) struct Noted {
    pub(crate) header: Header,
    pub(crate) checkpoint: Checkpoint,
}

#[derive(Serialize)]
struct Writing<'a> {
    header: &'a Header,
    run: &'a Checkpoint,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    header: Header,
    run: Checkpoint,
}

impl Noted {
    /// As the bytes of a file.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let head = serde_json::to_vec(&Writing { header: &self.header, run: &self.checkpoint })?;
        let mut bytes = MAGIC.to_vec();
        let mut piece = |piece: &[u8]| {
            bytes.extend((piece.len() as u64).to_le_bytes());
            bytes.extend_from_slice(piece);
        };
        piece(&head);
        // The number of blobs stands where the length of one would.
        bytes.extend((self.checkpoint.blobs.len() as u64).to_le_bytes());
        for blob in &self.checkpoint.blobs {
            bytes.extend((blob.len() as u64).to_le_bytes());
            bytes.extend_from_slice(blob);
        }
        let digest = Digest::of(&bytes).to_string();
        bytes.extend_from_slice(digest.as_bytes());
        Ok(bytes)
    }

    /// From the bytes of a file; `None` where they are not whole.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (content, digest) = bytes.split_at_checked(bytes.len().checked_sub(DIGEST)?)?;
        if Digest::of(content).to_string().as_bytes() != digest {
            return None;
        }
        let mut rest = content.strip_prefix(MAGIC)?;
        let Read { header, run: mut checkpoint } = serde_json::from_slice(piece(&mut rest)?).ok()?;
        for _ in 0..number(&mut rest)? {
            checkpoint.blobs.push(piece(&mut rest)?.to_vec());
        }
        rest.is_empty().then_some(Self { header, checkpoint })
    }
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u64::from_le_bytes(*bytes))
}

fn piece<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(number(rest)?).ok()?;
    let (piece, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(piece)
}
