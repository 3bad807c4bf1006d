from celery import Celery

app = Celery("senex")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["senex"])
