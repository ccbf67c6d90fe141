"""PostgreSQL: one database that kmslab processes of any number of machines share.

All that kmslab has there is in the schema ``kmslab`` of the database. The turn to write is an advisory
lock of the session, so the server takes it from a process that dies. A connection that is lost is made
again by the next call; a call in whose middle it is lost fails.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import Any, Final, LiteralString
from urllib.parse import parse_qsl, urlencode, urlsplit

from kmslab.ambient.clock import elapsed
from kmslab.store import files, rows, schema, slate
from kmslab.store.database import Row
from kmslab.store.port import Sealing, StoreError, StoreFullError
from kmslab.store.rows import Kinds, Unlock
from kmslab.store.shared import SharedStore

try:
    import psycopg
except ImportError:  # pragma: no cover - the extra `postgres` is not installed
    raise StoreError(
        "a store in PostgreSQL needs psycopg; pip install 'kmslab[postgres]'"
    ) from None

LOG = logging.getLogger(__name__)

LOCKS: Final = schema.APPLICATION_ID  # the first half of our advisory locks; the second is one of:
TURN, USE = 1, 2
STALENESS: Final = "staleness_ms"  # a parameter of the URL that is ours
IDENTITY: Final = "SELECT name, value FROM fact WHERE name IN ('check', 'lineage') ORDER BY name"
CHANNEL: Final = "kmslab_change"
RETRY_SECONDS: Final = 1.0  # after a connection could not be made

# "Server Configuration" of the manual. A turn ends 15 s after its machine has vanished.
SETTINGS: Final = {
    "search_path": "kmslab",
    "lock_timeout": "10s",
    "tcp_keepalives_idle": "5s",
    "tcp_keepalives_interval": "5s",
    "tcp_keepalives_count": "2",
}
CONNECTING: Final[dict[str, Any]] = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "application_name": "kmslab",
    "options": " ".join(f"-c {name}={value}" for name, value in SETTINGS.items()),
}

Connection = psycopg.Connection[Row]

# What a server that serves all the same says to who changes something. Hosts of databases set one that
# is short of room to read-only. Where the log is what has no room, the server goes away besides.
FULL: Final[dict[type[psycopg.Error], str]] = {
    psycopg.errors.DiskFull: "the disk is full; make room on it",
    psycopg.errors.ReadOnlySqlTransaction: "the database is read-only; make it writable, if need be"
    " by room on its disk",
}


class PostgresDatabase:
    """A database, used by this process among others or, not `shared`, while no other uses it.

    Other processes' changes are looked for at every request, or (`staleness`, in seconds) where the
    server has notified of one, and at the latest so long after the last look.

    Raises:
        StoreError: it cannot be reached, or belongs to a later kmslab, or others use it.
    """

    def __init__(self, url: str, *, shared: bool = True) -> None:
        self.place, self._url, staleness = _parsed(url)
        self._staleness = staleness
        self._use = "pg_try_advisory_lock_shared" if shared else "pg_try_advisory_lock"
        self._db: Connection | None = None
        self._listening = DefaultSelector()
        self._is_bound = False  # in a turn or a transaction, which a new connection would not be in
        self._retry_at = self._look_at = 0.0
        self._identity: tuple[Row, ...] | None = None  # of the store that was opened here
        self._connect()

    def remember(self) -> None:
        """From now on, take no other store for this one, such as a copy that was brought back."""
        self._identity = tuple(self.execute(IDENTITY))

    def execute(self, statement: str, values: Sequence[object] = ()) -> Sequence[Row]:
        """Execute one statement; return its rows."""
        with self._speaking():
            cursor = self._connected().execute(_translated(statement), values, binary=True)
            return cursor.fetchall() if cursor.description else ()

    @contextmanager
    def transaction(self, *, is_synced: bool = True) -> Iterator[None]:
        """All statements within, or none of them."""
        with self._speaking(), self._bound() as db:
            db.execute("BEGIN")
            try:
                if not is_synced:
                    db.execute("SET LOCAL synchronous_commit = off")
                yield
                db.execute("COMMIT")
            except BaseException:
                _end(db, "ROLLBACK")
                raise

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Have the turn."""
        with self._speaking(), self._bound() as db:
            db.execute(f"SELECT pg_advisory_lock({LOCKS}, {TURN})")
            try:
                yield
            finally:
                _end(db, f"SELECT pg_advisory_unlock({LOCKS}, {TURN})")

    def is_past(self, position: int) -> bool:  # noqa: ARG002 - the query that follows compares
        """Say yes where the server has something to say, or it was not asked for too long."""
        now = elapsed()
        if now < self._look_at and not self._listening.select(0):
            return False
        self._look_at = now + self._staleness
        return True

    def announce(self, position: int) -> None:  # noqa: ARG002 - who listens, reads it
        """Notify those who listen; those who could not be told look for themselves."""
        with suppress(StoreError):
            self.execute(f"NOTIFY {CHANNEL}")

    def need_sound(self) -> None:
        """Do nothing: the server looks after its pages itself."""

    def close(self) -> None:
        """Close the connection, for good."""
        self._retry_at = float("inf")
        self._listening.close()
        if self._db is not None:
            self._db.close()

    @contextmanager
    def _bound(self) -> Iterator[Connection]:
        """Keep to one connection."""
        db, outer = self._connected(), self._is_bound
        self._is_bound = True
        try:
            yield db
        finally:
            self._is_bound = outer

    def _connected(self) -> Connection:
        if self._db is None or (self._db.closed and not self._is_bound):
            self._connect()
        assert self._db is not None  # noqa: S101 - it was made, or has raised
        return self._db

    def _connect(self) -> None:
        """Make a connection that speaks of this store, and look at once for what was missed."""
        if elapsed() < self._retry_at:
            raise StoreError(f"{self.place}: there is no connection; it is tried again each second")
        self._retry_at = elapsed() + RETRY_SECONDS
        with self._speaking():
            db: Connection = psycopg.connect(self._url, autocommit=True, **CONNECTING)
            try:
                self._begin(db)
            except BaseException:
                db.close()
                raise
        self._listening.close()
        self._db, self._listening = db, DefaultSelector()
        self._listening.register(db.fileno(), EVENT_READ)
        self._retry_at = self._look_at = 0.0

    def _begin(self, db: Connection) -> None:
        if db.info.encoding != "utf-8":
            raise StoreError(f"{self.place}: its encoding is not UTF8; name another database")
        if not _one(db, f"SELECT {self._use}({LOCKS}, {USE})"):
            raise StoreError(f"{self.place}: another process has this store open; stop it first")
        is_known = self._identity is not None
        if is_known and self._identity != tuple(db.execute(IDENTITY, binary=True)):
            raise StoreError(f"{self.place}: another store is there now; start kmslab again")
        db.add_notify_handler(lambda _: None)  # the look that follows is all that one is good for
        if self._staleness:
            db.execute(f"LISTEN {CHANNEL}")

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Turn what psycopg says into a `StoreError` of one line."""
        try:
            yield
        except tuple(FULL) as error:
            raise StoreFullError(f"{self.place}: {FULL[type(error)]}") from None
        except psycopg.Error as error:
            said = str(error).strip().partition("\n")[0] or type(error).__name__
            raise StoreError(
                f"{self.place}: {said}; check that the server runs, the URL and its permissions"
            ) from None


def open_shared(url: str, kinds: Kinds, unlock: Unlock, slates: Path | None = None) -> SharedStore:
    """Open a database as a store, new if need be. Slates of its processes here lie in a folder, if told.

    Raises:
        StoreError: it cannot be reached or used; the message says why.
    """
    db = PostgresDatabase(url)
    try:
        with db.taken():
            migrate(db)
    except BaseException:
        db.close()
        raise
    has_locks = find_spec("fcntl") is not None  # which not every system has
    take = partial(_slate, db, slates) if slates and has_locks else None
    store = SharedStore(db, db, kinds, unlock, take)
    db.remember()
    return store


def _slate(db: PostgresDatabase, folder: Path, sealing: Sealing) -> slate.FileSlate | None:
    """Take a slate on this machine; where it has no place for one, do without."""
    try:
        with files.speaking_of(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return slate.FileSlate(_beside(db, folder), sealing, shared=True)
    except StoreError as error:
        LOG.warning("%s; until then kill -9 takes the last reads off the trail", error)
        return None


def _beside(db: PostgresDatabase, folder: Path) -> Path:
    """Name what the slates of this store lie beside: no other store has the same check and lineage."""
    return folder / "-".join(bytes(value).hex() for _, value in db.execute(IDENTITY))


@contextmanager
def alone(
    url: str, *, is_new: bool = False, slates: Path | None = None
) -> Iterator[PostgresDatabase]:
    """Open the database of a store while no other process does; `is_new` makes its tables.

    With the folder of `slates`, no process of this machine may have left one.

    Raises:
        StoreError: it cannot be used, another process has it open, or there is no store in it.
    """
    db = PostgresDatabase(url, shared=False)
    try:
        if is_new:
            with db.taken():
                migrate(db)
        _need_current(db)
        if slates is not None:
            slate.need_none(_beside(db, slates), db.place)
        yield db
    finally:
        db.close()


@contextmanager
def reading(url: str) -> Iterator[PostgresDatabase]:
    """Open the database of a store to look at it as it is at one instant.

    Raises:
        StoreError: it cannot be used, or there is no store in it.
    """
    db = PostgresDatabase(url)
    try:
        with db.transaction():
            db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            _need_current(db)
            yield db
    finally:
        db.close()


def migrate(db: PostgresDatabase) -> None:
    """Bring the tables to the newest version, in one transaction; to be called in one's turn.

    Raises:
        StoreError: they were made by a later kmslab.
    """
    missing = schema.MIGRATIONS[need_readable(db) :]
    if not missing:  # on a full disk nothing can be written
        return
    with db.transaction():
        db.execute("CREATE SCHEMA IF NOT EXISTS kmslab")
        for migration in missing:
            for statement in migration:
                db.execute(statement.replace("BLOB", "BYTEA").replace("INTEGER", "BIGINT"))
        rows.set_fact(db, "schema", str(len(schema.MIGRATIONS)).encode())


def need_readable(db: PostgresDatabase) -> int:
    """Return the version of the tables, 0 where there are none.

    Raises:
        StoreError: they were made by a later kmslab.
    """
    has_tables = db.execute("SELECT to_regclass('kmslab.fact') IS NOT NULL")[0][0]
    found = int(rows.fact(db, "schema") or 0) if has_tables else 0
    schema.need_known(found, db.place)
    return found


def _need_current(db: PostgresDatabase) -> None:
    if need_readable(db) != len(schema.MIGRATIONS):
        raise StoreError(
            f"{db.place}: of an older schema, or no store yet; open it once with kmslab serve"
        )


def _parsed(url: str) -> tuple[str, str, float]:
    """Return a URL as messages show it, as the library takes it, and the staleness in seconds."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    try:
        staleness = float(query.pop(STALENESS, 0)) / 1000
    except ValueError:
        raise StoreError(f"{STALENESS} of the store's URL is a number of milliseconds") from None
    host = parts.netloc.rpartition("@")[2] or query.get("host", "")
    url = f"postgresql://{parts.netloc}{parts.path}"
    return (
        f"postgresql://{host}{parts.path}",
        f"{url}?{urlencode(query)}" if query else url,
        staleness,
    )


@lru_cache
def _translated(statement: str) -> LiteralString:
    """Write a statement as psycopg takes it; all of ours are literals, and have no percent sign."""
    return statement.replace("?", "%s")


def _one(db: Connection, statement: LiteralString) -> Any:  # noqa: ANN401 - a column's value
    row = db.execute(statement).fetchone()
    return row and row[0]


def _end(db: Connection, statement: LiteralString) -> None:
    """End what was begun; a connection that cannot is no use any more."""
    try:
        db.execute(statement)
    except psycopg.Error:
        db.close()
