//! Every way a node may give its results, and its life from construction to its end.

use remotemedia_engine::{LogLevel, More, Outputs};
use serde_json::json;

use crate::support::{draft, json_packet, to_json};

#[test]
fn state_lives_from_call_to_call() {
    let mut node =
        draft("class N:\n    n = 0\n    def process(self, v):\n        self.n += v\n        return self.n").make();
    assert_eq!((node.one(&json!(2)), node.one(&json!(3))), (json!(2), json!(5)));
}

#[test]
fn a_node_whose_process_needs_no_value_is_a_source() {
    let source = |process: &str, fed: bool| {
        let mut draft = draft(&format!("class N:\n    def process({process}):\n        yield from (1, 2)"));
        draft.spec.fed = fed;
        draft.make()
    };
    for (process, unfed, fed) in [("self", true, true), ("self, v=None", true, false), ("self, v", false, false)] {
        assert_eq!((source(process, false).node.is_source(), source(process, true).node.is_source()), (unfed, fed));
    }
    let (mut node, mut out) = (source("self", true).node, Outputs::new());
    while node.pull(1000, &mut out).unwrap() == More::Yes {}
    assert_eq!(out.len(), 2);
}

#[test]
fn none_is_no_packet() {
    let mut node = draft("class N:\n    def process(self, v): pass").make();
    assert!(node.json(&json!(1)).is_empty());
}

#[test]
fn a_generator_is_iterated_and_its_nones_dropped() {
    let mut node =
        draft("class N:\n    def process(self, v):\n        yield v\n        yield None\n        yield v + 1").make();
    assert_eq!(node.json(&json!(1)), [json!(1), json!(2)]);
}

#[test]
fn a_coroutine_is_driven_with_its_timers_and_tasks() {
    let mut node = draft(
        "
import asyncio
class N:
    async def process(self, v):
        async def slow(n):
            await asyncio.sleep(0.01 * n)
            return n
        async with asyncio.timeout(5):
            return await asyncio.gather(slow(2), slow(1)), asyncio.current_task() is not None
",
    )
    .make();
    assert_eq!(node.one(&json!(1)), json!({"$tuple": [[2, 1], true]}));
}

#[test]
fn an_asynchronous_generator_is_iterated() {
    let mut node = draft(
        "
import asyncio
class N:
    async def process(self, v):
        for i in range(v):
            await asyncio.sleep(0)
            yield i
",
    )
    .make();
    assert_eq!(node.json(&json!(3)), [json!(0), json!(1), json!(2)]);
}

#[test]
fn a_coroutine_that_waits_for_nothing_fails_instead_of_hanging() {
    let mut node =
        draft("import asyncio\nclass N:\n    async def process(self, v):\n        await asyncio.Event().wait()").make();
    let failure = node.failure();
    assert_eq!(failure.code, "RM602");
    assert!(failure.message.contains("never happens"), "{}", failure.message);
}

#[test]
fn asyncio_run_works_in_a_sync_node() {
    let source = "
import asyncio
class N:
    def process(self, v):
        async def f():
            await asyncio.sleep(0.001)
            return v + 1
        return asyncio.run(f())
";
    assert_eq!(draft(source).make().one(&json!(1)), json!(2));
}

#[test]
fn an_endless_generator_gives_more_for_as_long_as_it_is_pulled() {
    let mut node = draft("import itertools\nclass N:\n    def process(self, v): yield from itertools.count()").make();
    let mut out = Outputs::new();
    assert_eq!(node.node.process(0, json_packet(&json!(0)), &mut out).unwrap(), More::Yes);
    out.drain().for_each(drop);
    assert_eq!(node.node.pull(5, &mut out).unwrap(), More::Yes);
    let numbers: Vec<_> = out.drain().map(|(_, packet)| to_json(&packet)).collect();
    assert!(numbers.len() <= 5 && !numbers.is_empty());
    assert!(numbers.windows(2).all(|it| it[1].as_u64() == it[0].as_u64().map(|n| n + 1)), "{numbers:?}");
}

#[test]
fn a_generator_that_fails_gives_first_what_it_had_yielded() {
    let mut node =
        draft("class N:\n    def process(self, v):\n        yield 1\n        raise ValueError('late')").make();
    let mut out = Outputs::new();
    assert_eq!(node.node.process(0, json_packet(&json!(0)), &mut out).unwrap(), More::Yes);
    assert_eq!(out.len(), 1);
    let failure = node.node.pull(5, &mut out).unwrap_err();
    assert_eq!(failure.causes[0].message, "late");
    assert!(failure.causes[0].trace.as_ref().unwrap().contains("\"pipeline.py\", line 4"));
}

