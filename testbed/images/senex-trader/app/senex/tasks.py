from celery import shared_task
from django.conf import settings

from .models import Tick


@shared_task
def tick():
    Tick.objects.create(version=settings.VERSION)
