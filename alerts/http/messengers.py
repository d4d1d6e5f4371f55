"""What messengers call: a pressed button takes the incident, a receipt is noted."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from alerts.http.errors import ApiError
from alerts.http.policy import public
from alerts.http.replies import words
from alerts.notifiers import telegram, verify, whatsapp
from alerts.notifiers.inbound import Secrets
from alerts.telling.replies import Replies
from alerts.telling.window import Window


def router(replies: Replies, secrets: Secrets, window: Window) -> APIRouter:
    """`/api/v1/inbound/telegram` and `/whatsapp`; each call carries its messenger's own proof."""
    routes = APIRouter(prefix="/api/v1/inbound", tags=["answers"], dependencies=[public])

    _telegram(routes, replies, secrets.telegram)
    _whatsapp(routes, replies, secrets, window)
    return routes


def _telegram(routes: APIRouter, replies: Replies, secret: str) -> None:
    @routes.post("/telegram")
    async def from_telegram(request: Request) -> Response:
        """Updates of the Telegram bot: a pressed button takes the incident."""
        if not verify.telegram(request.headers.get(verify.TELEGRAM_HEADER), secret):
            raise ApiError(403, "not_signed", "This call does not carry the bot's secret.")
        said: dict[str, Any] = {}
        for answer in telegram.answers(await request.body()):
            if answer.token:
                said = telegram.reply_to(answer, words(await replies.take(answer.token)))
        return JSONResponse(said)


def _whatsapp(routes: APIRouter, replies: Replies, secrets: Secrets, window: Window) -> None:
    @routes.get("/whatsapp")
    async def check_whatsapp(
        mode: Annotated[str, Query(alias="hub.mode", max_length=40)] = "",
        token: Annotated[str, Query(alias="hub.verify_token", max_length=400)] = "",
        challenge: Annotated[str, Query(alias="hub.challenge", max_length=400)] = "",
    ) -> PlainTextResponse:
        """Meta asks once whether this address is ours."""
        if not verify.whatsapp_challenge(mode, token, secrets.whatsapp_verify):
            raise ApiError(403, "not_signed", "This call does not carry the verify token.")
        return PlainTextResponse(challenge)

    @routes.post("/whatsapp")
    async def from_whatsapp(request: Request) -> Response:
        """Messages and receipts of WhatsApp: a pressed button takes the incident, a receipt is noted."""
        body = await request.body()
        if not verify.whatsapp(request.headers.get(verify.WHATSAPP_HEADER), body, secrets.whatsapp_app):
            raise ApiError(403, "not_signed", "This call is not signed by the app.")
        for answer in whatsapp.answers(body):
            await window.heard(answer.who)
            if answer.token:
                await replies.take(answer.token)
        for delivered in whatsapp.deliveries(body):
            if delivered.state == "failed":
                await replies.failed("whatsapp", delivered.provider_id, delivered.reason)
            elif delivered.state != "sent":
                await replies.delivered("whatsapp", delivered.provider_id)
        return Response(status_code=204)
