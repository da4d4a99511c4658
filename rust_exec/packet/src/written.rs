//! Packets as a Python guest writes them, one behind the other (`schemas/node.wit`, interface `python`).

use bytes::Bytes;

use crate::flat::Flat;

/// What stands before each packet.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    kind: u32,
    stream: u32,
    pts: i64,
    duration: i64,
    head: usize,
    meta: usize,
    session: usize,
    data: usize,
}

impl Header {
    /// Bytes of a header.
    pub const LENGTH: usize = 48;
    /// What lies between the texts and the data is less than this.
    const ALIGNMENT: usize = 16;

    /// Read a header; `None` if the bytes are none.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let long = |at: usize| Some(i64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
        let length = |at: usize| word(at).map(|it| it as usize);
        Some(Self {
            kind: word(0)?,
            stream: word(4)?,
            pts: long(8)?,
            duration: long(16)?,
            head: length(24)?,
            meta: length(28)?,
            session: length(32)?,
            data: length(36)?,
        })
    }

    /// Bytes of the texts that follow, with what fills them up.
    #[must_use]
    pub fn texts(&self) -> Option<usize> {
        self.head.checked_add(self.meta)?.checked_add(self.session)?.checked_next_multiple_of(Self::ALIGNMENT)
    }

    /// Bytes of the data behind the texts.
    #[must_use]
    pub fn data(&self) -> usize {
        self.data
    }

    /// The packet of these texts and this data; `None` if the texts are no UTF-8, or shorter than the header says.
    #[must_use]
    pub fn packet(&self, texts: &[u8], data: Bytes) -> Option<Flat> {
        let text = |from: usize, length: usize| {
            str::from_utf8(texts.get(from..from.checked_add(length)?)?).ok().map(str::to_owned)
        };
        Some(Flat {
            port: 0,
            stream: self.stream,
            seq: 0,
            pts: self.pts,
            duration: self.duration,
            kind: self.kind,
            head: text(0, self.head)?,
            meta: text(self.head, self.meta)?,
            session: text(self.head + self.meta, self.session)?,
            data,
        })
    }
}

/// Take the next packet from the front; `None` if the bytes are none.
#[must_use]
pub fn take(bytes: &mut Bytes) -> Option<Flat> {
    let mut part = |length: usize| (length <= bytes.len()).then(|| bytes.split_to(length));
    let header = Header::read(&part(Header::LENGTH)?)?;
    let texts = part(header.texts()?)?;
    let data = part(header.data())?;
    header.packet(&texts, data)
}
