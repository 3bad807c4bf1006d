import os
from pathlib import Path

import dj_database_url

BASE_DIR = Path(__file__).resolve().parent.parent

VERSION = (BASE_DIR / "VERSION").read_text().strip()

# The settings that this version cannot work without, one a line.
REQUIRED_SETTINGS = (BASE_DIR / "REQUIRED_SETTINGS").read_text().split()

SECRET_KEY = os.environ.get("SECRET_KEY", "not-secret")
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "*").split(",")
DATABASES = {"default": dj_database_url.config(default="postgres://senex@postgres:5432/senex")}
DATABASES["default"]["OPTIONS"] = {"connect_timeout": 3}
REDIS_URL = os.environ.get("REDIS_URL", "redis://redis:6379/0")

INSTALLED_APPS = ["django.contrib.staticfiles", "senex"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "senex.urls"
ASGI_APPLICATION = "senex.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
# The image has no message catalogues.
USE_I18N = False
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_BEAT_SCHEDULE = {
    # A tick that nobody took before the next is dropped: a stopped worker has no backlog.
    "tick": {"task": "senex.tasks.tick", "schedule": 3.0, "options": {"expires": 3}},
}
