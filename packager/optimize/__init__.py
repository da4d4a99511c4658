"""Makes the models of a package smaller, where their outputs stay what they are.

    from remotemedia.packager.optimize import OptimizeRequest, optimize

    request = OptimizeRequest.of("auto")
    found = optimize(program, request, scratch_directory)
    print(found.document)

Every method is tried in a process of its own, measured against the original, and packed only if the result is smaller
and within the error. `docs/reference/optimize.md` describes it for users.
"""

from remotemedia.packager.optimize._methods import CHOICES, MAX_ERROR, Method, OptimizeRequest
from remotemedia.packager.optimize._optimize import optimize
from remotemedia.packager.optimize._outcome import Attempt, Optimization, Outcome
from remotemedia.packager.optimize._reasons import Reason
from remotemedia.packager.optimize._store import AttemptStore
from remotemedia.packager.optimize._stored import RemovedAttempt, forget_attempts, kept_attempts, trim_attempts

__all__ = [
    "CHOICES",
    "MAX_ERROR",
    "Attempt",
    "AttemptStore",
    "Method",
    "Optimization",
    "OptimizeRequest",
    "Outcome",
    "Reason",
    "RemovedAttempt",
    "forget_attempts",
    "kept_attempts",
    "optimize",
    "trim_attempts",
]
