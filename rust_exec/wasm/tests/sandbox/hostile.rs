//! Code that means harm: a typed failure in time, and nothing of the host within reach.

use std::time::{Duration, Instant};

use remotemedia_engine::NodeFailure;
use serde_json::{Value, json};

use crate::support::{Draft, draft};

const DEADLINE: Duration = Duration::from_millis(400);
/// What a deadline may be overrun by.
const GRACE: Duration = Duration::from_millis(100);

/// A node whose `process` has a body, with little time and memory.
fn hostile(body: &str) -> Draft {
    let body = body.replace('\n', "\n        ");
    draft(&format!("import sys, os, time\nclass N:\n    def process(self, v):\n        {body}\n")).limits(|limits| {
        limits.timeout = DEADLINE;
        limits.memory = 128 << 20;
    })
}

fn failure_in_time(body: &str) -> NodeFailure {
    let mut node = hostile(body).make();
    let started = Instant::now();
    let failure = node.failure();
    let took = started.elapsed();
    assert!(took < DEADLINE + GRACE, "{body}: {took:?}");
    if ["RM603", "RM611"].contains(&failure.code) {
        // What is dead stays dead, and says so at once.
        let started = Instant::now();
        assert_eq!(node.failure(), failure);
        assert!(started.elapsed() < Duration::from_millis(5));
    }
    failure
}

#[test]
fn endless_loops_end_at_the_deadline() {
    for body in [
        "while True: pass",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "import re\nre.match(r'(a+)+$', 'a' * 40 + 'b')",
        "3 ** 400000000",
        "time.sleep(1e9)",
        "import asyncio\nasyncio.run(asyncio.sleep(1e6))",
        "list(iter(int, 1))[0] if False else sum(iter(int, 1))",
    ] {
        assert_eq!(failure_in_time(body).code, "RM603", "{body}");
    }
}

#[test]
fn a_cancelled_run_does_not_wait_for_its_nodes() {
    for body in ["while True: pass", "time.sleep(1e9)"] {
        let draft = hostile(body).limits(|it| it.timeout = Duration::from_secs(60));
        let cancel = draft.spec.cancel.clone();
        let mut node = draft.make();
        let asked = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            cancel.cancel();
            Instant::now()
        });
        assert_eq!(node.failure().code, "RM615", "{body}");
        assert!(asked.join().unwrap().elapsed() < Duration::from_millis(200), "{body}");
    }
}

#[test]
fn what_a_node_writes_between_its_packets_is_its_own_end() {
    let failure = failure_in_time("import posix\nposix.write(1, b'x' * 100)\nreturn 1");
    assert_eq!(failure.code, "RM611");
}

#[test]
fn a_generator_that_never_yields_ends_at_the_deadline() {
    assert_eq!(failure_in_time("while True:\n    if v is None: yield 1").code, "RM603");
}

#[test]
fn an_endless_constructor_and_module_end_at_the_deadline() {
    for source in [
        "while True: pass",
        "class N:\n    def __init__(self):\n        while True: pass\n    def process(self, v): pass",
    ] {
        let started = Instant::now();
        assert_eq!(draft(source).limits(|limits| limits.timeout = DEADLINE).failure().code, "RM603");
        assert!(started.elapsed() < DEADLINE + GRACE + Duration::from_millis(100));
    }
}

#[test]
fn memory_ends_at_its_limit_and_the_node_lives() {
    for body in ["len(bytearray(200 << 20))", "x = b'x' * (1 << 30)", "x = [0]\nwhile True: x = x + x"] {
        let mut node = hostile(&format!("if v == 0: return 'alive'\n{body}")).make();
        assert_eq!(node.failure().code, "RM604", "{body}");
        assert_eq!(node.one(&json!(0)), json!("alive"));
    }
}

#[test]
fn many_small_objects_end_at_the_limit() {
    let failure = failure_in_time("x = []\nwhile True: x.append(' ' * 1000 + str(len(x)))");
    assert!(["RM603", "RM604"].contains(&failure.code), "{failure:?}");
}

