//! How the author's files are imported, and what stands in for what the sandbox lacks.

use serde_json::json;

use crate::support::{draft, project};

type Files = &'static [(&'static str, &'static str)];

#[test]
fn sibling_modules_packages_and_their_data_are_found() {
    let files = [
        (
            "app/pipeline.py",
            "from app import words\nfrom .gains import table\nfrom deep.er.mod import Z\nclass N:\n    def process(self, v):\n        return [words.greet(v), table.GAIN, Z, __file__, __name__, words.data()]",
        ),
        ("app/__init__.py", "A = 1"),
        (
            "app/words.py",
            "import pkgutil\nfrom . import A\ndef greet(v): return f'{v}{A}'\ndef data(): return pkgutil.get_data('app', 'words.txt').decode()",
        ),
        ("app/words.txt", "some words"),
        ("app/gains/__init__.py", ""),
        ("app/gains/table.py", "GAIN = 0.5"),
        ("deep/er/mod.py", "Z = 'namespace'"),
    ];
    let mut node = project(&files, "app.pipeline:N").make();
    assert_eq!(node.one(&json!("x")), json!(["x1", 0.5, "namespace", "app/pipeline.py", "app.pipeline", "some words"]));
}

#[test]
fn a_nested_class_can_be_the_entry() {
    let files = [("m.py", "class Outer:\n    class Inner:\n        def process(self, v): return 'inner'")];
    assert_eq!(project(&files, "m:Outer.Inner").make().one(&json!(0)), json!("inner"));
}

#[test]
fn the_file_that_builds_the_pipeline_is_imported_for_its_classes() {
    let source = "
import numpy as np
import torch.nn as nn
from torch.utils.data import Dataset
from remotemedia import Pipeline, Node, AudioSource, AudioResampleNode, OnnxNode, PipelineError
from remotemedia.core.pipeline import Pipeline as Old
from remotemedia.core.node import Node as SameNode
from remotemedia.nodes.audio import AudioWindowNode
from remotemedia.nodes import PassThroughNode
import remotemedia.nodes.io
import remotemedia as rm

p = Pipeline('speech')
p.add(AudioSource(path='a.wav')).add(AudioResampleNode(16000)).add(OnnxNode(model='m.onnx')).add(rm.Anything().x.y(1))
p.connect(p.nodes[0] if p.nodes else None, None)
Old.from_manifest('x').run()
result = p.run()
for item in result:
    raise SystemExit('the inert pipeline gave something')

Samples = np.ndarray | None
Typed = np.typing.NDArray[np.float32]

class Model(nn.Module):
    pass
class Louder(AudioResampleNode):
    def process(self, v): return super().process(v)
class N(Node):
    def process(self, v: np.ndarray) -> np.ndarray:
        try:
            p.add(5).run()
        except PipelineError:
            pass
        return [SameNode is Node, isinstance(v, np.ndarray), issubclass(N, Node), bool(rm.is_rust_runtime_available())]

p.add(N())
if __name__ == '__main__':
    p.run()
";
    assert_eq!(draft(source).make().one(&json!(0)), json!([true, false, true, false]));
}

#[test]
fn an_unguarded_import_of_what_is_missing_raises_on_use() {
    let source = "import numpy as np\nfrom scipy import signal\nclass N:\n    def process(self, v):\n        return np.zeros(4) if v == 1 else signal.lfilter(v)";
    let failure = draft(source).make().failure();
    assert_eq!(failure.causes[0].kind, "ModuleNotFoundError");
    assert_eq!(failure.causes[0].message, "numpy is not available in the sandbox");
    assert!(failure.causes[0].trace.as_ref().unwrap().contains("\"pipeline.py\", line 5"));
}

#[test]
fn a_pipeline_is_built_with_what_is_missing() {
    let source = "
import numpy as np
from remotemedia import Node, Pipeline
taps = -np.hanning(5)[:3] * 2 + np.pi
class N(Node):
    def __init__(self, taps=None): self.taps = taps
    def process(self, v): return [self.taps, len(taps @ v)]
p = Pipeline('taps')
p.add(N(taps.astype('float32')))
";
    assert_eq!(draft(source).make().failure().causes[0].message, "numpy is not available in the sandbox");
}

#[test]
fn a_class_derived_from_what_is_missing_cannot_be_made() {
    let source = "import torch\nclass M(torch.nn.Module): pass\nclass N:\n    def process(self, v): M()";
    assert_eq!(draft(source).make().failure().causes[0].message, "torch is not available in the sandbox");
}

#[test]
fn a_guarded_import_of_what_is_missing_is_a_real_import_error() {
    let source = "
from contextlib import suppress
try:
    import numpy
    how = 'numpy'
except ImportError:
    how = 'none'
try:
    from scipy.signal import (
        lfilter,
    )
except (ValueError, ModuleNotFoundError) as error:
    name = error.name
with suppress(ImportError):
    import soxr
    how = 'soxr'
import importlib.util
found = importlib.util.find_spec('torch')
class N:
    def process(self, v):
        try:
            import librosa
        except ImportError as error:
            return [how, name, found, str(error)]
";
    let expected = json!(["none", "scipy", null, "librosa is not available in the sandbox"]);
    assert_eq!(draft(source).make().one(&json!(0)), expected);
}

