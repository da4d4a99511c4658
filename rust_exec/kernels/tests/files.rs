//! Files of sound, read and written.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "tests")]

use std::io::Cursor;
use std::path::{Path, PathBuf};

use remotemedia_kernels::{Decoder, KernelError, Planar, Planes, WavFormat, WavWriter, f32_from_i16};

fn speech() -> Vec<PathBuf> {
    let directory =
        Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../testdata/speech");
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|it| it.extension().is_some_and(|it| it == "wav"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no wav file under testdata/speech");
    files
}

/// All samples of a mono file.
fn decode(mut decoder: Decoder) -> Result<Vec<f32>, KernelError> {
    let mut samples = Vec::new();
    while let Some(block) = decoder.next_block()? {
        assert!(!block.is_empty(), "blocks are not empty");
        samples.extend(block.into_samples());
    }
    Ok(samples)
}

/// Rate and samples of a mono 16-bit wav file, read by hand: the chunks `fmt ` and `data` of RIFF.
fn parse(bytes: &[u8]) -> (u32, Vec<f32>) {
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let (mut at, mut rate) = (12, 0);
    loop {
        let (name, length) = (&bytes[at..at + 4], word(at + 4) as usize);
        let content = &bytes[at + 8..at + 8 + length];
        match name {
            b"fmt " => {
                assert_eq!(&content[..4], [1, 0, 1, 0], "16-bit PCM, one channel");
                rate = word(at + 12);
            }
            b"data" => {
                let samples = content.chunks_exact(2).map(|it| f32_from_i16(i16::from_le_bytes([it[0], it[1]])));
                return (rate, samples.collect());
            }
            _ => {}
        }
        at += 8 + length;
    }
}

fn write(block: &Planar, rate: u32, format: WavFormat, size: usize) -> Vec<u8> {
    let mut writer = WavWriter::new(Cursor::new(Vec::new()), rate, block.channels(), format).unwrap();
    for start in (0..block.frames()).step_by(size) {
        let end = block.frames().min(start + size);
        let planes: Vec<&[f32]> = (0..block.channels()).map(|it| &block.plane(it)[start..end]).collect();
        writer.write(Planar::from_planes(&planes).planes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn speech_is_decoded_to_the_sample() {
    for path in speech() {
        let bytes = std::fs::read(&path).unwrap();
        let (rate, wanted) = parse(&bytes);
        let decoder = Decoder::open(&path).unwrap();
        assert_eq!((decoder.rate(), decoder.channels()), (rate, 1));
        assert_eq!(decode(decoder).unwrap(), wanted);
        assert_eq!(decode(Decoder::from_bytes(bytes.clone()).unwrap()).unwrap(), wanted);
        assert_eq!(decode(Decoder::from_reader(Cursor::new(bytes)).unwrap()).unwrap(), wanted);
    }
}

/// The greatest correlation of `heard` with `wanted`, over delays of up to 2,000 samples that an encoder may add.
fn correlation(wanted: &[f32], heard: &[f32]) -> f64 {
    let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(x * y)).sum::<f64>();
    (0..2_000)
        .map(|delay| &heard[delay..])
        .map(|late| product(wanted, late) / (product(wanted, wanted) * product(late, late)).sqrt())
        .fold(0.0, f64::max)
}

#[test]
fn every_format_gives_the_same_speech() {
    // What the encoders lost is lost: their own decoders correlate with 0.998 (mp3) and 0.987 (ogg).
    let testdata = Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../testdata");
    let (rate, wanted) = parse(&std::fs::read(testdata.join("speech/sense_0880.wav")).unwrap());
    for (format, least) in [("flac", 1.0 - 1e-9), ("mp3", 0.99), ("ogg", 0.98)] {
        let path = testdata.join("sound/sense_0880").with_extension(format);
        let decoder = Decoder::open(&path).unwrap();
        assert_eq!((decoder.rate(), decoder.channels()), (rate, 1), "{format}");
        let heard = decode(decoder).unwrap();
        assert!(heard.len().abs_diff(wanted.len()) < 3_000, "{format}: {} samples", heard.len());
        let found = correlation(&wanted, &heard);
        assert!(found >= least, "{format}: {found}");
    }
}

#[test]
fn what_is_written_is_read_back() {
    let block = Planar::from_planes(&[[0.0, 0.25, -1.0, 0.5, 0.125], [1.0 / 3.0, -0.75, 0.0, 0.5, -0.5]]);
    let bytes = write(&block, 44_100, WavFormat::F32, 2);
    let mut decoder = Decoder::from_bytes(bytes).unwrap();
    assert_eq!((decoder.rate(), decoder.channels()), (44_100, 2));
    assert_eq!(decoder.next_block().unwrap(), Some(block));
    assert_eq!(decoder.next_block().unwrap(), None);
}

#[test]
fn sixteen_bits_are_exact_for_what_came_from_sixteen_bits() {
    let path = &speech()[0];
    let (rate, samples) = parse(&std::fs::read(path).unwrap());
    let bytes = write(&Planar::new(samples.clone(), 1), rate, WavFormat::I16, 1_000);
    assert_eq!(parse(&bytes), (rate, samples));
}

#[test]
fn an_empty_file_has_rate_and_channels_but_no_blocks() {
    let bytes = write(&Planar::silence(2, 0), 8_000, WavFormat::I16, 1);
    let mut decoder = Decoder::from_bytes(bytes).unwrap();
    assert_eq!((decoder.rate(), decoder.channels()), (8_000, 2));
    assert_eq!(decoder.next_block().unwrap(), None);
}

#[test]
fn what_is_not_sound_is_refused() {
    for bytes in [&b""[..], b"RIFF", &[0; 4_096], b"{\"version\": \"v1\"}", b"OggS\0\0\0\0", b"fLaC\0\0\0\x22"] {
        let error = Decoder::from_bytes(bytes.to_vec()).err().unwrap();
        assert_eq!(error.code, "RM612");
        assert!(error.message.starts_with("expected wav, flac, mp3 or ogg vorbis, got "), "{error}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let error = Decoder::open(Path::new("/nowhere/speech.wav")).err().unwrap();
    assert_eq!(error.code, "RM612");
    assert!(error.message.contains("`/nowhere/speech.wav`"), "{error}");
}

#[test]
fn a_rate_out_of_bounds_is_refused() {
    let mut bytes = write(&Planar::new(vec![0.5; 100], 1), 16_000, WavFormat::I16, 100);
    bytes[24..28].copy_from_slice(&10_u32.to_le_bytes());
    let error = Decoder::from_bytes(bytes).err().unwrap();
    assert_eq!(error.message, "expected a sample rate of 1000 to 768000 Hz, got 10");
}

#[test]
fn a_file_cut_short_says_so() {
    let bytes = std::fs::read(&speech()[0]).unwrap();
    let error = decode(Decoder::from_bytes(bytes[..bytes.len() / 2].to_vec()).unwrap()).unwrap_err();
    assert_eq!(error.code, "RM612");
    assert_eq!(error.message, "expected sound as long as the file says, got the end of the file");
}

#[test]
fn channels_of_a_wav_file_stay() {
    let mut writer = WavWriter::new(Cursor::new(Vec::new()), 16_000, 2, WavFormat::F32).unwrap();
    let error = writer.write(Planes::new(&[0.0], 1)).unwrap_err();
    assert_eq!((error.code, error.message.as_str()), ("RM616", "expected 2 channels, got 1"));
}
