"""What `celery -A celery_worker` starts: the worker and beat of the one application."""

from tracker.app import create_celery

celery = create_celery()
