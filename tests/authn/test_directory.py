import msgspec
import pytest

from kmslab.authn.directory import Directory
from kmslab.model.principals import Credential, Principal, PrincipalPolicies, PrincipalRecord
from kmslab.store.memory import MemoryStore

ACCOUNT = "111122223333"
OTHER = "444455556666"
USER = f"arn:aws:iam::{ACCOUNT}:user/team/alice"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service/app"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/one"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def record(arn: str, **policies: object) -> PrincipalRecord:
    return PrincipalRecord(
        account=ACCOUNT, arn=arn, unique_id="AIDA", policies=PrincipalPolicies(**policies)
    )


def credential(key: str, arn: str = USER) -> Credential:
    owner = Principal(kind="user", arn=arn, account=ACCOUNT)
    return Credential(access_key_id=key, secret_access_key="secret", principal=owner)


def session(arn: str = SESSION, role_arn: str = ROLE) -> Principal:
    return Principal(
        kind="role-session",
        arn=arn,
        account=ACCOUNT,
        user_id="AIDA:one",
        role_arn=role_arn,
        session_policy="s",
    )


@pytest.fixture
def directory() -> Directory:
    return Directory(MemoryStore())


def test_an_empty_directory_knows_nobody(directory: Directory) -> None:
    assert directory.credential("AKIA") is None
    assert directory.principal(USER) is None
    assert directory.accounts == ()


def test_an_access_key_is_found_until_it_is_deleted(directory: Directory) -> None:
    directory.put_credential(credential("AKIA1"))
    assert directory.credential("AKIA1") == credential("AKIA1")
    directory.delete_credential("AKIA1")
    assert directory.credential("AKIA1") is None


def test_deleting_what_is_not_there_changes_nothing(directory: Directory) -> None:
    directory.put_credential(credential("AKIA1"))
    directory.delete_credential("AKIA2")
    directory.delete_principal(USER + "x")
    assert directory.credential("AKIA1") is not None


def test_a_deleted_principal_takes_its_access_keys_along(directory: Directory) -> None:
    directory.put_principal(record(USER))
    for key in ("AKIA1", "AKIA2"):
        directory.put_credential(credential(key))
    directory.put_credential(credential("AKIA3", USER + "s"))
    assert {key.access_key_id for key in directory.credentials_of(USER)} == {"AKIA1", "AKIA2"}
    directory.delete_principal(USER)
    assert directory.principal(USER) is None
    assert directory.credentials_of(USER) == ()
    assert directory.credential("AKIA1") is None
    assert directory.credential("AKIA3") is not None


def test_a_principal_is_found_by_its_arn(directory: Directory) -> None:
    directory.put_principal(record(USER))
    assert directory.principal(USER) == record(USER)
    assert directory.principal("alice") is None


def test_a_principal_brings_its_account(directory: Directory) -> None:
    directory.put_principal(record(USER))
    directory.put_account(OTHER)
    directory.put_account(OTHER)
    assert directory.accounts == (ACCOUNT, OTHER)


def test_all_accounts_are_listed_however_many(directory: Directory) -> None:
    ids = [f"{number:012d}" for number in range(1001)]
    for account in ids:
        directory.put_account(account)
    assert directory.accounts == tuple(ids)


def test_a_user_has_its_own_policies(directory: Directory) -> None:
    directory.put_principal(record(USER, identity=("p",), boundary="b"))
    user = Principal(kind="user", arn=USER, account=ACCOUNT)
    assert directory.principal_policies(user) == PrincipalPolicies(identity=("p",), boundary="b")


@pytest.mark.parametrize(
    "principal",
    [
        Principal(kind="root", arn=ROOT, account=ACCOUNT),
        Principal(kind="service", service="ebs.amazonaws.com"),
    ],
)
def test_root_users_and_services_have_no_policies(
    directory: Directory, principal: Principal
) -> None:
    directory.put_principal(record(USER, identity=("p",)))
    assert directory.principal_policies(principal) == PrincipalPolicies()


def test_a_session_follows_its_role_and_keeps_its_session_policy(directory: Directory) -> None:
    directory.put_principal(record(ROLE, identity=("old",)))
    directory.put_principal(record(ROLE, identity=("new",), boundary="b"))
    expected = PrincipalPolicies(identity=("new",), boundary="b", session="s")
    assert directory.principal_policies(session()) == expected


def test_a_session_whose_role_is_gone_has_its_session_policy_only(directory: Directory) -> None:
    assert directory.principal_policies(session()) == PrincipalPolicies(session="s")


def test_a_session_does_not_pass_to_a_new_role_of_the_old_name(directory: Directory) -> None:
    again = msgspec.structs.replace(record(ROLE, identity=("p",)), unique_id="AROA2")
    directory.put_principal(again)
    assert directory.principal_policies(session()) == PrincipalPolicies(session="s")


def test_a_federated_user_follows_the_user_it_acts_for(directory: Directory) -> None:
    directory.put_principal(record(USER, identity=("p",), boundary="b"))
    federated = Principal(
        kind="federated-user",
        arn=f"arn:aws:sts::{ACCOUNT}:federated-user/guest",
        account=ACCOUNT,
        user_arn=USER,
        session_policy="s",
    )
    expected = PrincipalPolicies(identity=("p",), boundary="b", session="s")
    assert directory.principal_policies(federated) == expected


@pytest.mark.parametrize(
    "arn",
    [
        USER,
        ROLE,
        ROOT,
        ACCOUNT,
        SESSION,
        f"arn:aws:sts::{ACCOUNT}:assumed-role/app/any-other",
        f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
    ],
)
def test_a_key_policy_may_name_who_exists(directory: Directory, arn: str) -> None:
    assert not directory.exists(arn)
    for known in (USER, ROLE):
        directory.put_principal(record(known))
    assert directory.exists(arn)


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:iam::{ACCOUNT}:user/alice",
        f"arn:aws:iam::{ACCOUNT}:role/app",
        f"arn:aws:iam::{OTHER}:root",
        f"arn:aws:iam::{ACCOUNT}:group/admins",
        f"arn:aws:iam::{ACCOUNT}:user/*",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/nobody/one",
        f"arn:aws:sts::{ACCOUNT}:assumed-role",
        f"arn:aws:iam::{ACCOUNT}:rootless",
        f"arn:aws:s3::{ACCOUNT}:root",
        OTHER,
        "AIDACKCEVSQ6C2EXAMPLE",
        "*",
        "",
    ],
)
def test_a_key_policy_may_not_name_who_does_not(directory: Directory, arn: str) -> None:
    for known in (USER, ROLE, "not-an-arn"):
        directory.put_principal(record(known))
    assert not directory.exists(arn)


def test_a_credential_does_not_show_its_secret() -> None:
    assert "secret" not in repr(credential("AKIA1"))
