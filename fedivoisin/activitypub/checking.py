"""The signature of another's request, checked, timed and counted."""

from datetime import datetime

from fedivoisin.activitypub.wire import signatures
from fedivoisin.activitypub.wire.keys import PublicKey
from fedivoisin.activitypub.wire.request import Claim, SignedRequest
from fedivoisin.counters import Counters
from fedivoisin.errors import BadActivity
from fedivoisin.proof import Verified


def verify(counters: Counters, request: SignedRequest, key: PublicKey, *, now: datetime, claim: Claim) -> Verified:
    """`signatures.verify`. Raises BadActivity as it does."""
    began, outcome = counters.clock(), "held"
    try:
        return signatures.verify(request, key, now=now, claim=claim)
    except BadActivity as error:
        outcome = error.code
        raise
    finally:
        counters.checking.add(counters.clock() - began)
        counters.signatures[claim.scheme, outcome] += 1
