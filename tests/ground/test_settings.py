"""Settings are checked at the start, with a sentence for each thing that is wrong."""

import pytest

from seminar.ground.settings import WrongSettings, settings_from

FINE = {"SECRET_KEY": "k" * 48, "BASE_URL": "https://makerpd.example.org", "DATABASE_URL": "postgresql://host/name"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is missing"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is shorter than 32"),
        ({"BASE_URL": ""}, "BASE_URL is the address"),
        ({"BASE_URL": "makerpd.example.org"}, "BASE_URL is the address"),
        ({"DATABASE_URL": "mysql://host/name"}, "DATABASE_URL names mysql"),
        ({"DATABASE_URL": "postgresql://host:many/name"}, "DATABASE_URL names nothing"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL names nothing"),
        ({"SMTP_URL": "mail.example.org"}, "SMTP_URL starts with"),
        ({"METRICS_TOKEN": "short"}, "METRICS_TOKEN is shorter than 32"),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL is LOUD"),
        ({"OIDC_ISSUER": "https://id.example"}, "OIDC_CLIENT_ID is missing"),
        ({"OIDC_ISSUER": "http://id.example", "OIDC_CLIENT_ID": "x", "OIDC_CLIENT_SECRET": "y"}, "OIDC_ISSUER is the issuer"),
        ({"OIDC_ISSUER": "https://clever.com", "OIDC_CLIENT_ID": "x", "OIDC_CLIENT_SECRET": "y"}, "OIDC_ISSUER is https://clever"),
        ({"MAKERPD_DEMO": "yes"}, "MAKERPD_DEMO is 1"),
        ({"MAKERPD_NOW": "2027-03-02T08:30"}, "MAKERPD_NOW sets the clock of demo mode only"),
        ({"MAKERPD_DEMO": "1", "MAKERPD_NOW": "soon"}, "MAKERPD_NOW is soon"),
    ],
)
def test_each_wrong_setting_has_its_sentence(tmp_path, wrong, said):
    with pytest.raises(WrongSettings) as refused:
        settings_from(FINE | wrong, tmp_path)
    assert [sentence for sentence in refused.value.sentences if sentence.startswith(said)]


def test_everything_that_is_wrong_is_said_at_once(tmp_path):
    with pytest.raises(WrongSettings) as refused:
        settings_from({"SECRET_KEY": "short", "LOG_LEVEL": "LOUD"}, tmp_path)
    assert len(refused.value.sentences) == 3


def test_what_is_right_is_read(tmp_path):
    settings = settings_from(FINE, tmp_path)
    assert (settings.demo, settings.smtp_url, settings.base_url) == (False, None, "https://makerpd.example.org")


def test_the_one_provider_is_read_whole_or_not_at_all(tmp_path):
    given = {"OIDC_ISSUER": "https://id.example", "OIDC_CLIENT_ID": "makerpd", "OIDC_CLIENT_SECRET": "secret"}
    assert settings_from(FINE, tmp_path).sign_on is None
    read = settings_from(FINE | given, tmp_path).sign_on
    assert (read.issuer, read.client_id, read.secret) == tuple(given.values())
