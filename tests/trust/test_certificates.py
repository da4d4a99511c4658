"""Signatures by certificates of somebody's own authority: who is trusted, and what is refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from remotemedia.errors import TrustError
from remotemedia.trust import (
    PROVENANCE_PREDICATE,
    SIGNATURE_PREDICATE,
    CertificateSigner,
    Keyring,
    Mode,
    SigningKey,
    TrustedKey,
    Verdict,
    sign_statement,
    verify,
)
from remotemedia.trust._certificates import load_authority
from tests.simulators.pki import CODE_SIGNING, SPAN, START, Authority, certificate_of, with_certificate

DIGEST = "sha256:" + "ab" * 32
NOW = datetime(2026, 6, 1, tzinfo=UTC)
PERSON = "ci@example.test"
ROOT = Authority("root")
ISSUING = ROOT.authority("issuing", path_length=0)
CHAIN = ISSUING.pem + ROOT.pem
KEYRING = Keyring(roots=[load_authority(CHAIN, "corp")])
BOTH_MODES = pytest.mark.parametrize("mode", list(Mode))


def bundle(signer: CertificateSigner, digest: str = DIGEST) -> bytes:
    return sign_statement(signer, digest, SIGNATURE_PREDICATE, {})


def judge(*bundles: bytes, keyring: Keyring = KEYRING, mode: Mode = Mode.DEVELOPMENT, at: datetime = NOW) -> Verdict:
    return verify(DIGEST, bundles, keyring, mode, at=at)


def refused(*bundles: bytes, keyring: Keyring = KEYRING, at: datetime = NOW) -> TrustError:
    """Give the one error that both modes raise."""
    errors = []
    for mode in Mode:
        with pytest.raises(TrustError) as caught:
            judge(*bundles, keyring=keyring, mode=mode, at=at)
        errors.append(caught.value)
    assert errors[0].code == errors[1].code
    return errors[0]


def no_longer(*bundles: bytes, keyring: Keyring = KEYRING, at: datetime = NOW) -> TrustError:
    """Give the error that production raises for what is a stranger's in development."""
    verdict = judge(*bundles, keyring=keyring, at=at)
    assert (verdict.status, verdict.signers[0].name) == ("untrusted", "corp")
    with pytest.raises(TrustError) as caught:
        judge(*bundles, keyring=keyring, mode=Mode.PRODUCTION, at=at)
    assert (11, caught.value.message, False, "the signature") in verdict.checks
    assert verdict.signers[0].flaw == caught.value.message
    assert caught.value.message in (verdict.warning or "")
    assert caught.value.code == "RM512"
    return caught.value


@BOTH_MODES
@pytest.mark.parametrize("identity", [PERSON, "https://ci.example.test/team/speech", "build.example.test"])
def test_a_certificate_that_leads_to_a_trusted_root_is_trusted(mode: Mode, identity: str) -> None:
    signer = ISSUING.signer(identity)
    verdict = judge(bundle(signer), mode=mode)
    (signed,) = verdict.signers
    assert (verdict.status, verdict.key_name, verdict.fingerprint) == ("trusted", "corp", signer.public.fingerprint)
    assert (signed.kind, signed.identity, signed.issuer) == ("certificate", identity, "CN=issuing")
    assert (signed.signed_at, signed.time_proven, signed.trusted) == (None, False, True)
    assert [(check.number, check.ok) for check in verdict.checks] == [
        (1, True),
        (2, True),
        (3, True),
        (11, True),
        (10, True),
        (4, True),
        (5, True),
        (6, True),
        (7, False),
    ]


def test_scenario_signature_verification_chain() -> None:
    """GIVEN a signed package WHEN the signature is verified THEN keyring and certificate chain are checked."""
    key = SigningKey.generate()
    keyring = Keyring([TrustedKey("ann", key.public)], roots=KEYRING.roots)
    by_key, by_certificate = sign_statement(key, DIGEST, SIGNATURE_PREDICATE, {}), bundle(ISSUING.signer(PERSON))

    verdict = judge(by_key, by_certificate, keyring=keyring, mode=Mode.PRODUCTION)
    assert [(signed.kind, signed.name, signed.trusted) for signed in verdict.signers] == [
        ("key", "ann", True),
        ("certificate", "corp", True),
    ]
    texts = {(check.number, check.text) for check in verdict.checks}
    assert (2, "the signature is by `ann`") in texts
    assert (10, "its certificate leads to a root of `corp` by a path of 3") in texts

    strangers = Keyring([TrustedKey("bob", SigningKey.generate().public)], roots=[load_authority(OTHER.pem, "other")])
    assert judge(by_key, by_certificate, keyring=strangers).status == "untrusted"
    with pytest.raises(TrustError) as caught:
        judge(by_key, by_certificate, keyring=strangers, mode=Mode.PRODUCTION)
    assert caught.value.code == "RM502"
    assert refused(bundle(ISSUING.signer(PERSON, extended=None)), keyring=keyring).code == "RM511"


