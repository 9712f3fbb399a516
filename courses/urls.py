"""Addresses of courses' own views; the pages themselves are Wagtail's."""

from django.urls import path

from courses import views

app_name = "courses"

urlpatterns = [
    path("svar/<int:page_id>/<uuid:block_id>/", views.check_answer, name="check-answer"),
]