#[test]
fn a_source_is_started_by_pull() {
    let mut source = draft("class N:\n    async def process(self):\n        yield 'a'\n        yield 'b'");
    source.spec.inputs.clear();
    let mut node = source.make();
    let mut out = Outputs::new();
    while node.node.pull(10, &mut out).unwrap() == More::Yes {}
    assert_eq!(out.drain().map(|(_, it)| to_json(&it)).collect::<Vec<_>>(), [json!("a"), json!("b")]);
    assert_eq!(node.node.pull(10, &mut out).unwrap(), More::No);
    assert!(out.is_empty());
}

#[test]
fn flush_may_be_a_generator() {
    let source = "class N:\n    def process(self, v): self.v = v\n    def flush(self):\n        yield self.v\n        yield 'end'";
    let mut node = draft(source).make();
    assert!(node.json(&json!([1])).is_empty());
    assert_eq!(node.flush().iter().map(to_json).collect::<Vec<_>>(), [json!([1]), json!("end")]);
}

#[test]
fn parameters_reach_the_constructor_resolved_and_unescaped() {
    let source = "
from remotemedia import Node
def half(x): return x / 2
class N(Node):
    def __init__(self, f, words, table, *rest, **kw):
        super().__init__(**kw)
        self.all = [f(3), words, table, rest, kw]
    def process(self, v): return [*self.all, self.name]
";
    let params = json!({
        "f": {"$py": "pipeline:half"}, "words": {"$file": "data/words.txt"},
        "table": {"$$file": 1, "b": [{"$$c": 2}]}, "rest": [4, 5], "extra": null,
    });
    assert_eq!(
        draft(source).params(params).make().one(&json!(0)),
        json!([1.5, "data/words.txt", {"$$file": 1, "b": [{"$$c": 2}]}, {"$tuple": [4, 5]}, {"extra": null}, "node"])
    );
}

#[test]
fn a_node_keeps_the_name_its_author_gave_it() {
    let source = "from remotemedia import Node\nclass N(Node):\n    def process(self, v): return self.name";
    assert_eq!(draft(source).params(json!({"name": "mine"})).make().one(&json!(0)), json!("mine"));
}

