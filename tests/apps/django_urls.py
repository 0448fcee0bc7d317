"""The pages of the Django project; imported by Django."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.urls import path

from .frameworks import lines


def user(request: HttpRequest, number: int) -> HttpResponse:
    return JsonResponse({"id": number, "name": "Ada"})


def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.body, headers={"X-Content-Type": request.content_type or ""})


def form(request: HttpRequest) -> HttpResponse:
    files = {name: file.size for name, file in request.FILES.items()}
    return JsonResponse(request.POST.dict() | files)


def stream(request: HttpRequest) -> Any:
    from django.core.handlers.asgi import ASGIRequest

    if isinstance(request, ASGIRequest):
        return StreamingHttpResponse(async_lines(), content_type="text/plain")
    return StreamingHttpResponse(lines(), content_type="text/plain")


async def async_lines() -> Any:
    for line in lines():
        yield line


def login(request: HttpRequest) -> HttpResponse:
    response = HttpResponseRedirect("/me")
    response.set_cookie("user", "ada")
    return response


def me(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.COOKIES.get("user", "nobody"))


def fail(request: HttpRequest) -> HttpResponse:
    raise LookupError("not here")


urlpatterns = [
    path("users/<int:number>", user),
    path("echo", echo),
    path("form", form),
    path("stream", stream),
    path("login", login),
    path("me", me),
    path("fail", fail),
]