OTHER = Authority("other")


def test_a_certificate_of_another_authority_is_a_strangers() -> None:
    verdict = judge(bundle(OTHER.signer(PERSON)))
    (signed,) = verdict.signers
    assert (verdict.status, signed.name, signed.identity, signed.trusted) == ("untrusted", None, PERSON, False)
    with pytest.raises(TrustError) as caught:
        judge(bundle(OTHER.signer(PERSON)), mode=Mode.PRODUCTION)
    assert caught.value.code == "RM502"


def test_an_authority_of_the_same_name_is_a_stranger() -> None:
    impostor = Authority("issuing")
    assert judge(bundle(impostor.signer(PERSON))).status == "untrusted"


def test_without_intermediates_in_the_keyring_nobody_knows_whose_it_is() -> None:
    keyring = Keyring(roots=[load_authority(ROOT.pem, "corp")])
    assert judge(bundle(ISSUING.signer(PERSON)), keyring=keyring).status == "untrusted"
    assert judge(bundle(ROOT.signer(PERSON)), keyring=keyring).status == "trusted"


def eku(*oids: x509.ObjectIdentifier) -> tuple[x509.ExtensionType, bool]:
    return x509.ExtendedKeyUsage(oids), False


def constrained(*permitted: x509.GeneralName) -> Authority:
    names = x509.NameConstraints(permitted_subtrees=list(permitted), excluded_subtrees=None)
    return ROOT.authority("constrained", extensions=[(names, True)])


UNKNOWN = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)
DEFECTS: dict[str, Callable[[], tuple[CertificateSigner, Authority]]] = {
    "no extended key usage": lambda: (ISSUING.signer(PERSON, extended=None), ISSUING),
    "for servers": lambda: (ISSUING.signer(PERSON, extended=eku(ExtendedKeyUsageOID.SERVER_AUTH)), ISSUING),
    "no name": lambda: (ISSUING.signer(), ISSUING),
    "two names": lambda: (ISSUING.signer(PERSON, "a.example.test"), ISSUING),
    "unknown critical extension": lambda: (ISSUING.signer(PERSON, extensions=[UNKNOWN]), ISSUING),
    "an authority itself": lambda: (
        ISSUING.signer(PERSON, extensions=[(x509.BasicConstraints(ca=True, path_length=None), True)]),
        ISSUING,
    ),
    "path too long": lambda: _below(ISSUING.authority("third")),
    "issuer is no authority": lambda: _below(ROOT.authority("leaf", is_authority=False)),
    "unknown critical extension above": lambda: _below(ROOT.authority("odd", extensions=[UNKNOWN])),
    "address outside": lambda: _below(constrained(x509.RFC822Name("other.test"))),
    "kind of constraint that cannot be checked": lambda: _below(
        constrained(x509.UniformResourceIdentifier("example.test")), "https://example.test/x"
    ),
}


def _below(issuer: Authority, identity: str = PERSON) -> tuple[CertificateSigner, Authority]:
    return issuer.signer(identity), issuer


@pytest.mark.parametrize("name", DEFECTS)
def test_a_trusted_authoritys_certificate_with_a_defect_is_refused(name: str) -> None:
    signer, issuer = DEFECTS[name]()
    keyring = Keyring(roots=[load_authority(issuer.pem + CHAIN, "corp")])
    error = refused(bundle(signer), keyring=keyring)
    assert error.code == "RM511"
    assert error.message.startswith("the certificate by `corp` is refused: ")


def test_a_name_within_the_constraints_is_trusted() -> None:
    issuer = constrained(x509.RFC822Name("example.test"))
    keyring = Keyring(roots=[load_authority(issuer.pem + ROOT.pem, "corp")])
    assert judge(bundle(issuer.signer(PERSON)), keyring=keyring).status == "trusted"


def test_a_certificate_over_a_key_of_another_kind_is_refused() -> None:
    own = [(x509.SubjectAlternativeName([x509.RFC822Name(PERSON)]), False), CODE_SIGNING]
    der = ISSUING.issue(ISSUING.name, ec.generate_private_key(ec.SECP384R1()).public_key(), own)
    error = refused(with_certificate(bundle(ISSUING.signer(PERSON)), der))
    assert error.code == "RM511"
    assert "P-256" in error.message


