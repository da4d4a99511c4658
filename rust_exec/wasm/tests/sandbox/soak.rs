//! A long life: a million packets, ten gigabytes. `cargo test --release -p remotemedia-wasm -- --ignored soak`.

use bytes::Bytes;
use remotemedia_packet::{Body, Packet};
use serde_json::json;

use crate::limits::resident;
use crate::support::{draft, to_json};

const PACKETS: usize = 500_000;
const BYTES: usize = 20 << 10;

#[test]
#[ignore = "takes a quarter of a minute"]
fn soak_of_a_million_packets_and_ten_gigabytes() {
    let source = "
class N:
    n = 0
    def process(self, v):
        self.n += 1
        yield v
        yield self.n
";
    let mut node = draft(source).limits(|it| it.memory = 64 << 20).make();
    let payload = Packet::new(Body::Bytes(Bytes::from(vec![7; BYTES])));
    let mut last = node.packet(payload.clone());
    let before = resident();
    for n in 1..PACKETS {
        last = node.packet(payload.clone());
        if n % (PACKETS / 10) == 0 {
            eprintln!("{n}: {} resident", resident());
        }
    }
    let after = resident();
    eprintln!("{} packets, {} bytes; resident {before} before, {after} after", 2 * PACKETS, PACKETS * BYTES);
    assert_eq!(last.last().map(to_json), Some(json!(PACKETS)));
    assert!(after.saturating_sub(before) < 16 << 20, "grown from {before} to {after} bytes");
}
