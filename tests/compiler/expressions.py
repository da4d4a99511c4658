"""Expressions of known values as source text, most of which Python can compute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["array_expressions", "expressions"]

_NUMBERS = st.one_of(
    st.integers(-9, 300).map(str),
    st.sampled_from(["1.5", "-0.25", "2.0", "1e3", "True", "None", "2**70", "float('inf')"]),
)
_TEXTS = st.text(alphabet="ab ,%{}X.é\n", max_size=6).map(repr)
_LEAVES = st.one_of(_NUMBERS, _TEXTS, st.sampled_from(["()", "[]", "{}", "b'ab'", "range(4)", "Path('a/b.c')"]))

_BINARY = ["+", "-", "*", "/", "//", "%", "**", "|", "&", "^", "<<", ">>", "and", "or"]
_COMPARED = ["<", "<=", "==", "!=", ">", ">=", "in", "not in", "is", "is not"]
_UNARY = ["-", "+", "~", "not "]
_CALLED = [
    "abs", "all", "any", "bool", "bytes", "chr", "dict", "float", "frozenset", "int", "len", "list", "max", "min",
    "ord", "repr", "round", "set", "sorted", "str", "sum", "tuple", "math.floor", "math.sqrt", "math.gcd",
    "statistics.mean", "json.dumps", "copy.deepcopy",
]  # fmt: skip
_PAIRS = [
    "divmod", "isinstance", "max", "math.pow", "operator.add", "pow", "range", "round", "zip_list", "chain_list",
    "enumerate_list", "int", "os.path.join", "dict.fromkeys",
]  # fmt: skip
_METHODS = [
    "append", "as_posix", "bit_length", "capitalize", "clear", "copy", "count", "difference", "endswith", "extend",
    "find", "format", "get", "index", "insert", "intersection", "items", "join", "keys", "ljust", "lower", "lstrip",
    "partition", "pop", "remove", "removeprefix", "replace", "reverse", "rsplit", "setdefault", "sort", "split",
    "startswith", "strip", "title", "union", "update", "upper", "values", "with_suffix", "zfill",
]  # fmt: skip


def _larger(inner: SearchStrategy[str]) -> SearchStrategy[str]:
    both = st.tuples(inner, inner)
    three = st.tuples(inner, inner, inner)
    slices = st.sampled_from(["0", "-1", "1:", ":2", "::-1", "::2", "1:3"])
    return st.one_of(
        st.tuples(inner, st.sampled_from(_BINARY), inner).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"),
        st.tuples(inner, st.sampled_from(_COMPARED), inner).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"),
        st.tuples(st.sampled_from(_UNARY), inner).map(lambda parts: f"({parts[0]}{parts[1]})"),
        both.map(lambda parts: f"[{parts[0]}, {parts[1]}]"),
        both.map(lambda parts: f"({parts[0]}, {parts[1]})"),
        both.map(lambda parts: f"{{{parts[0]}, {parts[1]}}}"),
        both.map(lambda parts: f"{{{parts[0]}: {parts[1]}, 'k': {parts[0]}}}"),
        three.map(lambda parts: f"({parts[0]} if {parts[1]} else {parts[2]})"),
        three.map(lambda parts: f"({parts[0]} < {parts[1]} <= {parts[2]})"),
        st.tuples(st.sampled_from(_CALLED), inner).map(lambda parts: f"{parts[0]}({parts[1]})"),
        st.tuples(st.sampled_from(_PAIRS), inner, inner).map(lambda parts: f"{parts[0]}({parts[1]}, {parts[2]})"),
        st.tuples(inner, st.sampled_from(_METHODS)).map(lambda parts: f"({parts[0]}).{parts[1]}()"),
        st.tuples(inner, st.sampled_from(_METHODS), inner).map(lambda parts: f"({parts[0]}).{parts[1]}({parts[2]})"),
        st.tuples(inner, slices).map(lambda parts: f"{parts[0]}[{parts[1]}]"),
        both.map(lambda parts: f"{parts[0]}[{parts[1]}]"),
        st.tuples(inner, st.sampled_from(["", "!r", ":>5", ":.2f", ":x"])).map(
            lambda parts: f"'{{}}'.format({parts[0]})" if not parts[1] else f"'{{0{parts[1]}}}'.format({parts[0]})"
        ),
        both.map(lambda parts: f"[(x, {parts[0]}) for x in {parts[1]}]"),
        both.map(lambda parts: f"sorted({parts[0]}, key=lambda x: {parts[1]})"),
        both.map(lambda parts: f"list(map(lambda x: [x, {parts[0]}], {parts[1]}))"),
        both.map(lambda parts: f"(lambda v: (v.append({parts[1]}), v))(list({parts[0]}))"),
    )


def expressions() -> SearchStrategy[str]:
    """Give expressions over `math`, `operator`, `json` and their like, and the helpers `zip_list` and so on."""
    return st.recursive(_LEAVES, _larger, max_leaves=6)


_ARRAYS = st.sampled_from([
    "np.arange(6)", "np.array([1.5, 2, -3])", "np.zeros((2, 3))", "np.linspace(0, 1, 4)", "np.eye(2)", "np.hanning(5)",
    "np.array([[1, 2], [3, 4]], dtype=np.int16)", "np.ones(3, np.float32)", "2", "0.5",
    "np.full((1, 2), 7, dtype='uint8')",
])  # fmt: skip


def _larger_array(inner: SearchStrategy[str]) -> SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%", "**", "@", "<", "=="]), inner).map(
            lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
        ),
        st.tuples(
            st.sampled_from(
                ["sin", "sqrt", "abs", "cumsum", "flip", "ravel", "transpose", "mean", "sort", "diag", "copy"]
            ),
            inner,
        ).map(lambda parts: f"np.{parts[0]}({parts[1]})"),
        st.tuples(
            inner,
            st.sampled_from(
                [
                    "sum()",
                    "T",
                    "reshape(-1)",
                    "astype('float32')",
                    "tolist()",
                    "shape",
                    "dtype.name",
                    "max(axis=0)",
                    "copy()",
                    "round(1)",
                    "size",
                ]
            ),
        ).map(lambda parts: f"({parts[0]}).{parts[1]}"),
        st.tuples(inner, st.sampled_from(["0", "-1", "1:", "::2", "None", "...", "[0, 1]", "np.newaxis, :"])).map(
            lambda parts: f"{parts[0]}[{parts[1]}]"
        ),
        st.tuples(inner, inner).map(lambda parts: f"np.concatenate([{parts[0]}, {parts[1]}])"),
        st.tuples(inner, inner).map(lambda parts: f"np.where({parts[0]} > 1, {parts[1]}, 0)"),
        inner.map(lambda part: f"float(np.sum({part}))"),
        inner.map(lambda part: f"(-{part})"),
    )


def array_expressions() -> SearchStrategy[str]:
    """Give expressions over small arrays."""
    return st.recursive(_ARRAYS, _larger_array, max_leaves=5)
