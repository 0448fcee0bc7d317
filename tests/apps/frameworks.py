"""The same few pages in Starlette, Flask and Django (as ASGI and as WSGI), as users of these write them.

``/users/7``      JSON of one user
``POST /echo``    the body that came, as it came, and its content type in ``X-Content-Type``
``POST /form``    JSON of the fields of a form, and of the names and sizes of its files
``/stream``       100 lines, made one after the other
``/login``        sets a cookie and redirects to ``/me``, which tells it
``/fail``         raises LookupError
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

__all__ = ["LIVED", "django_asgi", "django_wsgi", "flask_app", "starlette_app"]

LIVED: list[str] = []
"""What the lifespan and the background task of the Starlette application did."""


def lines() -> Iterator[str]:
    for number in range(100):
        yield f"line {number}\n"


# Starlette.


def starlette_app() -> Any:
    from starlette.applications import Starlette
    from starlette.background import BackgroundTask
    from starlette.requests import Request
    from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
    from starlette.routing import Mount, Route, WebSocketRoute
    from starlette.websockets import WebSocket

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, object]]:
        LIVED.append("startup")
        yield {"name": "Ada"}
        LIVED.append("shutdown")

    async def user(request: Request) -> Response:
        answer = {"id": request.path_params["number"], "name": request.state.name}
        return JSONResponse(answer, background=BackgroundTask(LIVED.append, "background"))

    async def echo(request: Request) -> Response:
        body = b"".join([piece async for piece in request.stream()])
        return Response(body, headers={"X-Content-Type": request.headers.get("content-type", "")})

    async def form(request: Request) -> Response:
        async with request.form() as fields:
            answer = {
                name: value if isinstance(value, str) else len(await value.read()) for name, value in fields.items()
            }
        return JSONResponse(answer)

    async def stream(request: Request) -> Response:
        return StreamingResponse(lines(), media_type="text/plain")

    async def login(request: Request) -> Response:
        response = RedirectResponse(request.url_for("me"), 303)
        response.set_cookie("user", "ada")
        return response

    async def me(request: Request) -> Response:
        return PlainTextResponse(request.cookies.get("user", "nobody"))

    async def fail(request: Request) -> Response:
        raise LookupError("not here")

    async def chat(socket: WebSocket) -> None:
        await socket.accept()
        async for text in socket.iter_text():
            await socket.send_text(text.upper())

    routes = [
        Route("/users/{number:int}", user),
        Route("/echo", echo, methods=["POST"]),
        Route("/form", form, methods=["POST"]),
        Route("/stream", stream),
        Route("/login", login),
        Route("/me", me, name="me"),
        Route("/fail", fail),
        WebSocketRoute("/chat", chat),
    ]
    return Starlette(routes=[*routes, Mount("/inner", routes=list(routes[:1]))], lifespan=lifespan)


# Flask.


def flask_app() -> Any:
    from flask import Flask, Response, jsonify, redirect, request, url_for

    app = Flask("shop")

    @app.get("/users/<int:number>")
    def user(number: int) -> Response:
        return jsonify(id=number, name="Ada")

    @app.post("/echo")
    def echo() -> Response:
        return Response(request.get_data(), headers={"X-Content-Type": request.content_type or ""})

    @app.post("/form")
    def form() -> Response:
        files = {name: len(file.read()) for name, file in request.files.items()}
        return jsonify(dict(request.form) | files)

    @app.get("/stream")
    def stream() -> Response:
        return Response(lines(), mimetype="text/plain")

    @app.get("/login")
    def login() -> Any:
        response = redirect(url_for("me"), 303)
        response.set_cookie("user", "ada")
        return response

    @app.get("/me")
    def me() -> str:
        return request.cookies.get("user", "nobody")

    @app.get("/fail")
    def fail() -> str:
        raise LookupError("not here")

    app.config["PROPAGATE_EXCEPTIONS"] = True
    return app


# Django: one project for the process.


def _django() -> None:
    import django
    from django.conf import settings

    if settings.configured:
        return
    settings.configure(
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="tests.apps.django_urls",
        SECRET_KEY="for tests",
        DEBUG_PROPAGATE_EXCEPTIONS=True,
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
        LOGGING_CONFIG=None,
    )
    django.setup()


def django_asgi() -> Any:
    _django()
    from django.core.asgi import get_asgi_application

    return get_asgi_application()


def django_wsgi() -> Any:
    _django()
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()
