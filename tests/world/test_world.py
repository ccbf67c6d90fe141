"""A world begins as its file says, comes back from an export, and is refused by line and column."""

from hashlib import sha256
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from kmslab import Kms
from kmslab.world import schema as schemas
from kmslab.world.export import text, world_of
from kmslab.world.load import load
from kmslab.world.read import WorldFileError, read
from tests.operations import importing

ANN = ("AKIAANNEXAMPLE000001", "for-tests-only")
BOB = ("AKIABOBEXAMPLE000001", "for-tests-too")
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
HMAC_KEY = "0987dcba-09fe-87dc-65ba-ab0987654321"
MULTI = "mrk-1234abcd12ab34cd56ef1234567890ab"
HEX = bytes(range(32)).hex()

WORLD = f"""\
World: 1
Accounts:
- AccountId: "111122223333"
  ManagedPolicies:
  - PolicyName: use
    PolicyDocument: {{Version: "2012-10-17", Statement: [{{Effect: Allow, Action: "kms:*", Resource: "*"}}]}}
  Groups:
  - GroupName: developers
    AttachedPolicies: ["arn:aws:iam::111122223333:policy/use"]
  Users:
  - UserName: ann
    Path: /team/
    Groups: [developers]
    Tags: {{team: blue}}
    AccessKeys: [{{AccessKeyId: {ANN[0]}, SecretAccessKey: {ANN[1]}}}]
  Roles:
  - RoleName: reader
    AssumeRolePolicyDocument: {{Version: "2012-10-17", Statement: [{{Effect: Allow, Principal: {{AWS: "arn:aws:iam::111122223333:user/team/ann"}}, Action: "sts:AssumeRole"}}]}}
    Policies:
    - PolicyName: read
      PolicyDocument: {{Version: "2012-10-17", Statement: [{{Effect: Allow, Action: "kms:Decrypt", Resource: "*"}}]}}
  Keys:
  - Region: us-east-1
    KeyId: {KEY}
    Description: the key of the team
    CreationDate: 2025-03-01T12:00:00Z
    RotationPeriodInDays: 180
    NextRotationDate: 2026-06-01T12:00:00Z
    Aliases: [alias/app, alias/team]
    Tags: {{env: test}}
    Materials:
    - Hex: {HEX}
    - {{Seed: second, RotationType: AUTOMATIC}}
    Grants:
    - Operations: [Decrypt]
      GranteePrincipal: arn:aws:iam::444455556666:user/bob
      Constraints: {{EncryptionContextSubset: {{a: b}}}}
  - Region: us-east-1
    KeyId: {HMAC_KEY}
    KeySpec: HMAC_256
    KeyState: Disabled
    Materials: [{{Seed: any}}]
  - {{Region: eu-west-1, KeyId: {MULTI}, PrimaryRegion: us-east-1}}
  - {{Region: us-east-1, KeyId: {MULTI}, PrimaryRegion: us-east-1, Aliases: [alias/everywhere]}}
  - Region: us-east-1
    KeyId: 11111111-12ab-34cd-56ef-1234567890ab
    KeyState: PendingDeletion
    DeletionDate: 2026-01-20T00:00:00Z
  - Region: us-east-1
    KeyId: 22222222-12ab-34cd-56ef-1234567890ab
    Origin: EXTERNAL
    KeyState: PendingImport
- AccountId: "444455556666"
  Users:
  - UserName: bob
    AccessKeys: [{{AccessKeyId: {BOB[0]}, SecretAccessKey: {BOB[1]}}}]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "team.yaml"
    path.write_text(WORLD)
    return path


def test_the_published_schema_is_that_of_the_types() -> None:
    assert schemas.TARGET.read_text() == schemas.text()


def test_users_and_keys_are_as_the_file_says(path: Path) -> None:
    world = Kms.fresh(world=path)
    kms: Any = world.client(who=ANN)
    told = kms.describe_key(KeyId="alias/team")["KeyMetadata"]
    assert (told["KeyId"], told["Description"]) == (KEY, "the key of the team")
    assert told["CreationDate"].isoformat() == "2025-03-01T12:00:00+00:00"
    rotation = kms.get_key_rotation_status(KeyId=KEY)
    assert (rotation["KeyRotationEnabled"], rotation["RotationPeriodInDays"]) == (True, 180)
    assert kms.list_resource_tags(KeyId=KEY)["Tags"] == [{"TagKey": "env", "TagValue": "test"}]
    states = {
        each["KeyId"]: kms.describe_key(KeyId=each["KeyId"])["KeyMetadata"]["KeyState"]
        for each in kms.list_keys()["Keys"]
    }
    assert states == {
        KEY: "Enabled",
        HMAC_KEY: "Disabled",
        MULTI: "Enabled",
        "11111111-12ab-34cd-56ef-1234567890ab": "PendingDeletion",
        "22222222-12ab-34cd-56ef-1234567890ab": "PendingImport",
    }


def test_what_hangs_on_a_key_works(path: Path) -> None:
    world = Kms.fresh(world=path)
    ann: Any = world.client(who=ANN)
    bob: Any = world.client(who=BOB)
    sealed = ann.encrypt(KeyId=KEY, Plaintext=b"x", EncryptionContext={"a": "b"})["CiphertextBlob"]
    opened = bob.decrypt(CiphertextBlob=sealed, EncryptionContext={"a": "b"})
    assert opened["Plaintext"] == b"x"
    assert "arn:aws:iam::111122223333:user/team/ann" in {
        event["userIdentity"].get("arn") for event in world.trail
    }
    with pytest.raises(ClientError, match="AccessDenied"):
        bob.encrypt(KeyId=ann.describe_key(KeyId=KEY)["KeyMetadata"]["Arn"], Plaintext=b"x")


def test_a_replica_has_the_material_of_its_primary_key(path: Path) -> None:
    world = Kms.fresh(world=path)
    blob = world.client().encrypt(KeyId="alias/everywhere", Plaintext=b"x")["CiphertextBlob"]
    away: Any = world.client(region="eu-west-1")
    assert away.decrypt(CiphertextBlob=blob, KeyId=MULTI)["Plaintext"] == b"x"


def test_given_material_is_the_same_in_every_world(path: Path) -> None:
    path.write_text(WORLD.replace("KeyState: Disabled", "KeyState: Enabled"))
    tags = [
        Kms.fresh(seed, world=path)
        .client()
        .generate_mac(KeyId=HMAC_KEY, MacAlgorithm="HMAC_SHA_256", Message=b"m")["Mac"]
        for seed in (1, 2)
    ]
    assert tags[0] == tags[1]
    one, other = (Kms.fresh(seed, world=path) for seed in (1, 2))
    blob = one.client().encrypt(KeyId=KEY, Plaintext=b"x")["CiphertextBlob"]
    assert other.client().decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


@pytest.mark.parametrize("with_material", [True, False])
def test_an_export_comes_back_as_it_was(path: Path, tmp_path: Path, *, with_material: bool) -> None:
    first = Kms.fresh(world=path)
    written = text(world_of(first.endpoint, with_material=with_material))
    again = tmp_path / "again.yaml"
    again.write_text(written)
    second = Kms.fresh(seed=2, world=again)
    assert text(world_of(second.endpoint, with_material=with_material)) == written
    assert ("Base64:" in written) is with_material


def test_material_is_in_an_export_where_it_is_asked_for(path: Path, tmp_path: Path) -> None:
    first = Kms.fresh(world=path)
    blob = first.client().encrypt(KeyId=MULTI, Plaintext=b"x")["CiphertextBlob"]
    again = tmp_path / "again.yaml"
    again.write_text(text(world_of(first.endpoint, with_material=True)))
    assert Kms.fresh(2, world=again).client().decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_store_takes_one_world(path: Path, tmp_path: Path) -> None:
    store = f"sqlite:{tmp_path / 'world.db'}"
    with Kms.open(store, 1) as world:
        found = read(path, account=world.account, region=world.region)
        load(world.endpoint, found)
        world.client().update_key_description(KeyId=KEY, Description="another")
    with Kms.open(store, 2) as world:
        load(world.endpoint, found)
        told = world.client(who=ANN).describe_key(KeyId=KEY)["KeyMetadata"]
        assert told["Description"] == "another"
        path.write_text(WORLD + "\n")
        with pytest.raises(WorldFileError, match=r":1:1: the store has another world already; "):
            load(world.endpoint, read(path, account=world.account, region=world.region))


def test_a_world_that_lasts_begins_as_its_file_says_and_goes_on(path: Path, tmp_path: Path) -> None:
    store = f"sqlite:{tmp_path / 'world.db'}"
    with Kms.open(store, 1, world=path) as world:
        world.client().update_key_description(KeyId=KEY, Description="another")
    with Kms.open(store, 2, world=path) as world:
        told = world.client(who=ANN).describe_key(KeyId="alias/app")["KeyMetadata"]
        assert told["Description"] == "another"
    path.write_text(WORLD + "\n")
    with pytest.raises(WorldFileError, match=r":1:1: the store has another world already; "):
        Kms.open(store, 3, world=path)
    Kms.open(store, 4).close()  # and the file was let go


def with_deleted_material(world: Kms) -> tuple[str, bytes]:
    """Make a key whose material was imported, used and deleted; return its ID and what it sealed."""
    kms: Any = world.client()
    key = importing.make(kms)
    importing.bring(kms, key, importing.ONE)
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.delete_imported_key_material(KeyId=key)
    return key, blob


@pytest.mark.parametrize("with_material", [True, False])
def test_deleted_material_does_not_come_back_but_may_be_imported_again(
    tmp_path: Path, *, with_material: bool
) -> None:
    first = Kms.fresh()
    key, blob = with_deleted_material(first)
    again = tmp_path / "again.yaml"
    again.write_text(text(world_of(first.endpoint, with_material=with_material)))
    second = Kms.fresh(2, quotas="off", world=again)
    kms: Any = second.client()
    assert text(world_of(second.endpoint, with_material=with_material)) == again.read_text()
    assert importing.state(kms, key) == "PendingImport"
    assert importing.code(kms.decrypt, CiphertextBlob=blob) == "KMSInvalidStateException"
    wrong = importing.parameters(kms, key, importing.TWO) | importing.FOREVER
    assert importing.code(kms.import_key_material, **wrong) == "IncorrectKeyMaterialException"
    importing.bring(kms, key, importing.ONE)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_store_that_lasts_gets_all_or_nothing(path: Path, tmp_path: Path) -> None:
    path.write_text(WORLD.replace("alias/team]", "alias/aws/team]"))
    with Kms.open(f"sqlite:{tmp_path / 'world.db'}", 1) as world:
        with pytest.raises(WorldFileError, match="CreateAlias: InvalidAliasNameException"):
            load(world.endpoint, read(path, account=world.account, region=world.region))
        assert world.client().list_keys()["Keys"] == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("UserName: ann", "Username: ann", "unknown field `Username`; did you mean `UserName`?"),
        ('"444455556666"', "444455556666", "put it in quotes"),
        ("HMAC_256", "HMAC_257", "there is no key spec HMAC_257"),
        ("alias/everywhere", "alias/app", "alias alias/app stands here twice"),
        ("Region: eu-west-1", "Region: eu-west-9", "there is no Region eu-west-9"),
        ("DeletionDate: 2026-01-20T00:00:00Z", "Tags: {}", "the end of a key in parts"),
        (f"Hex: {HEX}", "Hex: 00ff", "IncorrectKeyMaterial"),
        ("user/bob\n", "user/carol\n", "CreateGrant: "),
        ("Groups: [developers]", "Groups: [nobody]", "AddUserToGroup: NoSuchEntity"),
        ("{Seed: any}", "{Seed: any, Hex: aa}", "material that is given twice"),
        ("{Seed: any}", f"{{Seed: any, KeyMaterialId: {'a' * 64}}}", "material that is given twice"),
        ("{Seed: any}", f"{{KeyMaterialId: {'a' * 64}}}", "material that was deleted, and not imported"),
        ("PrimaryRegion: us-east-1, Aliases", "PrimaryRegion: eu-west-2, Aliases", "a replica without"),
        ("World: 1", "World: 2", "Invalid enum value 2"),
        (BOB[0], ANN[0], "is another user's"),
    ],
)  # fmt: skip
def test_a_fault_has_its_line(path: Path, old: str, new: str, told: str) -> None:
    assert old in WORLD
    path.write_text(WORLD.replace(old, new))
    with pytest.raises(WorldFileError) as refused:
        Kms.fresh(world=path)
    fault = next(each for each in refused.value.faults if told in str(each))
    assert str(fault).startswith(f"{path}:{fault.line}:{fault.column}: ")
    assert "\n" not in str(fault)


def test_a_place_is_counted_from_one(path: Path) -> None:
    path.write_text("World: 1\nAccounts:\n- AccountId: '111122223333'\n  Keyes: []\n")
    with pytest.raises(WorldFileError) as refused:
        Kms.fresh(world=path)
    assert [(each.line, each.column) for each in refused.value.faults] == [(4, 3)]


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(WorldFileError, match="cannot be read"):
        Kms.fresh(world=tmp_path / "none.yaml")


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    form = PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def test_a_seeding_file_of_local_kms_is_a_world(tmp_path: Path) -> None:
    private = ec.derive_private_key(int(sha256(b"pair").hexdigest(), 16), ec.SECP256R1())
    pem = indent(_pem(private), " " * 10)
    path = tmp_path / "seed.yaml"
    path.write_text(
        dedent(f"""\
        Keys:
          Symmetric:
            Aes:
              - Metadata: {{KeyId: {KEY}, Description: seeded}}
                NextKeyRotation: "2027-09-12T15:19:21+00:00"
                BackingKeys: [{HEX}, {HEX[::-1]}]
              - Metadata: {{KeyId: 5d05267f-bb87-4d0b-8594-295a4371d414, Origin: EXTERNAL}}
          Asymmetric:
            Ecc:
              - Metadata: {{KeyId: {HMAC_KEY}, KeyUsage: SIGN_VERIFY}}
                PrivateKeyPem: |
        PEM
        Aliases:
          - {{AliasName: alias/testing, TargetKeyId: {KEY}}}
        """).replace("PEM\n", pem)
    )
    kms: Any = Kms.fresh(world=path).client()
    assert kms.describe_key(KeyId="alias/testing")["KeyMetadata"]["Description"] == "seeded"
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert kms.get_public_key(KeyId=HMAC_KEY)["PublicKey"] == public
    waiting = kms.describe_key(KeyId="5d05267f-bb87-4d0b-8594-295a4371d414")["KeyMetadata"]
    assert waiting["KeyState"] == "PendingImport"
    path.write_text(path.read_text().replace(f"TargetKeyId: {KEY}", f"TargetKeyId: {MULTI}"))
    with pytest.raises(WorldFileError, match=f"there is no key {MULTI}"):
        Kms.fresh(world=path)
