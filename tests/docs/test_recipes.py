"""The recipes do what they say as they stand: in the hands of `make`, and in those of what runs CI jobs."""

from __future__ import annotations

import base64
import json
import re
import shlex
import shutil
import sysconfig
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from remotemedia.trust import SigningKey
from tests.conftest import REPOSITORY
from tests.docs.jobs import JobError, Machines, run_github, run_gitlab
from tests.simulators.registry import PASSWORD, USERNAME, RegistrySimulator
from tests.simulators.sigstore_server import SigstoreServer

RECIPES = REPOSITORY / "docs/recipes"
MAKE = shutil.which("make")
PIPELINE = """\
from remotemedia import AudioSource, Pipeline
from remotemedia.nodes.audio import AudioResampleNode

p = Pipeline("speech").add(AudioSource()).add(AudioResampleNode(target_sample_rate=8000))
"""
KEY_PASSWORD = b"of the key"
WORKFLOW = "https://github.com/example/speech/.github/workflows/package.yml"
GITHUB_ISSUER = "https://token.actions.githubusercontent.com"

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")


@pytest.fixture
def registry() -> Iterator[RegistrySimulator]:
    with RegistrySimulator(auth="token", referrers=False) as running:
        yield running


@pytest.fixture
def key() -> SigningKey:
    return SigningKey.generate()


@pytest.fixture
def sources(tmp_path: Path, key: SigningKey) -> Path:
    """A project, as its repository has it."""
    project = tmp_path / "sources"
    project.mkdir()
    (project / "pipeline.py").write_text(PIPELINE)
    (project / "signing.pub").write_bytes(key.public.to_pem())
    shutil.copy(RECIPES / "policy.toml", project)
    return project


@pytest.fixture
def github(tmp_path: Path, sources: Path, registry: RegistrySimulator) -> Machines:
    """Machines of GitHub Actions, with our registry in the place of theirs."""
    environ = {
        "REGISTRY": registry.host,
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "example/Speech",
        "GITHUB_REF_NAME": "v1.0.0",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_WORKFLOW_REF": f"{WORKFLOW.removeprefix('https://github.com/')}@refs/tags/v1.0.0",
    }
    return Machines(tmp_path / "machines", sources, environ)


@pytest.fixture
def context(key: SigningKey) -> dict[str, str]:
    """What GitHub's expressions stand for, in a job for a tag."""
    return {
        "github.event_name": "push",
        "github.ref": "refs/heads/main",
        "github.actor": USERNAME,
        "github.token": PASSWORD,
        "inputs.version": "v1.0.0",
        "secrets.SIGNING_KEY": key.to_pem(password=KEY_PASSWORD).decode().rstrip("\n"),
        "secrets.SIGNING_KEY_PASSWORD": KEY_PASSWORD.decode(),
    }


@pytest.fixture
def gitlab(tmp_path: Path, sources: Path, registry: RegistrySimulator, key: SigningKey) -> Machines:
    """Machines of GitLab's, in a job for a tag."""
    (tmp_path / "SIGNING_KEY").write_bytes(key.to_pem(password=KEY_PASSWORD))
    (tmp_path / "SIGNING_KEY").chmod(0o666)
    environ = {
        "CI_REGISTRY": registry.host,
        "CI_REGISTRY_IMAGE": f"{registry.host}/example/speech",
        "CI_REGISTRY_USER": USERNAME,
        "CI_REGISTRY_PASSWORD": PASSWORD,
        "CI_COMMIT_TAG": "v1.0.0",
        "CI_COMMIT_REF_NAME": "v1.0.0",
        "CI_PIPELINE_SOURCE": "push",
        "SIGNING_KEY": str(tmp_path / "SIGNING_KEY"),
        "SIGNING_KEY_PASSWORD": KEY_PASSWORD.decode(),
    }
    return Machines(tmp_path / "machines", sources, environ)


@pytest.mark.skipif(MAKE is None, reason="there is no make")
def test_the_makefile_builds_signs_pushes_and_verifies(sources: Path, key: SigningKey, tmp_path: Path) -> None:
    shutil.copy(RECIPES / "Makefile", sources)
    (tmp_path / "release.pem").write_bytes(key.to_pem())
    (tmp_path / "release.pem").chmod(0o600)
    machines = Machines(tmp_path, sources, {"REMOTEMEDIA_KEY": str(tmp_path / "release.pem")})
    machine = machines.start("make")
    machines.check_out(machine)
    with pytest.raises(JobError, match=r"error\[RM502\]"):
        machine.run("make release", {})
    machine.run("remotemedia keys trust signing.pub && make verify", {})
    assert "oci-layout:packages:0.1.0 is what `pipeline.py` gives" in machine.said[-1]
    (machine.work / "pipeline.py").write_text(PIPELINE.replace("8000", "16000"))
    with pytest.raises(JobError):
        machine.run("make verify", {})


def test_a_job_of_github_releases_with_a_key_and_another_verifies(
    github: Machines, context: dict[str, str], registry: RegistrySimulator
) -> None:
    assert run_github(RECIPES / "github-key.yml", github, context) == ["build", "release", "verify"]
    assert set(registry.repository("example/speech").tags) >= {"v1.0.0"}


