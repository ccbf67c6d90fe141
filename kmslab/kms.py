"""`Kms`: a whole world of KMS in one object, for notebooks, tests and proofs."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Self

from botocore.client import BaseClient

from kmslab import client as clients
from kmslab.ambient.clock import EPOCH_OF_LABS, VirtualClock
from kmslab.audit import log_files
from kmslab.audit.batches import newest_first
from kmslab.audit.delivery import Delivery
from kmslab.audit.trail import Trail
from kmslab.authz.what_if import WhatIf
from kmslab.billing.bill import Bill, bill
from kmslab.billing.usage import stored_keys, usage_of
from kmslab.custody.digests import DigestSigner
from kmslab.engine.review import Review, review_of
from kmslab.engine.what_if import what_if_recorded
from kmslab.engine.who_can import WhoCan, who_can
from kmslab.model import bootstrap
from kmslab.model.principals import Caller, Principal, VpcEndpoint
from kmslab.server.build import AuthMode, administrator_keys, build_endpoint
from kmslab.server.endpoint import Endpoint
from kmslab.server.stores import open_store
from kmslab.services.identity import root_keys, service_keys
from kmslab.services.policies import need_endpoint_policy
from kmslab.store.port import Store
from kmslab.store.records import INSTANTS, Instant
from kmslab.store.transaction import Transaction
from kmslab.world.load import begin

LOG = logging.getLogger(__name__)

Who = tuple[str, ...] | Mapping[str, object]  # keys as a tuple, or as CreateAccessKey answers them


class Kms:
    """One world: an account (or several), its Regions, a clock, and the trail of all calls."""

    def __init__(
        self, endpoint: Endpoint, *, account: str, region: str, clock: VirtualClock
    ) -> None:
        self.endpoint = endpoint
        self.account = account
        self.region = region
        self.clock = clock
        self._is_open = True
        self._signer: DigestSigner | None = None

    @classmethod
    def fresh(
        cls,
        seed: int = 1,
        *,
        account: str = bootstrap.ACCOUNT,
        region: str = bootstrap.REGION,
        auth: AuthMode = "strict",
        quotas: str = "aws",
        world: str | Path | None = None,
    ) -> "Kms":
        """Make a world in which nothing has happened yet, or one that begins as a world file says.

        The same seed and the same calls give the same ARNs, ciphertexts and events.

        Raises:
            WorldFileError: the file is none, or something in it is refused.
        """
        clock = VirtualClock()
        endpoint = build_endpoint(account=account, auth=auth, quotas=quotas, seed=seed, clock=clock)
        if world is not None:
            begin(endpoint, world, account=account, region=region)
        return cls(endpoint, account=account, region=region, clock=clock)

    @classmethod
    def open(
        cls,
        store: str,
        seed: int | None = None,
        *,
        account: str = bootstrap.ACCOUNT,
        region: str = bootstrap.REGION,
        auth: AuthMode = "strict",
        quotas: str = "aws",
        world: str | Path | None = None,
    ) -> "Kms":
        """Open a world that lasts: ``Kms.open("sqlite:world.db")``. Close it, or use ``with``.

        It goes on at the instant where it was closed; `kmslab serve` lives in the machine's time on
        the same file, so what has become due between happens then. With a seed each opening has randomness of
        its own, the same for everyone who calls and opens alike. A new store begins as a world file says; one
        that has begun with this file goes on.

        Raises:
            StoreError: the store cannot be used; the message says why.
            WorldFileError: the file is none, something in it is refused, or the store has another world.
        """
        opened = open_store(store)
        keep = partial(_keep_instant, opened.store)
        clock = VirtualClock(start=_last_instant(opened.store), on_advance=keep)
        endpoint = build_endpoint(
            account=account, auth=auth, quotas=quotas, seed=seed, store=opened, clock=clock
        )
        if world is not None:
            begin(endpoint, world, account=account, region=region)
        return cls(endpoint, account=account, region=region, clock=clock)

    def close(self) -> None:
        """Write down what is not written yet, and let go of the store."""
        if self._is_open:
            self._is_open = False
            try:
                _keep_instant(self.endpoint.engine.store, self.clock.now())
            finally:
                self.endpoint.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def trail(self) -> Trail:
        """The CloudTrail events of this world, the newest last."""
        return self.endpoint.engine.trail

    def deliver(self, place: str | Path) -> int:
        """Deliver the events that are not yet in a folder: log files, and digests that chain and are signed.

        Returns how many events that were; where the trail may have forgotten some before, a warning is logged. ``kmslab trail validate`` looks whether they are what they were.

        Raises:
            ValueError: a log file that is there already is damaged.
        """
        folder = Path(place)
        known = {record["eventID"] for record in log_files.records(folder)}
        self._signer = self._signer or DigestSigner()
        events = self.trail.kept()
        if self.trail.is_full and events[0].event_id not in known:
            LOG.warning("events may be missing: the trail keeps the newest %d only", len(events))
        new = [event for event in events if event.event_id not in known]
        return Delivery(folder, self._signer).deliver(new)

    def explain(self, event_id: str) -> Review:
        """Decide a recorded call again: why it was allowed or denied, and whether it still would be.

        Takes the ID of the event, or of the request (``ResponseMetadata.RequestId``).

        Raises:
            LookupError: the trail has no such event.
        """
        engine = self.endpoint.engine
        return review_of(event_id, self.trail, engine.store, engine.directory)

    def who_can(self, action: str, key: str) -> WhoCan:
        """List who can do an action (``kms:Decrypt``) with a key, and by which statement or grant.

        Raises:
            ValueError: no key policy decides that action.
            KmsError: there is no such key.
        """
        engine = self.endpoint.engine
        home = Caller(Principal(kind="root", account=self.account), self.region)
        return who_can(action, key, engine.store, engine.directory, home)

    def what_if(
        self, edit: Mapping[str, Any], *, event_id: str = "", key: str = "", caller: str = ""
    ) -> WhatIf:
        """Say which recorded calls would have another verdict, and why, if policies or requests were edited.

        `edit` has fields as `kmslab simulate` reads them: ``{"key_policy": ...}``, ``{"identity_policies":
        [...]}``, ``{"context": {"aws:SourceIp": ...}}``. Whose policy it is, say `key` or `caller`; or name one call.

        Raises:
            LookupError: the trail has no such event.
            ValueError: the edit is none, or it is not said whose policy it is.
        """
        found = self.trail.find(event_id)
        if event_id and found is None:
            raise LookupError(f"the trail has no event {event_id}")
        events = self.trail.kept() if found is None else (found,)
        return what_if_recorded(edit, events, key=key, caller=caller)

    def bill(self, account: str | None = None, *, free_tier: bool = True) -> Bill:
        """Return what this world would have cost an account on AWS until now, as far as the trail goes back."""
        payer = account or self.account
        usage = usage_of(payer, self.trail, stored_keys(self.endpoint.engine.store, payer))
        return bill(usage, self.clock.now(), free_tier=free_tier)

    def client(
        self,
        service: str = "kms",
        who: Who | None = None,
        region: str | None = None,
        *,
        fast: bool = False,
        via: str = "",
        through: str = "",
        told: clients.Told | None = None,
    ) -> BaseClient:
        """Return a boto3 client of "kms" or a service beside it, which needs no network.

        Those are "iam", "sts", "organizations", "service-quotas" and "cloudtrail".

        `who` signs: an access key ID with its secret (and session token), or the answer of
        CreateAccessKey or AssumeRole; without it the administrator. `fast` skips signing and
        believes the caller, which suits load and teaches nothing about signatures.

        Where the call comes from: `via` is the service that makes it on the caller's behalf (``"s3"``), `through`
        the ID of a VPC endpoint (`vpc_endpoint`), and `told` are other condition keys that no request carries:
        ``{"aws:SourceArn": ...}`` for a service principal, ``{"aws:SourceIp": ...}``.
        """
        credentials = administrator_keys() if who is None else _credentials(who)
        region = region or self.region
        if fast and service == "kms" and not (via or through or told):
            return clients.fast_client(self.endpoint, credentials=credentials, region=region)
        return clients.client(
            self.endpoint,
            service,
            credentials=credentials,
            region=region,
            url=clients.url_of(through, service, region) if through else clients.URL,
            peer=f"{via}.amazonaws.com" if via else clients.PEER,
            told={**clients.on_behalf(via, region), **(told or {})} or None,
        )

    def root(self, account: str | None = None) -> Who:
        """Return access keys of an account's root user; an account that was not there exists then."""
        engine = self.endpoint.engine
        return root_keys(engine.directory, account or self.account, engine.entropy)

    def service(self, name: str) -> Who:
        """Return keys with which a service calls as itself: ``"cloudtrail.amazonaws.com"``."""
        engine = self.endpoint.engine
        return service_keys(engine.directory, name, engine.entropy)

    def vpc_endpoint(
        self, policy: str = bootstrap.POLICY, *, endpoint_id: str = "", vpc: str = ""
    ) -> str:
        """Make a VPC endpoint for KMS, or give one another policy; returns its ID.

        Clients made with ``through=`` this ID send through it, and so does every request whose Host
        begins with it (``vpce-0123456789abcdef0.kms.us-east-1.vpce.localhost``).

        Raises:
            MalformedPolicyDocumentException: the policy is none.
        """
        engine = self.endpoint.engine
        need_endpoint_policy(policy)
        made = VpcEndpoint(
            endpoint_id or f"vpce-{engine.entropy.take(9).hex()[:17]}",
            vpc or f"vpc-{engine.entropy.take(9).hex()[:17]}",
            policy,
        )
        engine.directory.put_vpc_endpoint(made)
        return made.id

    def fail(self, operation: str, fault: str, times: int = 1) -> None:
        """Let the next `times` calls of an operation fail inside KMS.

        ``world.fail("Decrypt", "KMSInternalException", 2)`` shows how a client retries.

        Raises:
            ValueError: there is no such operation, or it knows no such fault.
        """
        self.endpoint.engine.faults.plan(operation, fault, times)

    def delay_grants(self, **duration: float) -> None:
        """Let new grants take a while to be everywhere, given as to `timedelta`: ``minutes=5``.

        Until then a grant counts only for a request that sends its token, as on AWS; nothing at all
        takes the delay away.
        """
        self.endpoint.engine.grant_delay = timedelta(**duration).total_seconds()

    def __repr__(self) -> str:
        return f"Kms(account={self.account!r}, region={self.region!r})"


def _keep_instant(store: Store, now: float) -> None:
    transaction = Transaction(store)
    transaction.put(INSTANTS, Instant(now))
    transaction.commit()


def _last_instant(store: Store) -> float:
    """Return where the clock stood, or the time of the last event where nobody could write that."""
    found = store.page(INSTANTS, "clock", after="", limit=1)
    kept = found[0].at if found else EPOCH_OF_LABS
    newest = next(newest_first(store.journal), None) if store.journal else None
    return max(kept, newest.time if newest else kept)


def _credentials(who: Who) -> tuple[str, ...]:
    if isinstance(who, tuple):
        return who
    keys = who.get("AccessKey") or who.get("Credentials") or who
    assert isinstance(keys, Mapping)  # noqa: S101 - the shapes of IAM and STS
    token = keys.get("SessionToken")
    found = (str(keys["AccessKeyId"]), str(keys["SecretAccessKey"]))
    return found if token is None else (*found, str(token))
