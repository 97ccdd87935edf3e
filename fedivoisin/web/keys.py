"""What a request handler finds in the application and in its request."""

from collections.abc import Mapping

from aiohttp import web
from jinja2 import Environment

from fedivoisin.settings import Settings
from fedivoisin.store.db import Store
from fedivoisin.web.throttle import Throttle
from fedivoisin.world import World

STORE = web.AppKey("store", Store)
WORLD = web.AppKey("world", World)
SETTINGS = web.AppKey("settings", Settings)
TEMPLATES: web.AppKey[Mapping[str, Environment]] = web.AppKey("templates", Mapping)  # by language
THROTTLE = web.AppKey("throttle", Throttle)
