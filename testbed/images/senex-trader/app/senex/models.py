from django.db import models


class Tick(models.Model):
    """One run of the scheduled task: beat, broker, worker and database all work."""

    at = models.DateTimeField(auto_now_add=True)
    version = models.CharField(max_length=40)
