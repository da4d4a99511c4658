//! How late packets come when many pipelines share a process: each a line of native nodes that is given 20 ms frames.
//!
//! ```text
//! cargo run --release --example many -- [PIPELINES [NODES [BUSY [SECONDS]]]]
//! ```
//!
//! With 0 nodes there is no engine: threads only sleep and work. What comes late there the machine makes late, and what the engine adds is the
//! difference; measure both in turns.
//!
//! `BUSY` is the share of all processors that the nodes use together. Prints one JSON object: lateness at the sink, after the
//! time of the frame and the work on it, in milliseconds, and the processor time used.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program for benchmarks")]

mod line;

use std::sync::mpsc::channel;
use std::thread::{available_parallelism, sleep, spawn};
use std::time::{Duration, Instant};

use line::{Step, processor_seconds};
use remotemedia_engine::{Cancel, Pace};
use remotemedia_packet::{Body, Packet};
use serde_json::json;

const FRAME: Duration = Duration::from_millis(20);

fn main() {
    let args: Vec<f64> = std::env::args().skip(1).map(|it| it.parse().unwrap()).collect();
    let number = |index: usize, default: f64| args.get(index).copied().unwrap_or(default);
    let (pipelines, nodes) = (number(0, 64.0) as u32, number(1, 4.0) as usize);
    let (busy, seconds) = (number(2, 0.5), number(3, 3.0));
    let processors = available_parallelism().unwrap().get() as f64;
    // What each node may take of a frame, so that all together take that share.
    let work = FRAME.mul_f64(busy * processors / f64::from(pipelines) / nodes.max(1) as f64);
    let frames = (seconds / FRAME.as_secs_f64()) as i64;
    let (late, lateness) = channel();
    let (began, used) = (Instant::now(), processor_seconds());
    let threads: Vec<_> = (0..pipelines)
        .map(|index| {
            let late = late.clone();
            // Streams do not begin together.
            let offset = FRAME * index / pipelines;
            spawn(move || {
                sleep(offset);
                let late_of_one = if nodes == 0 { bare(work, frames) } else { one(nodes, work, frames) };
                late_of_one.into_iter().for_each(|it| late.send(it).unwrap());
            })
        })
        .collect();
    threads.into_iter().for_each(|it| it.join().unwrap());
    drop(late);
    let used = (processor_seconds() - used) / began.elapsed().as_secs_f64() / processors;
    let mut late: Vec<f64> = lateness.into_iter().collect();
    late.sort_by(f64::total_cmp);
    let at = |share: f64| (late[((late.len() - 1) as f64 * share) as usize] * 1e3).round() / 1e3;
    println!(
        "{}",
        json!({"pipelines": pipelines, "nodes": nodes, "busy": busy, "processor_share": (used * 1e3).round() / 1e3,
            "late_ms": {"p50": at(0.5), "p99": at(0.99), "max": at(1.0)}})
    );
}

/// Run one pipeline; how late each frame was, in milliseconds.
fn one(nodes: usize, work: Duration, frames: i64) -> Vec<f64> {
    let frame = FRAME.as_nanos() as i64;
    let packet = Packet::new(Body::Bytes(vec![0; 1280].into()));
    let input = (0..frames).map(move |index| Ok(Packet { pts_ns: Some(index * frame), ..packet.clone() }));
    let pipeline = line::line(nodes, |_| Step { alone: false, busy: work }).with_pace(Pace::Live);
    let (mut late, mut began) = (Vec::new(), None);
    let whole = work * nodes as u32;
    let mut sink = |_: &str, packet: Packet| {
        let now = Instant::now();
        let pts = Duration::from_nanos(packet.pts_ns.unwrap() as u64);
        let begin = *began.get_or_insert(now - whole.min(FRAME));
        late.push((now - begin).saturating_sub(pts + whole).as_secs_f64() * 1e3);
        Ok(())
    };
    pipeline.run(input, &mut sink, &Cancel::new()).unwrap();
    late
}

/// Sleep and work without an engine; how late each frame was, in milliseconds.
fn bare(work: Duration, frames: i64) -> Vec<f64> {
    let (mut late, mut began) = (Vec::new(), None);
    let start = Instant::now();
    for frame in 0..frames as u32 {
        let due = start + FRAME * frame;
        sleep(due.saturating_duration_since(Instant::now()));
        let begin = Instant::now();
        while begin.elapsed() < work {}
        let now = Instant::now();
        let begin = *began.get_or_insert(now - work.min(FRAME));
        late.push((now - begin).saturating_sub(FRAME * frame + work).as_secs_f64() * 1e3);
    }
    late
}
