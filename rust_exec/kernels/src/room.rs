//! Memory for much sound.
#![allow(unsafe_code, reason = "advice on memory is a system call; this one cannot change what is in it")]

/// From how many bytes on memory is asked for in huge pages: below it few would fit.
const MUCH: usize = 4 << 20;

/// An empty vector with room for so many elements.
///
/// Memory that is new is given page by page as it is first written to, and a page of 4 KiB costs as much as to filter what
/// it holds. Much memory is therefore asked for in huge pages, which the system gives where it has them.
#[must_use]
pub fn with_room<T>(elements: usize) -> Vec<T> {
    let mut room = Vec::with_capacity(elements);
    if elements.saturating_mul(size_of::<T>()) >= MUCH {
        prefer_huge_pages(room.spare_capacity_mut());
    }
    room
}

#[cfg(target_os = "linux")]
fn prefer_huge_pages<T>(room: &mut [std::mem::MaybeUninit<T>]) {
    use rustix::mm::{Advice, madvise};

    const HUGE: usize = 2 << 20;
    let bytes = room.as_mut_ptr_range();
    let start = bytes.start.addr().next_multiple_of(HUGE);
    let length = bytes.end.addr().saturating_sub(start) / HUGE * HUGE;
    if length > 0 {
        // SAFETY: the range lies within an allocation that is borrowed here, and of which no content changes.
        // Where the system does not know the advice, the pages are small ones, as they would be without it.
        let _ = unsafe { madvise(bytes.start.with_addr(start).cast(), length, Advice::LinuxHugepage) };
    }
}

#[cfg(not(target_os = "linux"))]
fn prefer_huge_pages<T>(_: &mut [std::mem::MaybeUninit<T>]) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_and_nothing_in_it() {
        for elements in [0, 1, MUCH, 3 * MUCH + 1] {
            let mut room: Vec<u8> = with_room(elements);
            assert!(room.is_empty() && room.capacity() >= elements);
            room.resize(elements, 7);
            assert!(room.iter().all(|it| *it == 7));
        }
    }
}