#[test]
fn deep_nesting_is_an_error_or_a_trap_but_never_the_end_of_the_host() {
    for (body, codes) in [
        ("def f(n): return f(n + 1) + 1\nf(0)", ["RM602", "RM602"]),
        ("sys.setrecursionlimit(10**9)\ndef f(n): return f(n + 1) + 1\nf(0)", ["RM604", "RM611"]),
        (
            "sys.setrecursionlimit(10**9)\nclass A:\n    def __repr__(self): return repr(self)\nrepr(A())",
            ["RM602", "RM611"],
        ),
        ("import json\njson.loads('[' * 100000 + ']' * 100000)", ["RM602", "RM611"]),
        ("x = []\nfor _ in range(200000): x = [x]\nrepr(x)", ["RM602", "RM611"]),
        ("eval('(' * 150 + '1' + ')' * 150)\neval('-' * 90000 + '1')", ["RM602", "RM604"]),
        ("x = []\nfor _ in range(200000): x = [x]\nreturn x", ["RM605", "RM611"]),
    ] {
        let failure = failure_in_time(body);
        assert!(codes.contains(&failure.code) || failure.code == "RM603", "{body}: {failure:?}");
    }
}

#[test]
fn leaving_the_interpreter_is_a_failure() {
    for body in ["os._exit(3)", "os.abort()"] {
        assert_eq!(failure_in_time(body).code, "RM611", "{body}");
    }
    for body in ["sys.exit(3)", "raise KeyboardInterrupt", "raise GeneratorExit"] {
        assert_eq!(failure_in_time(body).code, "RM602", "{body}");
    }
}

#[test]
fn what_an_exception_says_is_bounded() {
    for body in [
        "raise ValueError('z' * (30 << 20))",
        "class E(Exception):\n    def __str__(self): raise E()\nraise E()",
        "class E(Exception):\n    def __str__(self): return 5\nraise E()",
        "raise type('E' * 100000, (Exception,), {})()",
        "raise ValueError('\\udc80 \\x1b[31m')",
        "try:\n    raise ValueError('a' * 10**6)\nexcept ValueError as e:\n    raise KeyError('b' * 10**6) from e",
    ] {
        let failure = failure_in_time(body);
        let cause = &failure.causes[0];
        assert_eq!(failure.code, "RM602", "{body}");
        assert!(cause.message.chars().count() <= 2000 && cause.kind.len() <= 200, "{body}");
        assert!(cause.trace.as_ref().is_some_and(|it| it.chars().count() <= 4000), "{body}");
        assert!(!format!("{}{}", failure.message, cause.message).contains('\x1b'), "{body}");
    }
}

#[test]
fn floods_of_the_log_are_cut_and_counted() {
    let mut node = hostile("for i in range(5000): print('x' * 50)\nprint('\\x1b[31mred' + 'y' * 10**6)").make();
    node.lines.0.lock().unwrap().clear();
    node.packet(crate::support::json_packet(&json!(1)));
    let log = node.log();
    let bytes: usize = log.iter().map(|(_, line)| line.len()).sum();
    assert!(bytes <= (64 << 10) + 100, "{bytes} bytes were logged");
    assert!(log.last().unwrap().1.ends_with("bytes of log were cut"));
    let mut node = hostile("print('\\x1b[31mred\\x07' + 'y' * 10**6)").make();
    node.json(&json!(1));
    let log = node.log();
    assert!(log[0].1.starts_with("\u{fffd}[31mred\u{fffd}yyy") && log[0].1.len() < 9000);
}

#[test]
fn raw_standard_output_goes_nowhere() {
    let mut node =
        hostile("for _ in range(100): os.write(1, b'x' * 8192); os.write(2, b'y' * 8192)\nreturn 'done'").make();
    assert_eq!(node.one(&json!(1)), json!("done"));
}

