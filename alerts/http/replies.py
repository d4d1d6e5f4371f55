"""The page behind the link of a notification: whoever presses its button takes the incident."""

import html
from collections.abc import Mapping

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse

from alerts.http.policy import public
from alerts.telling.replies import Replies, Reply

TOKEN = Path(max_length=80, pattern=r"^[0-9A-Za-z_-]+$")
SAYS: Mapping[str, Mapping[str, str]] = {
    "id": {
        "open": "Tekan tombol bila Anda menangani kejadian ini.",
        "taken": "Kejadian ini Anda tangani. Terima kasih.",
        "already": "Sudah ditangani oleh {who}.",
        "closed": "Kejadian ini sudah selesai.",
        "unknown": "Tautan ini tidak berlaku.",
        "button": "Saya tangani",
        "more": "Lihat gambar dan tempatnya",
    },
    "en": {
        "open": "Press the button if you take this incident.",
        "taken": "You have this incident. Thank you.",
        "already": "{who} has it already.",
        "closed": "This incident is over.",
        "unknown": "This link is not valid.",
        "button": "I take it",
        "more": "See its picture and place",
    },
}
PAGE = """<!doctype html>
<html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>E-Kamling</title><link rel="stylesheet" href="/reply.css">
<main><h1>{title}</h1><p>{says}</p>{form}{more}</main></html>
"""
FORM = '<form method="post"><button type="submit">{button}</button></form>'


MORE = '<p><a href="/?kejadian={incident}">{more}</a></p>'


def router(replies: Replies) -> APIRouter:
    """`/j/TOKEN`: the page behind the link of a message."""
    routes = APIRouter(prefix="/j", dependencies=[public])

    @routes.get("/{token}", include_in_schema=False)
    async def look(token: str = TOKEN) -> HTMLResponse:
        """What the link of a notification shows; it takes nothing yet."""
        return _page(await replies.look(token))

    @routes.post("/{token}", include_in_schema=False)
    async def take(token: str = TOKEN) -> HTMLResponse:
        """Take the incident for the recipient of the notification."""
        return _page(await replies.take(token))

    return routes


def words(reply: Reply) -> str:
    """What is said to who answered."""
    return SAYS.get(reply.language, SAYS["id"])[reply.outcome].format(who=reply.who)


def _page(reply: Reply) -> HTMLResponse:
    said = SAYS.get(reply.language, SAYS["id"])
    content = PAGE.format(
        language=reply.language,
        title=html.escape(reply.title or "E-Kamling"),
        says=html.escape(words(reply)),
        form=FORM.format(button=html.escape(said["button"])) if reply.outcome == "open" else "",
        more=MORE.format(incident=html.escape(reply.incident), more=html.escape(said["more"]))
        if reply.incident
        else "",
    )
    return HTMLResponse(content, 404 if reply.outcome == "unknown" else 200, {"Cache-Control": "no-store"})
