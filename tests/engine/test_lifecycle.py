"""What is due, where nothing is there for it to happen to."""

from kmslab import Kms
from kmslab.store.records import ALL_DUES, DUES, Due
from kmslab.store.transaction import Transaction


def test_a_date_that_is_nobodys_is_dropped() -> None:
    world = Kms.fresh(seed=1)
    store = world.endpoint.engine.store
    key = world.client().create_key()["KeyMetadata"]["KeyId"]
    tx = Transaction(store)
    for key_id in (key, "1234abcd-12ab-34cd-56ef-1234567890ab"):
        tx.put(DUES, Due(world.clock.now(), world.account, world.region, key_id))
    tx.commit()
    world.clock.advance(days=1)
    assert world.client().describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
    assert list(store.page(DUES, ALL_DUES, after="", limit=10)) == []
