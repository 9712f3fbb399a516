"""Addresses of the shell's own views."""

from django.urls import path

from home import views

app_name = "home"

urlpatterns = [
    path("sok/", views.search, name="search"),
    path("min-side/", views.my_page, name="my-page"),
    path("ordliste/", views.glossary, name="glossary"),
    path("ordliste/<slug:slug>/", views.glossary_term, name="glossary-term"),
    path("prinsipper/<slug:set_key>/<slug:slug>/", views.principle, name="principle"),
]
