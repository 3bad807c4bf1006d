#!/usr/bin/python3
"""The image's entry point: `web`, `celery-worker` or `celery-beat`."""

import os
import signal
import sys

# Process 1 gets no signal that it has no handler for. The servers below set their own once
# they run; until then, importing Django or waiting for the database, a stop ends us at once.
signal.signal(signal.SIGTERM, lambda *_: os._exit(143))

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "senex.settings")


def web():
    import django

    django.setup()
    from django.core.management import call_command

    call_command("prepare")
    from daphne.cli import CommandLineInterface

    CommandLineInterface().run(["-b", "0.0.0.0", "-p", "8000", "senex.asgi:application"])


def celery(*arguments):
    from senex.celery import app

    app.start(list(arguments))


COMMANDS = {
    "web": web,
    "celery-worker": lambda: celery("worker", "--loglevel=INFO", "--pool=solo", "--without-mingle"),
    "celery-beat": lambda: celery("beat", "--loglevel=INFO", "--schedule=/tmp/celerybeat"),
}

name = sys.argv[1] if len(sys.argv) > 1 else "web"
if name not in COMMANDS:
    sys.exit(f"unknown command {name}; one of {', '.join(COMMANDS)}")
COMMANDS[name]()