@pytest.mark.parametrize("days", [-1, 400], ids=["not yet", "no longer"])
def test_without_a_timestamp_validity_is_judged_now(days: int) -> None:
    span = (NOW - timedelta(days=100), NOW + timedelta(days=100))
    signed = bundle(ISSUING.signer(PERSON, valid=span))
    assert judge(signed).status == "trusted"
    error = no_longer(signed, at=span[0] + timedelta(days=days))
    assert "no timestamp" in error.message


def test_below_an_authority_that_has_expired_nothing_counts_any_more() -> None:
    old = ROOT.authority("old", valid=(START, NOW - timedelta(days=1)))
    signed, keyring = bundle(old.signer(PERSON)), Keyring(roots=[load_authority(old.pem + CHAIN, "corp")])
    assert "good once" in no_longer(signed, keyring=keyring).message
    assert judge(signed, keyring=keyring, at=NOW - timedelta(days=2)).status == "trusted"


def test_a_wrong_signature_under_a_trusted_certificate_is_refused() -> None:
    good = ISSUING.signer(PERSON)
    wrong = with_certificate(bundle(ISSUING.signer(PERSON)), certificate_of(good))
    assert refused(wrong).code == "RM503"
    assert refused(bundle(good), wrong).code == "RM503"


def test_a_strangers_defects_do_no_harm() -> None:
    wrong = with_certificate(bundle(OTHER.signer(PERSON)), certificate_of(OTHER.signer()))
    expired = bundle(OTHER.signer(PERSON, valid=(START, START + timedelta(days=1))))
    assert judge(wrong, expired, bundle(ISSUING.signer(PERSON))).status == "trusted"


def test_an_authority_may_be_trusted_for_some_identities_only() -> None:
    keyring = Keyring(roots=[load_authority(CHAIN, "corp", [PERSON])])
    assert judge(bundle(ISSUING.signer(PERSON)), keyring=keyring, mode=Mode.PRODUCTION).status == "trusted"
    other = bundle(ISSUING.signer("intern@example.test"))
    verdict = judge(other, keyring=keyring)
    assert (verdict.status, verdict.signers[0].name, verdict.signers[0].trusted) == ("untrusted", "corp", False)
    assert verdict.warning == "the package is signed by somebody for whom `corp` is not trusted"
    with pytest.raises(TrustError, match=r"intern@example\.test") as caught:
        judge(other, keyring=keyring, mode=Mode.PRODUCTION)
    assert caught.value.code == "RM502"


def test_one_authority_may_be_trusted_under_two_names_for_different_identities() -> None:
    roots = [load_authority(CHAIN, name, [f"{name}@example.test"]) for name in ("ann", "bob")]
    for name in ("ann", "bob"):
        assert judge(bundle(ISSUING.signer(f"{name}@example.test")), keyring=Keyring(roots=roots)).key_name == name


def test_a_statement_about_another_package_is_refused() -> None:
    assert refused(bundle(ISSUING.signer(PERSON), "sha256:" + "cd" * 32)).code == "RM504"


def test_provenance_and_signature_may_be_by_different_signers() -> None:
    provenance = sign_statement(ISSUING.signer("ci.example.test"), DIGEST, PROVENANCE_PREDICATE, {})
    verdict = judge(bundle(OTHER.signer(PERSON)), provenance)
    assert (verdict.status, verdict.provenance) == ("untrusted", "trusted")


def test_an_ed25519_key_may_be_under_a_certificate() -> None:
    signer = ISSUING.signer(PERSON, key=SigningKey.generate("ed25519"))
    assert judge(bundle(signer)).status == "trusted"


def test_a_chain_without_its_root_is_no_authority() -> None:
    with pytest.raises(TrustError, match="root") as caught:
        load_authority(ISSUING.pem, "corp")
    assert caught.value.code == "RM506"


def test_a_certificate_must_be_over_the_key() -> None:
    with pytest.raises(TrustError, match="another key") as caught:
        CertificateSigner(SigningKey.generate(), certificate_of(ISSUING.signer(PERSON)).public_bytes(Encoding.PEM))
    assert caught.value.code == "RM506"


@pytest.mark.parametrize("at", [SPAN[0], SPAN[1]])
def test_both_ends_of_a_validity_belong_to_it(at: datetime) -> None:
    assert judge(bundle(ISSUING.signer(PERSON)), at=at).status == "trusted"
