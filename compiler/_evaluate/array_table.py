"""The functions of numpy that are computed, each with what it costs in elements, told from its arguments."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Cost: TypeAlias = Callable[[Sequence[Any], dict[str, Any]], float]

__all__ = ["DTYPES", "FUNCTIONS", "IN_PLACE_METHODS", "METHODS", "cost_of"]

DTYPES: Final = frozenset({
    "bool", "bool_", "byte", "cdouble", "complex128", "complex64", "csingle", "double", "float16", "float32", "float64",
    "half", "int16", "int32", "int64", "int8", "int_", "intc", "intp", "longlong", "short", "single", "ubyte", "uint",
    "uint16", "uint32", "uint64", "uint8", "uintc", "uintp", "ushort",
})  # fmt: skip
"""Types of elements, which are classes of numpy and make one number when they are called."""

_ELEMENTWISE: Final = """
    abs absolute add angle arccos arccosh arcsin arcsinh arctan arctan2 arctanh around cbrt ceil clip conj copysign cos
    cosh deg2rad degrees divide divmod equal exp exp2 expm1 fabs float_power floor floor_divide fmax fmin fmod greater
    greater_equal heaviside hypot i0 imag isclose isfinite isinf isnan less less_equal log log10 log1p log2 logaddexp
    logical_and logical_not logical_or logical_xor maximum minimum mod multiply nan_to_num negative not_equal polyval
    positive power rad2deg radians real reciprocal remainder rint round sign signbit sin sinc sinh sqrt square subtract
    tan tanh true_divide trunc unwrap where
"""
_LINEAR: Final = """
    all allclose amax amin any append argmax argmin argsort argwhere array array_equal array_split asarray
    ascontiguousarray asfortranarray atleast_1d atleast_2d atleast_3d average column_stack concatenate copy
    corrcoef count_nonzero cumprod cumsum delete diagonal diff digitize dstack ediff1d expand_dims fft.fft fft.fftfreq
    fft.fftshift fft.ifft fft.ifftshift fft.irfft fft.rfft fft.rfftfreq flatnonzero flip fliplr flipud full_like
    gradient histogram hsplit hstack insert interp linalg.norm max mean median min moveaxis nanmax nanmean nanmin nansum
    ndim nonzero ones_like percentile prod ptp quantile ravel reshape roll rot90 searchsorted shape size sort split
    squeeze stack std sum swapaxes take trace transpose trapezoid tril triu unique var vsplit vstack zeros_like
