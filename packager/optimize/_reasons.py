"""Why the result of an attempt is packed, or is not."""

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Why a result is packed, or is not; the names are part of `meta/optimize.json`."""

    CHOSEN = "chosen"
    BEATEN = "beaten"
    LARGER = "not-smaller"
    ERROR = "error"
    SIGNATURE = "signature"
    NOTHING = "nothing-to-do"
    OPSET = "opset"
    TOO_LARGE = "too-large"
    WEIGHTS = "weights"
    NOT_RUNNABLE = "not-runnable"
    FAILED = "failed"
    CRASHED = "crashed"
    LIMIT = "limit"
    DTYPES = "dtypes"


SENTENCES: Final = {
    Reason.CHOSEN: "it is the smallest within the error",
    Reason.BEATEN: "another one is smaller",
    Reason.LARGER: "it is not smaller by 5 %",
    Reason.ERROR: "its outputs are off by more than the error that is allowed",
    Reason.SIGNATURE: "it would change names, shapes or types of inputs or outputs",
    Reason.NOTHING: "it has no weights that this method changes",
    Reason.OPSET: "its opset is too old for this method",
    Reason.TOO_LARGE: "models of 2 GiB or more fit into no single ONNX file",
    Reason.WEIGHTS: "its weights are in files that cannot be read",
    Reason.NOT_RUNNABLE: "no inputs are known with which it runs here: give some with `--calibration`",
    Reason.FAILED: "the tool refuses this model",
    Reason.CRASHED: "the tool crashes on this model",
    Reason.LIMIT: "it took more time or memory than it may",
    Reason.DTYPES: "whoever reads the tensors would see other types: it has to be asked for by name",
}
