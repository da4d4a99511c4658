//! What an ELF program says of itself (System V ABI, chapters 4 and 5).

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// Longest path of a loader.
const MAX_PATH: usize = 4096;
/// Most program headers that are looked at.
const MAX_HEADERS: u16 = 64;
const HEADER: usize = 64;
const PROGRAM_HEADER: usize = 56;
const PT_INTERP: u32 = 3;
const ET_EXEC: u16 = 2;
const ET_DYN: u16 = 3;
/// `e_machine` of the processors whose processes we can confine.
const MACHINES: [(u16, &str); 2] = [(62, "linux/amd64"), (183, "linux/arm64")];
/// `EI_OSABI` of Linux: none in particular, and GNU.
const ABIS: [u8; 2] = [0, 3];

/// A 64-bit little-endian program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elf {
    /// The platform that it is for, as OCI names it; none for one that we do not know.
    pub platform: Option<&'static str>,
    /// The loader that it names; none if it is linked statically.
    pub interpreter: Option<PathBuf>,
}

impl Elf {
    /// Read the headers of a program that is here as bytes.
    ///
    /// # Errors
    ///
    /// What the bytes are in the place of a program, in words.
    pub fn of(image: &[u8]) -> Result<Self, &'static str> {
        Self::read(|place, into| {
            let from = usize::try_from(place).ok().and_then(|it| image.get(it..)?.get(..into.len()));
            from.map(|it| into.copy_from_slice(it))
        })
    }

    fn read(at: impl Fn(u64, &mut [u8]) -> Option<()>) -> Result<Self, &'static str> {
        let mut header = [0; HEADER];
        at(0, &mut header[..4]).ok_or("an empty file")?;
        if header.starts_with(b"#!") {
            return Err("a script");
        }
        if !header.starts_with(b"\x7fELF") {
            return Err("no ELF file");
        }
        at(0, &mut header).ok_or("an ELF file that is cut short")?;
        let (kind, machine, entry) = (u16_at(&header, 16), u16_at(&header, 18), u64_at(&header, 24));
        if header[4..6] != [2, 1] || !ABIS.contains(&header[7]) {
            return Err("an ELF file of another system");
        }
        // A library has no place to begin at.
        if ![ET_EXEC, ET_DYN].contains(&kind) || entry == 0 {
            return Err("an ELF file that is no executable");
        }
        let platform = MACHINES.iter().find(|(number, _)| *number == machine).map(|(_, name)| *name);
        Ok(Self { platform, interpreter: interpreter(&header, at) })
    }
}

/// The loader that a program names; none if it is linked statically or is something else.
pub(crate) fn interpreter_of(program: &Path) -> Option<PathBuf> {
    interpreter_in(&File::open(program).ok()?)
}

/// The same of one that is open.
pub(crate) fn interpreter_in(file: &File) -> Option<PathBuf> {
    Elf::read(|place, into| file.read_exact_at(into, place).ok()).ok()?.interpreter
}

fn interpreter(header: &[u8; HEADER], at: impl Fn(u64, &mut [u8]) -> Option<()>) -> Option<PathBuf> {
    let (offset, size, count) = (u64_at(header, 32), u16_at(header, 54), u16_at(header, 56));
    for index in 0..count.min(MAX_HEADERS) {
        let mut entry = [0; PROGRAM_HEADER];
        at(offset.checked_add(u64::from(index) * u64::from(size))?, &mut entry)?;
        if u64_at(&entry, 0) & u64::from(u32::MAX) != u64::from(PT_INTERP) {
            continue;
        }
        let length = usize::try_from(u64_at(&entry, 32)).ok().filter(|&it| it <= MAX_PATH)?;
        let mut path = vec![0; length];
        at(u64_at(&entry, 8), &mut path)?;
        let text = String::from_utf8(path).ok()?;
        return Some(PathBuf::from(text.trim_end_matches('\0')));
    }
    None
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).copied().map_or(0, u64::from_le_bytes)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).copied().map_or(0, u16::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Vec<u8> {
        std::fs::read("/proc/self/exe").expect("this program")
    }

    #[test]
    fn a_program_tells_its_platform_and_its_loader() {
        let elf = Elf::of(&own()).expect("a program");
        assert_eq!(elf.platform.is_some(), cfg!(any(target_arch = "x86_64", target_arch = "aarch64")));
        assert_eq!(elf.interpreter, interpreter_of(Path::new("/proc/self/exe")));
    }

    #[test]
    fn what_is_no_program_is_told() {
        let mut foreign = own();
        foreign[4] = 1;
        let mut library = own();
        library[24..32].fill(0);
        let cases: [(&[u8], &str); 6] = [
            (b"", "an empty file"),
            (b"#!/bin/sh\n", "a script"),
            (b"MZ\x90\x00", "no ELF file"),
            (b"\x7fELF\x02\x01", "an ELF file that is cut short"),
            (&foreign, "an ELF file of another system"),
            (&library, "an ELF file that is no executable"),
        ];
        for (image, expected) in cases {
            assert_eq!(Elf::of(image), Err(expected));
        }
    }

    #[test]
    fn headers_that_lead_nowhere_are_no_loader() {
        let mut wild = own();
        wild[32..40].fill(0xff);
        assert_eq!(Elf::of(&wild).expect("a program").interpreter, None);
    }
}