"""
_OF_SHAPE: Final = "full ones zeros"
_OF_SIZE: Final = "bartlett blackman hamming hanning kaiser"
_SQUARE: Final = "diag eye identity tri vander"
_SPACED: Final = "geomspace linspace logspace"
_PRODUCT: Final = "convolve correlate kron meshgrid outer"
_MATRIX: Final = "dot inner matmul tensordot vdot"


def _size(value: Any) -> int:
    if isinstance(value, (list, tuple)):
        return sum(map(_size, value))
    size = getattr(value, "size", 1)
    return size if isinstance(size, int) else 1


def _sizes(args: Sequence[Any], named: dict[str, Any]) -> list[int]:
    return [_size(value) for value in (*args, *named.values())]


def _shape(value: Any) -> tuple[int, ...]:
    """Return the shape of what numpy makes of a value; of a list that of its first items."""
    if isinstance(value, (list, tuple)):
        return (len(value), *(_shape(value[0]) if value else ()))
    shape = getattr(value, "shape", ())
    return shape if isinstance(shape, tuple) else ()


def _elementwise(args: Sequence[Any], named: dict[str, Any]) -> float:
    """Count the elements of the shape that all arguments broadcast to, or more."""
    shapes = [_shape(value) for value in (*args, *named.values())]
    width = max((len(shape) for shape in shapes), default=0)
    padded = [(1,) * (width - len(shape)) + shape for shape in shapes]
    return math.prod(max(lengths) for lengths in zip(*padded, strict=True)) if padded else 1


def _linear(args: Sequence[Any], named: dict[str, Any]) -> float:
    whole = sum(_sizes(args, named))
    lengths = [value for value in (*args, *named.values()) if isinstance(value, int)]
    return whole + max(map(abs, lengths), default=0)


def _reduced(args: Sequence[Any], named: dict[str, Any]) -> float:
    return sum(_sizes(args, named))


def _of_shape(args: Sequence[Any], named: dict[str, Any]) -> float:
    shape = args[0] if args else named.get("shape", 0)
    return math.prod(shape) if isinstance(shape, (list, tuple)) else shape


def _of_size(args: Sequence[Any], named: dict[str, Any]) -> float:
    return max((value for value in (*args, *named.values()) if isinstance(value, int)), default=1)


def _square(args: Sequence[Any], named: dict[str, Any]) -> float:
    sizes = [_size(value) for value in args] + [
        abs(value) for value in (*args, *named.values()) if isinstance(value, int)
    ]
    return max(sizes, default=1) ** 2


def _spaced(args: Sequence[Any], named: dict[str, Any]) -> float:
    count = args[2] if len(args) > 2 else named.get("num", 50)  # noqa: PLR2004 - start, stop, num
    whole: float = count * max(_sizes(args[:2], {}), default=1)
    return whole


def _product(args: Sequence[Any], named: dict[str, Any]) -> float:
    return math.prod(max(1, size) for size in _sizes(args, named)) * max(1, len(args))


def _matrix(args: Sequence[Any], named: dict[str, Any]) -> float:
    """Count the multiplications, which take far less time than other elements."""
    del named
    sizes = [max(1, _size(value)) for value in args[:2]]
    shared = max(1, (_shape(args[0]) or (1,))[-1])
    return math.prod(sizes) / shared / 8 if len(sizes) > 1 else 1


def _arange(args: Sequence[Any], named: dict[str, Any]) -> float:
    bounds = [*args, *(named[name] for name in ("start", "stop", "step") if name in named)]
    numbers = [bound for bound in bounds if isinstance(bound, (int, float)) or getattr(bound, "ndim", 1) == 0]
    match numbers:
        case [stop]:
            return abs(float(stop))
        case [start, stop]:
            return abs(float(stop) - float(start))
        case [start, stop, step, *_]:
            return abs((float(stop) - float(start)) / float(step))
    return 1


def _tile(args: Sequence[Any], named: dict[str, Any]) -> float:
    times = args[1] if len(args) > 1 else next((named[name] for name in ("reps", "repeats") if name in named), 1)
    if isinstance(times, (list, tuple)):
        return _size(args[0]) * max(math.prod(times), sum(times))
    return _size(args[0]) * (times if isinstance(times, int) else math.prod([_size(times), int(max(times))]))


def _broadcast(args: Sequence[Any], named: dict[str, Any]) -> float:
    return _of_shape(args[1:], named)


def _pad(args: Sequence[Any], named: dict[str, Any]) -> float:
    shape = _shape(args[0])
    widths = args[1] if len(args) > 1 else named.get("pad_width", 0)
    widest = max(_flat(widths), default=0)
    return math.prod(length + 2 * widest for length in shape)


def _flat(value: Any) -> list[int]:
    if isinstance(value, (list, tuple)):
        return [item for part in value for item in _flat(part)]
    return [abs(int(item)) for item in value.ravel()] if hasattr(value, "ravel") else [abs(value)]


def _one(args: Sequence[Any], named: dict[str, Any]) -> float:
    return 1 + sum(_sizes(args, named))


FUNCTIONS: Final[dict[str, Cost]] = {
    **dict.fromkeys(_ELEMENTWISE.split(), _elementwise),
    **dict.fromkeys(_LINEAR.split(), _linear),
    **dict.fromkeys(_OF_SHAPE.split(), _of_shape),
    **dict.fromkeys(_OF_SIZE.split(), _of_size),
    **dict.fromkeys(_SQUARE.split(), _square),
    **dict.fromkeys(_SPACED.split(), _spaced),
    **dict.fromkeys(_PRODUCT.split(), _product),
    **dict.fromkeys(_MATRIX.split(), _matrix),
    **dict.fromkeys(sorted(DTYPES), _one),
    "arange": _arange,
    "broadcast_to": _broadcast,
    "dtype": _one,
    "finfo": _one,
    "iinfo": _one,
    "pad": _pad,
    "repeat": _tile,
    "tile": _tile,
}
"""Functions of numpy, by their names inside it."""

METHODS: Final[dict[str, Cost]] = {
    **dict.fromkeys(
        [
            "all",
            "any",
            "argmax",
            "argmin",
            "argsort",
            "astype",
            "clip",
            "conj",
            "copy",
            "cumprod",
            "cumsum",
            "diagonal",
            "flatten",
            "item",
            "max",
            "mean",
            "min",
            "nonzero",
            "prod",
            "ptp",
            "ravel",
            "reshape",
            "round",
            "squeeze",
            "std",
            "sum",
            "swapaxes",
            "take",
            "tobytes",
            "tolist",
            "trace",
            "transpose",
            "var",
            "view",
        ],
        _reduced,
    ),
    "dot": _matrix,
    "repeat": _tile,
}
"""Methods of arrays; the array itself is the first argument."""

IN_PLACE_METHODS: Final = frozenset({"fill", "sort"})
"""Methods that change the array itself."""


def cost_of(name: str) -> Cost | None:
    """Return what counts the elements that a function of numpy computes; None for one that is not followed."""
    return FUNCTIONS.get(name)
