"""Kept keys as `wire` wants them."""

from fedivoisin.activitypub.wire import keys as wire_keys
from fedivoisin.activitypub.wire.keys import PublicKey
from fedivoisin.store.keys import Key


def usable(key: Key) -> PublicKey:
    """A public key from the store, PEM or Multikey. BadActivity when it cannot be read."""
    load = wire_keys.load_public_pem if key.public.startswith("-----") else wire_keys.load_multikey
    return wire_keys.public_key(key.id, key.owner, load(key.public.strip()))


def multibase(key: Key) -> str:
    """A key of ours as a Multikey (FEP-521a)."""
    return wire_keys.multikey(usable(key).key)