#[test]
fn nothing_of_the_host_is_within_reach() {
    let probe = "
def outcome(f):
    try:
        return repr(f())[:80]
    except BaseException as error:
        return type(error).__name__
import socket, subprocess, tempfile
return {
    'passwd': outcome(lambda: open('/etc/passwd').read()),
    'up': outcome(lambda: open('../../../etc/passwd').read()),
    'proc': outcome(lambda: open('/proc/self/environ').read()),
    'list': outcome(lambda: os.listdir('/')),
    'here': outcome(lambda: os.listdir('.')),
    'write': outcome(lambda: open('/tmp/x', 'w')),
    'temporary': outcome(lambda: tempfile.mkstemp()),
    'environ': outcome(lambda: dict(os.environ)),
    'argv': outcome(lambda: sys.argv),
    'tcp': outcome(lambda: socket.create_connection(('127.0.0.1', 80), 1)),
    'bind': outcome(lambda: socket.socket().bind(('127.0.0.1', 0))),
    'udp': outcome(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))),
    'name': outcome(lambda: socket.getaddrinfo('localhost', 80)),
    'process': outcome(lambda: subprocess.run(['id'])),
    'system': outcome(lambda: os.system('id')),
    'fork': outcome(lambda: os.fork()),
    'ctypes': outcome(lambda: __import__('ctypes')),
    'stdin': outcome(lambda: os.read(0, 10)),
}";
    let found = hostile(probe).make().one(&json!(1));
    let errors = [
        "FileNotFoundError",
        "PermissionError",
        "OSError",
        "NotADirectoryError",
        "AttributeError",
        "ModuleNotFoundError",
        "gaierror",
        "UnsupportedOperation",
        "NotCapable",
        "TimeoutError",
        "ConnectionRefusedError",
    ];
    for (name, outcome) in found.as_object().unwrap() {
        let empty = match &**name {
            "environ" => outcome == "{}",
            "argv" => outcome == "[]" || outcome == "['']",
            "stdin" => outcome == "b''" || errors.contains(&outcome.as_str().unwrap()),
            _ => outcome.as_str().is_some_and(|it| errors.contains(&it)),
        };
        assert!(empty, "{name}: {outcome}");
    }
}

#[test]
fn a_connection_never_leaves_the_sandbox() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut node = hostile(&format!(
        "import socket\ntry:\n    socket.create_connection(('127.0.0.1', {port}), 0.1)\nexcept Exception as error:\n    return type(error).__name__"
    ))
    .make();
    assert!(matches!(node.one(&json!(1)), Value::String(_)));
    assert!(listener.accept().is_err());
}

#[test]
fn a_node_that_tampers_with_the_runner_hurts_only_itself() {
    for (body, code) in [
        ("import remotemedia._sandbox.runner as r\nr.encode = lambda v: (9, '', '', b'')\nreturn 1", "RM605"),
        (
            "import remotemedia._sandbox.runner as r\nr.encode = lambda v: (3, '{\"dtype\":\"f32\",\"shape\":[9]}', '', b'1234')\nreturn 1",
            "RM605",
        ),
        ("import remotemedia._sandbox.runner as r\nr.encode = lambda v: (5, 7, 8, b'')\nreturn 1", "RM602"),
        ("import remotemedia._sandbox.runner as r\nr.encode = lambda v: (5, '\\udc00', '', b'')\nreturn 1", "RM611"),
        ("import remotemedia._sandbox.runner as r\nr._DONE = '?'\nreturn None", "RM611"),
        ("import remotemedia._sandbox.runner as r\nr._DONE = '5'\nreturn None", "RM605"),
        ("import remotemedia._sandbox.runner as r\nr._told = lambda error: '![]'\nraise ValueError", "RM611"),
        ("import remotemedia._sandbox.runner as r\nr.texts = None\nraise ValueError", "RM611"),
    ] {
        assert_eq!(failure_in_time(body).code, code, "{body}");
    }
}

#[test]
fn threads_are_not_there() {
    let failure = failure_in_time("import threading\nthreading.Thread(target=print).start()");
    assert_eq!((failure.code, &*failure.causes[0].kind), ("RM602", "RuntimeError"));
}
