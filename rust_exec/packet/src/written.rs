//! Packets as a Python guest writes them, one behind the other (`schemas/node.wit`, interface `python`).

use bytes::Bytes;

use crate::flat::{Flat, NO_TIME};

/// What the guest does not see of the packet it took last, and what all that it emits has in common with that.
#[derive(Clone, Debug)]
pub struct Origin {
    stream: u32,
    pts: i64,
    duration: i64,
    session: String,
}

impl Default for Origin {
    fn default() -> Self {
        Self { stream: 0, pts: NO_TIME, duration: NO_TIME, session: String::new() }
    }
}

impl Origin {
    /// That of what is emitted for this packet.
    #[must_use]
    pub fn of(it: &Flat) -> Self {
        Self { stream: it.stream, pts: it.pts, duration: it.duration, session: it.session.clone() }
    }

    /// The input is at its end: what is emitted now comes behind the last packet.
    pub fn end(&mut self) {
        if self.pts != NO_TIME && self.duration != NO_TIME {
            self.pts = self.pts.saturating_add(self.duration).max(-i64::MAX);
        }
        self.duration = NO_TIME;
    }

    /// A packet of the guest.
    #[must_use]
    pub fn packet(&self, kind: u32, head: String, meta: String, data: Bytes) -> Flat {
        let Self { stream, pts, duration, ref session } = *self;
        Flat { port: 0, stream, seq: 0, pts, duration, kind, head, meta, session: session.clone(), data }
    }
}

/// What stands before each packet.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    kind: u32,
    head: usize,
    meta: usize,
    data: usize,
}

impl Header {
    /// Bytes of a header.
    pub const LENGTH: usize = 16;
    /// What lies between the texts and the data is less than this.
    const ALIGNMENT: usize = 16;

    /// Read a header; `None` if the bytes are none.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let length = |at: usize| word(at).map(|it| it as usize);
        Some(Self { kind: word(0)?, head: length(4)?, meta: length(8)?, data: length(12)? })
    }

    /// Bytes of the texts that follow, with what fills them up.
    #[must_use]
    pub fn texts(&self) -> Option<usize> {
        self.head.checked_add(self.meta)?.checked_next_multiple_of(Self::ALIGNMENT)
    }

    /// Bytes of the data behind the texts.
    #[must_use]
    pub fn data(&self) -> usize {
        self.data
    }

    /// The packet of these texts and this data; `None` if the texts are no UTF-8, or shorter than the header says.
    #[must_use]
    pub fn packet(&self, texts: &[u8], data: Bytes, origin: &Origin) -> Option<Flat> {
        let text = |from: usize, length: usize| {
            str::from_utf8(texts.get(from..from.checked_add(length)?)?).ok().map(str::to_owned)
        };
        Some(origin.packet(self.kind, text(0, self.head)?, text(self.head, self.meta)?, data))
    }
}

/// Take the next packet from the front; `None` if the bytes are none.
#[must_use]
pub fn take(bytes: &mut Bytes, origin: &Origin) -> Option<Flat> {
    let mut part = |length: usize| (length <= bytes.len()).then(|| bytes.split_to(length));
    let header = Header::read(&part(Header::LENGTH)?)?;
    let texts = part(header.texts()?)?;
    let data = part(header.data())?;
    header.packet(&texts, data, origin)
}