#[test]
fn a_project_file_does_not_stand_in_for_the_standard_library_or_the_sandbox() {
    let files = [
        (
            "pipeline.py",
            "import json, statistics, runner, preload\nimport remotemedia.values\nclass N:\n    def process(self, v):\n        return [json.dumps([1]), statistics.mean([1, 3]), runner.X, preload.X, hasattr(remotemedia.values, 'X')]",
        ),
        ("json.py", "def dumps(v): return 'smuggled'"),
        ("statistics.py", "def mean(v): return 'smuggled'"),
        ("sitecustomize.py", "raise SystemExit('smuggled')"),
        ("usercustomize.py", "raise SystemExit('smuggled')"),
        ("encodings/utf_8.py", "raise SystemExit('smuggled')"),
        ("remotemedia/values.py", "X = 'smuggled'"),
        ("runner.py", "X = 'mine'"),
        ("preload.py", "X = 'also mine'"),
    ];
    let mut node = project(&files, "pipeline:N").make();
    assert_eq!(node.one(&json!(0)), json!(["[1]", 2, "mine", "also mine", false]));
}

#[test]
fn fresh_instances_do_not_see_what_another_patched() {
    let patch = "
import json, builtins, math
json.loads = json.dumps = None
builtins.abs = lambda _: 99
math.pi = 3
class N:
    def process(self, v): return abs(0)
";
    assert_eq!(draft(patch).make().one(&json!(0)), json!(99));
    let clean =
        "import json, math\nclass N:\n    def process(self, v): return [abs(0), math.pi > 3.1, json.loads('1')]";
    assert_eq!(draft(clean).make().one(&json!(0)), json!([0, true, 1]));
}

#[test]
fn code_that_does_not_load_is_told_with_its_place() {
    let cases: [(Files, &str, &str, &str); 6] = [
        (&[("pipeline.py", "x = 1\nclass N:\n  def process(self, v) return v")], "pipeline:N", "SyntaxError", "line 3"),
        (
            &[("pipeline.py", "import other"), ("other.py", "1 / 0")],
            "pipeline:N",
            "ZeroDivisionError",
            "\"other.py\", line 1",
        ),
        (&[("pipeline.py", "x = 1")], "pipeline:N", "AttributeError", ""),
        (&[("pipeline.py", "N = 5")], "pipeline:N", "TypeError", ""),
        (&[("pipeline.py", "class N: pass")], "pipeline:N", "TypeError", ""),
        (&[("pipeline.py", "x = 1")], "absent:N", "ModuleNotFoundError", ""),
    ];
    for (files, entry, kind, place) in cases {
        let failure = project(files, entry).failure();
        assert_eq!((failure.code, &*failure.causes[0].kind), ("RM601", kind), "{failure:?}");
        let trace = failure.causes[0].trace.clone().unwrap_or_default();
        assert!(trace.contains(place), "{trace}");
    }
}

#[test]
fn a_built_in_node_without_a_process_of_its_own_is_refused() {
    let failure = draft("from remotemedia import OnnxNode\nclass N(OnnxNode): pass").failure();
    assert_eq!(failure.code, "RM601");
    assert!(failure.message.contains("`process` of its own"), "{}", failure.message);
}

#[test]
fn a_constructor_that_fails_is_told_with_its_place() {
    let failure =
        draft("class N:\n    def __init__(self):\n        raise KeyError('k')\n    def process(self, v): pass")
            .failure();
    assert_eq!((failure.code, &*failure.causes[0].kind), ("RM601", "KeyError"));
    assert!(failure.causes[0].trace.as_ref().unwrap().contains("line 3, in N.__init__"));
}

#[test]
fn the_supported_standard_library_works() {
    let source = "
import dataclasses, decimal, fractions, hashlib, re, statistics, struct, uuid, zlib, datetime, textwrap, heapq, collections
import html, base64, csv, io, tomllib, string, difflib, enum, typing, functools, itertools, unicodedata, wave, queue, secrets
class N:
    def process(self, v):
        return [
            hashlib.sha256(b'x').hexdigest()[:8], zlib.crc32(b'x'), str(decimal.Decimal('1.1') + 1), uuid.uuid4().version,
            re.sub(r'\\w+', 'w', 'a b'), tomllib.loads('a = 1'), 'a'.encode('utf-16-le').hex(), datetime.date(2024, 1, 2).isoformat(),
            unicodedata.name('a'), len(secrets.token_bytes(9)),
        ]
";
    assert_eq!(
        draft(source).make().one(&json!(0)),
        json!(["2d711642", 2_363_233_923_u32, "2.1", 4, "w w", {"a": 1}, "6100", "2024-01-02", "LATIN SMALL LETTER A", 9])
    );
}
