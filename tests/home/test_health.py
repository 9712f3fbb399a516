"""Health: the process, and each part it leans on."""

from unittest import mock

import pytest
from django.test import Client

PARTS = ["database", "migrations", "cache", "storage"]


def test_healthz_answers_without_a_query(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz_says_that_every_part_works(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, dict.fromkeys(PARTS, "ok"))


@pytest.mark.django_db
@pytest.mark.parametrize("part", PARTS)
def test_readyz_names_the_part_that_breaks(client: Client, part: str) -> None:
    with mock.patch(f"home.views._{part}", side_effect=ConnectionError("secret host name")):
        response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {**dict.fromkeys(PARTS, "ok"), part: "failed: ConnectionError"}


@pytest.mark.django_db
@pytest.mark.parametrize("part", PARTS)
def test_readyz_names_the_part_that_answers_wrongly(client: Client, part: str) -> None:
    with mock.patch(f"home.views._{part}", return_value=False):
        response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {**dict.fromkeys(PARTS, "ok"), part: "failed"}
