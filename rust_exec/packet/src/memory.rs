//! Vectors as shared bytes and back, without copies where alignment allows.

use std::borrow::Cow;

use bytemuck::Pod;
use bytes::Bytes;

#[cfg(target_endian = "big")]
compile_error!("packets are little-endian in memory");

/// Keeps a vector alive inside [`Bytes`].
struct Owner<T>(Vec<T>);

impl<T: Pod> AsRef<[u8]> for Owner<T> {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

/// The bytes of a vector, which lives on inside them.
pub(crate) fn bytes_of<T: Pod + Send>(elements: Vec<T>) -> Bytes {
    Bytes::from_owner(Owner(elements))
}

/// Bytes as elements: borrowed if they are aligned, else copied; an incomplete last element is left out.
pub(crate) fn elements<T: Pod>(bytes: &[u8]) -> Cow<'_, [T]> {
    let whole = &bytes[..bytes.len() - bytes.len() % size_of::<T>().max(1)];
    bytemuck::try_cast_slice(whole).map_or_else(|_| Cow::Owned(bytemuck::pod_collect_to_vec(whole)), Cow::Borrowed)
}
