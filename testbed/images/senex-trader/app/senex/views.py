import logging
import os

import redis
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.http import JsonResponse

from .models import Tick

log = logging.getLogger(__name__)


def index(request):
    last = Tick.objects.order_by("at").last()
    return JsonResponse(
        {
            "version": settings.VERSION,
            "ticks": Tick.objects.count(),
            "last_tick": last and {"at": last.at.isoformat(), "version": last.version},
        }
    )


def health(request):
    try:
        check_settings()
    except ImproperlyConfigured as error:
        log.exception("health check failed")
        body = {"status": "error", "version": settings.VERSION, "error": str(error)}
        return JsonResponse(body, status=500)
    checks = {"database": outcome(check_database), "broker": outcome(check_broker)}
    healthy = all(result == "ok" for result in checks.values())
    return JsonResponse(
        {"status": "ok" if healthy else "failed", "version": settings.VERSION, **checks},
        status=200 if healthy else 503,
    )


def outcome(check):
    try:
        check()
    except Exception as error:
        log.warning("%s: %s", check.__name__, error)
        return f"{type(error).__name__}: {error}".strip()
    return "ok"


def check_settings():
    for name in settings.REQUIRED_SETTINGS:
        if not os.environ.get(name):
            raise ImproperlyConfigured(f"{name} is not set")


def check_database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def check_broker():
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=3, socket_connect_timeout=3
    ) as broker:
        broker.ping()
