"""The methods, applied to an ONNX model: `apply(Method.FP16, model, directory, runs)`.

Integer weights are unsigned. With signed ones, processors without VNNI add products with saturation, so that what was
measured here would not be what comes out there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import onnx
from onnx import ModelProto
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static

from remotemedia.packager.optimize._fp16 import halve
from remotemedia.packager.optimize._methods import Method
from remotemedia.packager.optimize._model_file import opset_of
from remotemedia.packager.optimize._samples import Feed
from remotemedia.packager.optimize._weights import lift_weights

LEAST_OPSET: Final[Mapping[Method, int]] = {
    Method.INT8_DYNAMIC: 11,
    Method.INT8_STATIC: 11,
    Method.FP16: 9,
    Method.FOUR_BIT: 11,
}

# Without convolutions: those whose ranges are found out in each run are slower and further off than any other way.
_DYNAMIC: Final = ["MatMul", "Gather", "LSTM", "Attention", "EmbedLayerNormalization"]
# What has weights, and no more: a byte for what stands between makes models slower, larger and less exact.
_STATIC: Final = ["Conv", "ConvTranspose", "Gather", "Gemm", "MatMul"]
_BLOCK: Final = 32
_BY_CHANNEL: Final = 13  # the opset from which on `DequantizeLinear` has a scale for each channel


def apply(method: Method, model: ModelProto, directory: Path, runs: Sequence[Feed]) -> ModelProto:
    """Return a smaller model; `model` may be changed.

    Args:
        method: how.
        model: weights inline.
        directory: for files on the way.
        runs: inputs, for a method that needs the ranges of values.

    Raises:
        Exception: whatever the tools raise of models that they cannot take.
    """
    original = ModelProto.FromString(model.SerializeToString())
    result = _APPLIED[method](model, directory, runs)
    _restore(result, original)
    return result


def _dynamic(model: ModelProto, directory: Path, _: Sequence[Feed]) -> ModelProto:
    lift_weights(model)
    target = directory / "dynamic.onnx"
    quantize_dynamic(
        model,
        target,
        op_types_to_quantize=_DYNAMIC,
        per_channel=True,
        weight_type=QuantType.QUInt8,
        extra_options={"EnableSubgraph": True},
    )
    return onnx.load(target)


def _static(model: ModelProto, directory: Path, runs: Sequence[Feed]) -> ModelProto:
    lift_weights(model)
    source, target = directory / "lifted.onnx", directory / "static.onnx"
    onnx.save(model, source)
    quantize_static(
        source,
        target,
        _Runs(runs),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=_STATIC,
        per_channel=opset_of(model) >= _BY_CHANNEL,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QUInt8,
    )
    return onnx.load(target)


def _halved(model: ModelProto, _directory: Path, _: Sequence[Feed]) -> ModelProto:
    halve(model)
    return model


def _four_bit(model: ModelProto, _directory: Path, _: Sequence[Feed]) -> ModelProto:
    # It takes seconds to import.
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer  # noqa: PLC0415

    lift_weights(model)
    quantizer = MatMulNBitsQuantizer(model, bits=4, block_size=_BLOCK, is_symmetric=False)
    quantizer.process()
    result: ModelProto = quantizer.model.model
    return result


_APPLIED: Final[Mapping[Method, Callable[[ModelProto, Path, Sequence[Feed]], ModelProto]]] = {
    Method.INT8_DYNAMIC: _dynamic,
    Method.INT8_STATIC: _static,
    Method.FP16: _halved,
    Method.FOUR_BIT: _four_bit,
}


class _Runs(CalibrationDataReader):  # type: ignore[misc]  # the library has no types
    """Runs, one after the other, as the quantizer asks for them."""

    def __init__(self, runs: Sequence[Feed]) -> None:
        self._runs: Iterator[Feed] = iter(runs)

    def get_next(self) -> Feed | None:
        """The next run's inputs; None at the end."""
        return next(self._runs, None)


def _restore(model: ModelProto, original: ModelProto) -> None:
    """Take what a model says of itself from the original: programs read it, such as a recogniser's alphabet."""
    for name in ("producer_name", "producer_version", "domain", "doc_string", "model_version"):
        model.ClearField(name)
        if original.HasField(name):
            setattr(model, name, getattr(original, name))
    del model.metadata_props[:]
    model.metadata_props.extend(original.metadata_props)
    model.graph.name = original.graph.name
    # Guesses of shape inference, which no runtime needs.
    if model.graph.value_info and not original.graph.value_info:
        del model.graph.value_info[:]


def is_same_signature(model: ModelProto, original: ModelProto) -> bool:
    """Whether inputs and outputs have the same names, types and shapes, in the same order."""
    return all(
        [it.SerializeToString(deterministic=True) for it in ours]
        == [it.SerializeToString(deterministic=True) for it in theirs]
        for ours, theirs in (
            (_inputs(model), _inputs(original)),
            (model.graph.output, original.graph.output),
        )
    )


def _inputs(model: ModelProto) -> list[onnx.ValueInfoProto]:
    """The inputs that a caller gives: early versions list all weights as well."""
    weights = {it.name for it in model.graph.initializer}
    return [it for it in model.graph.input if it.name not in weights]
