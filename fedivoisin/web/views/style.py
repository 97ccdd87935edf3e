"""« Planche de style »: every component with sample words, for whoever changes them."""

from aiohttp import web

from fedivoisin.errors import Reason, Refused
from fedivoisin.web.views.flyer import qr
from fedivoisin.web.visit import Visit


async def show(visit: Visit) -> web.StreamResponse:
    """GET /style, in lab mode only."""
    if not visit.settings.is_lab:
        raise Refused(Reason.NOT_FOUND)
    sample = {"qr": qr(f"{visit.here.base}/i/NTE-4821", label="QR de l’invitation NTE-4821")}
    return visit.render("style.html", title="Planche de style", sample=sample)
