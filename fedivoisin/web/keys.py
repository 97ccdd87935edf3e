"""What a request handler finds in the application and in its request."""

from aiohttp import web
from jinja2 import Environment

from fedivoisin.settings import Settings
from fedivoisin.store.db import Store
from fedivoisin.world import World

STORE = web.AppKey("store", Store)
WORLD = web.AppKey("world", World)
SETTINGS = web.AppKey("settings", Settings)
TEMPLATES = web.AppKey("templates", Environment)
