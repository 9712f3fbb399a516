"""Addresses of the shell's own views."""

from django.urls import path

from home import views

app_name = "home"

urlpatterns = [
    path("prinsipper/<slug:set_key>/<slug:slug>/", views.principle, name="principle"),
]