def test_a_job_of_github_tries_a_pull_request_without_a_key(
    github: Machines, context: dict[str, str], registry: RegistrySimulator
) -> None:
    without = {name: text for name, text in context.items() if not name.startswith("secrets.")}
    machines = replace(github, environ={**github.environ, "GITHUB_REF_NAME": "12/merge"})
    ran = run_github(RECIPES / "github-key.yml", machines, {**without, "github.event_name": "pull_request"})
    assert (ran, registry.requests) == (["build"], [])


def test_the_job_of_github_fails_where_another_has_signed(
    github: Machines, context: dict[str, str], sources: Path
) -> None:
    (sources / "signing.pub").write_bytes(SigningKey.generate().public.to_pem())
    with pytest.raises(JobError, match=r"error\[RM502\]") as caught:
        run_github(RECIPES / "github-key.yml", github, context)
    assert caught.value.status == 3


def test_the_job_of_github_fails_where_another_workflow_has_built(github: Machines, context: dict[str, str]) -> None:
    other = {**github.environ, "GITHUB_WORKFLOW_REF": "example/speech/.github/workflows/other.yml@refs/tags/v1.0.0"}
    with pytest.raises(JobError, match=r"error\[RM517\]"):
        run_github(RECIPES / "github-key.yml", replace(github, environ=other), context)


def test_the_job_of_github_fails_without_its_key(github: Machines, context: dict[str, str]) -> None:
    with pytest.raises(JobError, match="job `release`"):
        run_github(RECIPES / "github-key.yml", github, {**context, "secrets.SIGNING_KEY": ""})


def test_a_job_of_github_releases_as_its_workflow_and_another_verifies(
    github: Machines, context: dict[str, str], sources: Path, tmp_path: Path
) -> None:
    with SigstoreServer() as sigstore, provider(token_of(sigstore, f"{WORKFLOW}@refs/heads/main")) as asked:
        (sources / "trusted_root.json").write_bytes(sigstore.instance.trusted_root())
        (tmp_path / "instance.json").write_bytes(sigstore.trust_config())
        environ = {**github.environ, "GITHUB_REPOSITORY": "example/speech", **asked}
        machines = replace(github, environ=environ, programs=(at_instance(tmp_path, tmp_path / "instance.json"),))
        assert run_github(RECIPES / "github-keyless.yml", machines, context) == ["build", "release", "verify"]


def test_jobs_of_gitlab_release_and_verify(gitlab: Machines, registry: RegistrySimulator) -> None:
    assert run_gitlab(RECIPES / "gitlab.yml", gitlab) == ["build", "release", "verify"]
    assert set(registry.repository("example/speech").tags) >= {"v1.0.0"}


def test_a_job_of_gitlab_tries_a_merge_request_without_a_key(gitlab: Machines, registry: RegistrySimulator) -> None:
    request = {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_COMMIT_REF_NAME": "feature/louder"}
    hidden = {"CI_COMMIT_TAG", "SIGNING_KEY", "SIGNING_KEY_PASSWORD"}
    environ = {name: text for name, text in gitlab.environ.items() if name not in hidden}
    machines = replace(gitlab, environ={**environ, **request})
    assert (run_gitlab(RECIPES / "gitlab.yml", machines), registry.requests) == (["build"], [])


def test_the_key_is_made_as_the_page_says(gitlab: Machines) -> None:
    commands = re.findall(r"^    (remotemedia keys .*)$", (RECIPES / "README.md").read_text(), re.MULTILINE)
    machine = gitlab.start("desk")
    for command in commands:
        machine.run(f"echo secret | {command}", {})
    made = SigningKey.from_pem((machine.work / "signing.pem").read_bytes(), password=b"secret")
    assert (machine.work / "signing.pub").read_bytes() == made.public.to_pem()


def token_of(sigstore: SigstoreServer, workflow: str) -> str:
    """A token as GitHub makes it for a workflow; nobody checks its signature here."""
    now = int(sigstore.instance.now.timestamp())
    claims = {"iss": GITHUB_ISSUER, "sub": workflow, "aud": "sigstore", "iat": now, "nbf": now, "exp": now + 600}
    parts = ({"alg": "RS256", "typ": "JWT"}, claims, "signature")
    return ".".join(base64.urlsafe_b64encode(json.dumps(it).encode()).decode().rstrip("=") for it in parts)


@contextmanager
def provider(token: str) -> Iterator[Mapping[str, str]]:
    """GitHub's provider of identities, as a job's environment names it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/token?audience=sigstore" and self.headers["Authorization"] == "bearer of the job"
            data = json.dumps({"value": token}).encode()
            self.send_response(200 if known else 403)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it overrides
            """Keep the terminal clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/token"
        yield {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of the job"}
        server.shutdown()


def at_instance(place: Path, config: Path) -> Path:
    """A directory with a `remotemedia` that signs keyless at a private instance, in the place of the public one."""
    programs = place / "programs"
    programs.mkdir()
    real = Path(sysconfig.get_path("scripts")) / "remotemedia"
    words = shlex.join(["--trust-config", str(config)])
    script = (
        f'#!/bin/sh\ncase " $* " in *" --keyless "*) set -- "$@" {words};; esac\nexec {shlex.quote(str(real))} "$@"\n'
    )
    (programs / "remotemedia").write_text(script)
    (programs / "remotemedia").chmod(0o755)
    return programs
