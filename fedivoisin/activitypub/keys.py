"""What a request handler finds in the application."""

from aiohttp import web

from fedivoisin.activitypub.inbox import Reception
from fedivoisin.settings import Settings
from fedivoisin.store.db import Store
from fedivoisin.world import World

STORE = web.AppKey("activitypub-store", Store)
WORLD = web.AppKey("activitypub-world", World)
SETTINGS = web.AppKey("activitypub-settings", Settings)
RECEPTION = web.AppKey("activitypub-reception", Reception)