#[test]
fn random_numbers_follow_the_seed() {
    let draw = |seed| {
        let mut node = draft("import random\nclass N:\n    def process(self, v): return random.random()");
        node.spec.seed = seed;
        node.make().one(&json!(0))
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

#[test]
fn logging_and_print_reach_the_log() {
    let source = "
import logging, sys
log = logging.getLogger('words')
class N:
    def process(self, v):
        log.warning('hot: %s', v)
        print('one\\ntwo')
        print('three', file=sys.stderr)
        import os; os.write(1, b'raw\\n')
";
    let mut node = draft(source).make();
    node.json(&json!(40));
    let expected = [
        (LogLevel::Warning, "words: hot: 40", 6),
        (LogLevel::Info, "one", 7),
        (LogLevel::Info, "two", 7),
        (LogLevel::Warning, "three", 8),
        (LogLevel::Info, "raw", 9),
    ];
    assert_eq!(node.log(), expected.map(|(level, line, _)| (level, line.to_owned())));
    assert_eq!(node.places(), expected.map(|(_, _, line)| format!("pipeline.py:{line}")));
}

#[test]
fn an_exception_is_told_with_the_authors_lines_only() {
    let source = "
import json
class N:
    def process(self, v):
        try:
            return json.loads('{')
        except ValueError as error:
            raise RuntimeError('no words') from error
";
    let failure = draft(source).make().failure();
    assert_eq!((failure.code, &*failure.message), ("RM602", "the node raised RuntimeError: no words"));
    let cause = &failure.causes[0];
    assert_eq!((&*cause.kind, &*cause.message), ("RuntimeError", "no words"));
    let trace = cause.trace.as_deref().unwrap();
    assert!(
        trace.contains("File \"pipeline.py\", line 8, in N.process\n    raise RuntimeError('no words') from error")
    );
    assert!(trace.contains("line 6") && trace.contains("JSONDecodeError"), "{trace}");
    assert!(!trace.contains("json/") && !trace.contains("runner.py"), "{trace}");
}

#[test]
fn a_snapshot_carries_state_into_another_instance() {
    let source = "
import random, threading
from remotemedia import Pipeline, AudioSource
import numpy
from scipy import signal
p = Pipeline('p')
nodes = [AudioSource(), AudioSource]
table = {'twice': lambda x: 2 * x}
guard = threading.Lock()
seen = []
class N:
    def __init__(self):
        self.n, self.twice, self.lock, self.module = 0, lambda x: 2 * x, threading.Lock(), random
    def process(self, v):
        global last
        last = v
        with self.lock:
            self.n += v
        seen.append(v)
        return [self.twice(self.n), seen, last, self.module.random()]
";
    let mut first = draft(source).make();
    first.one(&json!(1));
    let state = first.node.snapshot().unwrap().unwrap();
    let expected = first.one(&json!(2));
    let mut second = draft(source).make();
    second.node.restore(&state).unwrap();
    assert_eq!(second.one(&json!(2)), expected);
    assert_eq!(expected[0], json!(6));
    assert_eq!(expected[1], json!([1, 2]));
}

#[test]
fn a_snapshot_of_something_else_is_refused() {
    let mut node = draft("class N:\n    def process(self, v): return v").make();
    assert_eq!(node.node.restore(b"no pickle").unwrap_err().code, "RM602");
    assert_eq!(node.one(&json!(1)), json!(1));
}

#[test]
fn what_is_underway_is_no_state() {
    let streaming = "
from remotemedia import Node
class N(Node):
    is_streaming = True
    async def process(self, stream):
        async for value in stream: yield value
";
    let generating = "class N:\n    def process(self, v): yield from range(10**6)";
    let waiting = "
import asyncio
class N:
    async def process(self, v): self.task = asyncio.ensure_future(asyncio.sleep(1e6))
";
    for source in [streaming, generating, waiting] {
        let mut node = draft(source).make();
        node.node.process(0, json_packet(&json!(0)), &mut Outputs::new()).unwrap();
        let failure = node.node.snapshot().unwrap_err();
        assert_eq!(failure.code, "RM624", "{failure:?}");
    }
}

#[test]
fn a_code_of_ours_and_its_remedy_survive() {
    let source = "
from remotemedia.errors import NodeError
class N:
    def process(self, v): raise NodeError('no such library', code=v, hint='install it')
";
    let mut node = draft(source).make();
    let mut fail = |code: &str| node.try_packet(json_packet(&json!(code))).unwrap_err();
    let failure = fail("RM617");
    assert_eq!((failure.code, &*failure.message), ("RM617", "no such library"));
    assert_eq!(failure.hint.as_deref(), Some("install it"));
    // What only the engine can know, a node cannot claim.
    assert_eq!(fail("RM501").code, "RM602");
}

#[test]
fn what_an_asynchronous_node_raises_is_told_with_its_line() {
    for (head, body) in [
        ("    async def process(self, v):", "        return await self.fail()"),
        ("    async def process(self, v):", "        yield await self.fail()"),
        (
            "    is_streaming = True\n    async def process(self, v):",
            "        async for _ in v: yield await self.fail()",
        ),
    ] {
        let source = format!("class N:\n    async def fail(self):\n        raise ValueError('here')\n{head}\n{body}\n");
        let trace = draft(&source).make().failure().causes[0].trace.clone().unwrap();
        assert!(trace.contains("File \"pipeline.py\", line 3, in N.fail"), "{trace}");
        assert!(trace.contains("await self.fail()"), "{trace}");
    }
}

#[test]
fn a_node_changes_what_its_class_says_is_live() {
    let source = "class N:\n    live = ('k',)\n    k = 1\n    def process(self, v): return self.k";
    let mut node = draft(source).make();
    node.node.set_param("k", &json!({"a": 2})).unwrap();
    assert_eq!(node.one(&json!(0)), json!({"a": 2}));
    assert_eq!(node.node.set_param("other", &json!(1)).unwrap_err().code, "RM619");
}

#[test]
fn closing_ends_a_generator() {
    let source = "class N:\n    def process(self, v):\n        try:\n            while True: yield v\n        finally:\n            print('closed')";
    let mut node = draft(source).make();
    let mut out = Outputs::new();
    node.node.process(0, json_packet(&json!(0)), &mut out).unwrap();
    node.node.close();
    assert_eq!(node.log(), [(LogLevel::Info, "closed".to_owned())]);
    assert_eq!(node.failure().code, "RM611");
}
