"""What help says of options: flags have no value, and those that belong together stand together."""

from __future__ import annotations

from tests.conftest import Command


def test_options_of_the_network_and_of_signing_stand_apart(inside: Command) -> None:
    shown = inside("build", "--help").stdout
    own, signing, network = (shown.index(f"─ {name} ─") for name in ("Options", "Signing", "Network"))
    for option, panel in {"--check": own, "--key": signing, "--unsigned": signing, "--offline": network}.items():
        assert shown.index(f" {option} ") > panel
    assert own < shown.index(" --json ") < signing < network
    assert "Signing" not in inside("keys", "generate", "--help").stdout


def test_values_are_shown_where_there_are_any(inside: Command) -> None:
    shown = inside("run", "--help").stdout
    assert "<bool>" not in shown
    assert "<list[str]>" not in shown
    assert "missing|always|never" in shown
    assert "p256|ed25519" in inside("keys", "generate", "--help").stdout
