"""Every event that the journal can hold, as one union: dropping a case anywhere is a type error."""

from fedivoisin.community.following import FollowEvent
from fedivoisin.community.groups import GroupOpened
from fedivoisin.market.conversations import ConversationEvent
from fedivoisin.market.events import ListingEvent
from fedivoisin.trust.decisions import DecisionEvent
from fedivoisin.trust.events import TrustEvent

Event = ListingEvent | TrustEvent | FollowEvent | GroupOpened | ConversationEvent | DecisionEvent
