"""An OCI registry in this process: distribution-spec 1.1 over real HTTP on loopback, which misbehaves on request.

    with RegistrySimulator(auth="token") as registry:
        HttpRegistry(registry.host, "voice/tts", environ=registry.login())
        registry.faults.unavailable = 2

Everything is kept in memory; `requests` logs what came in.
"""

from tests.simulators.registry._faults import Faults
from tests.simulators.registry._handler import Handler
from tests.simulators.registry._login import IDENTITY_TOKEN, PASSWORD, USERNAME
from tests.simulators.registry._manifests import INDEX
from tests.simulators.registry._simulator import RegistrySimulator

__all__ = ["IDENTITY_TOKEN", "INDEX", "PASSWORD", "USERNAME", "Faults", "Handler", "RegistrySimulator"]
