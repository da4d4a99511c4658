"""Reads an ONNX model with all of its weights."""

from pathlib import Path, PurePosixPath
from typing import Final

import onnx
from google.protobuf.message import DecodeError
from onnx import ModelProto
from onnx.external_data_helper import load_external_data_for_tensor

from remotemedia.packager.optimize._reasons import Reason
from remotemedia.packager.optimize._refusals import KeptError, UnreadableError
from remotemedia.packager.optimize._weights import is_external, tensors

LARGEST: Final = (1 << 31) - 1
"""Bytes that a protobuf message can have."""


def load(path: Path) -> ModelProto:
    """Return a model with all of its weights inline.

    Raises:
        UnreadableError: it is no ONNX model.
        KeptError: it is too large, or its weights cannot be read.
    """
    if path.stat().st_size > LARGEST:
        raise KeptError(Reason.TOO_LARGE)
    try:
        model = onnx.load(path, load_external_data=False)
    except DecodeError as error:
        raise UnreadableError("an ONNX model: it cannot be decoded") from error
    if not model.ir_version or not model.graph.node:
        raise UnreadableError("an ONNX model: it has no graph")
    _load_weights(model, path.parent)
    return model


def opset_of(model: ModelProto) -> int:
    """The version of the standard operators that a model is written in; 1 where it does not say."""
    return max((it.version for it in model.opset_import if it.domain in {"", "ai.onnx"}), default=1)


def _load_weights(model: ModelProto, directory: Path) -> None:
    external = [it for it in tensors(model) if is_external(it)]
    locations = sorted({entry.value for it in external for entry in it.external_data if entry.key == "location"})
    for location in locations:
        place = PurePosixPath(location)
        if place.is_absolute() or ".." in place.parts or not (directory / place).is_file():
            raise KeptError(Reason.WEIGHTS, location)
    if model.ByteSize() + sum((directory / it).stat().st_size for it in locations) > LARGEST:
        raise KeptError(Reason.TOO_LARGE)
    try:
        for tensor in external:
            load_external_data_for_tensor(tensor, str(directory))
            tensor.data_location = onnx.TensorProto.DEFAULT
            del tensor.external_data[:]
    except (OSError, ValueError, onnx.checker.ValidationError) as error:
        raise KeptError(Reason.WEIGHTS, str(error)) from error
