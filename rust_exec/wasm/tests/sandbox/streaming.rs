//! Nodes over the whole stream, and the calls before the first value and after the last.
#![allow(clippy::unwrap_used, reason = "tests")]

use remotemedia_engine::{More, Outputs};
use serde_json::json;

use crate::support::{draft, json_packet, to_json};

const PAIRS: &str = "
import asyncio
from remotemedia import Node
class N(Node):
    is_streaming = True
    async def process(self, stream):
        held = []
        async for value in stream:
            await asyncio.sleep(0)
            held.append(value)
            if len(held) == 2:
                yield held
                yield None
                yield sum(held)
                held = []
        yield held
    def flush(self):
        return 'flushed'
";

#[test]
fn a_streaming_node_is_given_one_value_at_a_time() {
    let mut node = draft(PAIRS).make();
    assert!(node.json(&json!(1)).is_empty());
    assert_eq!(node.json(&json!(2)), [json!([1, 2]), json!(3)]);
    assert!(node.json(&json!(4)).is_empty());
    assert_eq!(node.flush().iter().map(to_json).collect::<Vec<_>>(), [json!([4]), json!("flushed")]);
}

#[test]
fn a_streaming_node_may_end_before_its_input() {
    let source = "
from remotemedia import Node
class N(Node):
    def __init__(self):
        super().__init__()
        self.is_streaming = True
    async def process(self, stream):
        async for value in stream:
            yield value
            return
";
    let mut node = draft(source).make();
    assert_eq!(node.json(&json!(1)), [json!(1)]);
    assert!(node.json(&json!(2)).is_empty());
    assert!(node.flush().is_empty());
}

#[test]
fn a_streaming_node_does_not_run_ahead() {
    let source = "
from remotemedia import Node
class N(Node):
    is_streaming = True
    async def process(self, stream):
        async for value in stream:
            while True:
                yield value
";
    let mut node = draft(source).make();
    let mut out = Outputs::new();
    assert_eq!(node.node.process(0, json_packet(&json!(1)), &mut out).unwrap(), More::Yes);
    assert!(out.len() <= 32);
}

#[test]
fn an_error_of_a_streaming_node_is_its_failure() {
    let source = "
from remotemedia import Node
class N(Node):
    is_streaming = True
    async def process(self, stream):
        async for value in stream:
            yield 1 / value
";
    let mut node = draft(source).make();
    assert_eq!(node.json(&json!(2)), [json!(0.5)]);
    let failure = node.node.process(0, json_packet(&json!(0)), &mut Outputs::new()).unwrap_err();
    assert_eq!((failure.code, failure.causes[0].kind.as_str()), ("RM602", "ZeroDivisionError"));
}

#[test]
fn hooks_are_called_whether_they_are_coroutines_or_not() {
    for (prefix, wait) in [("", ""), ("async ", "await ")] {
        let source = format!(
            "
from remotemedia import Node
class N(Node):
    {prefix}def initialize(self):
        {wait}super().initialize()
        self.ready = 'ready'
    def process(self, value):
        return [self.ready, self.is_initialized]
    {prefix}def cleanup(self):
        {wait}super().cleanup()
        print('cleaned up')
"
        );
        let mut node = draft(&source).make();
        assert_eq!(node.json(&json!(1)), [json!(["ready", true])]);
        node.node.close();
        assert!(node.log().iter().any(|(_, line)| line.contains("cleaned up")));
    }
}
