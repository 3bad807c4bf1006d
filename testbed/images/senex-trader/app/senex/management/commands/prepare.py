import time

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import OperationalError

# Seconds. A database that initialises itself takes a few.
PATIENCE = 60


class Command(BaseCommand):
    help = "Waits for the database, migrates it and collects the static files."

    def handle(self, *args, **options):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                call_command("migrate", interactive=False)
                break
            except OperationalError as error:
                if time.monotonic() > end:
                    raise
                self.stderr.write(f"waiting for the database: {error}")
                time.sleep(0.5)
        call_command("collectstatic", interactive=False)
