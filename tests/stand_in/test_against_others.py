"""The stand-in beside two servers that other people wrote: the same calls of Stripe's library, and what both answer is alike.

Ids are held to their prefix, times and addresses to being there. Nothing else may differ but what is listed beside each, with the reason.
"""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
import stripe as sdk

from tests.stand_in.others import emulate, localstripe
from tests.stand_in.running import running_stand_in
from tests.waiting import until

pytestmark = pytest.mark.deep
SECRET = "whsec_of_the_tests"
LINE = {"price_data": {"currency": "usd", "unit_amount": 12000, "product_data": {"name": "Robotics"}}, "quantity": 1}
AN_ID = re.compile(r"(cs|pi|ch|re|pm|txn|evt)_[\w-]+")
ONCE = {"allow_redirects": False, "timeout": 5}
ANY_TIME = {"created", "date", "expires_at", "available_on"}


class Webhook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((body, self.headers["Stripe-Signature"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_args):
        pass


@pytest.fixture
def shops():
    """Two webhooks, for ours and for theirs."""
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Webhook) for _ in range(2)]
    threads = [threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True) for server in servers]
    for server, thread in zip(servers, threads, strict=True):
        server.got, server.url = [], f"http://127.0.0.1:{server.server_address[1]}/stripe/webhook"
        thread.start()
    yield servers
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        server.server_close()
        thread.join()


def a_client(url):
    return sdk.StripeClient("sk_test_12345", base_addresses={"api": url}, max_network_retries=0)


def plain(value, name=""):
    """What can be held against another server's: ids by their prefix, times by their being there, addresses without their host."""
    if isinstance(value, dict):
        return {key: plain(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if name in ANY_TIME and isinstance(value, int):
        return "a time"
    if isinstance(value, str) and (found := AN_ID.fullmatch(value)):
        return f"{found[1]}_…"
    if name == "url" and isinstance(value, str):
        return re.sub(r"\?.*|^https?://.*", "", value)
    return value


def differences(ours, theirs, at=""):
    """Where a field that both have isn't alike: {"refund.status": (ours, theirs)}."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        pairs = [(f"{at}.{name}".lstrip("."), ours[name], theirs[name]) for name in ours if name in theirs]
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = [(f"{at}[{place}]", *each) for place, each in enumerate(zip(ours, theirs, strict=True))]
    else:
        return {} if ours == theirs else {at: (ours, theirs)}
    return {path: pair for each in pairs for path, pair in differences(each[1], each[2], each[0]).items()}


def refused(call, *args):
    with pytest.raises(sdk.StripeError) as raised:
        call(*args)
    error = raised.value
    return {"class": type(error).__name__, "status": error.http_status, "type": error.error.type, "code": error.code}


def answers_of(client, intent_id):
    """What a shop asks about a payment of $120, and of the refund of a part of it."""
    refund = client.v1.refunds.create({"payment_intent": intent_id, "amount": 5000, "metadata": {"order": "7"}})
    intent = client.v1.payment_intents.retrieve(intent_id, {"expand": ["latest_charge"]})
    found = {
        "refund": refund,
        "refund again": client.v1.refunds.retrieve(refund.id),
        "refunds": client.v1.refunds.list({"payment_intent": intent_id}),
        "intent": intent,
        "charge": client.v1.charges.retrieve(refund.charge),
        "charges": client.v1.charges.list({"limit": 1}),
    }
    nothing = {
        "no intent": refused(client.v1.payment_intents.retrieve, "pi_1"),
        "no refund": refused(client.v1.refunds.retrieve, "re_1"),
        "no payment": refused(client.v1.refunds.create, {"payment_intent": "pi_1"}),
        "no amount": refused(client.v1.refunds.create, {"payment_intent": intent_id, "amount": 0}),
    }
    return plain({**{name: each.to_dict() for name, each in found.items()}, **nothing})


def sessions_of(client, line, complete):
    asked = {
        "mode": "payment",
        "line_items": [line],
        "metadata": {"order": "7"},
        "success_url": "http://shop.example/paid?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://shop.example/back",
    }
    sessions = client.v1.checkout.sessions
    paid, left = sessions.create(asked), sessions.create(asked)
    # The button pressed twice.
    answers = [complete(paid.url) for _ in range(2)]
    assert answers[0].headers["Location"] == f"http://shop.example/paid?session={paid.id}"
    found = {
        "opened": paid,
        "paid": sessions.retrieve(paid.id),
        "expired": sessions.expire(left.id),
        "expired again": sessions.retrieve(left.id),
        "complete ones": sessions.list({"status": "complete"}),
    }
    nothing = {
        "expire what is paid": refused(sessions.expire, paid.id),
        "expire what has expired": refused(sessions.expire, left.id),
        "no session": refused(sessions.retrieve, "cs_test_1"),
        "no mode": refused(sessions.create, {**asked, "mode": ""}),
        "no quantity": refused(sessions.create, {**asked, "line_items": [{**line, "quantity": 0}]}),
    }
    return plain({**{name: each.to_dict() for name, each in found.items()}, **nothing})


def sent(shop, kind):
    """The event of that kind that came first, its signature verified by Stripe's library."""
    bodies = [body for body, header in shop.got if sdk.WebhookSignature.verify_header(body.decode(), header, SECRET, tolerance=60)]
    return plain(next(event for event in map(json.loads, bodies) if event["type"] == kind))


def test_payments_and_refunds_are_as_localstripes(shops):
    ours, theirs = shops
    with running_stand_in(webhook_url=ours.url, secret=SECRET) as stripe, localstripe(webhook_url=theirs.url, secret=SECRET) as url:
        client = a_client(stripe.url)
        session = client.v1.checkout.sessions.create(
            {
                "mode": "payment",
                "line_items": [LINE],
                "success_url": "http://shop.example",
                "payment_intent_data": {"metadata": {"order": "7"}},
            }
        )
        mine = answers_of(client, stripe.pay(session.id)["payment_intent"])
        stripe.delivered()

        client = a_client(url)
        card = {"type": "card", "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2040, "cvc": "123"}}
        method = client.v1.payment_methods.create(card)
        asked = {"amount": 12000, "currency": "usd", "payment_method": method.id, "confirm": True, "metadata": {"order": "7"}}
        other = answers_of(client, client.v1.payment_intents.create(asked).id)
        until(lambda: theirs.got)

    assert differences(mine, other) == {
        # localstripe gives no codes, and answers 404 for a parameter too, where Stripe answers 400.
        "no intent.code": ("resource_missing", None),
        "no refund.code": ("resource_missing", None),
        "no payment.code": ("resource_missing", None),
        "no payment.status": (400, 404),
        "no amount.code": ("parameter_invalid_integer", None),
    }
    events = [sent(shop, "payment_intent.succeeded") for shop in shops]
    # localstripe is of an older version of the API, and puts the whole charge where Stripe puts its id.
    assert set(differences(*events)) == {"api_version", "data.object.latest_charge"}


def test_checkout_sessions_are_as_emulates(shops, tmp_path):
    ours, theirs = shops
    with (
        running_stand_in(webhook_url=ours.url, secret=SECRET) as stripe,
        emulate(tmp_path, webhook_url=theirs.url, secret=SECRET) as url,
    ):
        mine = sessions_of(a_client(stripe.url), LINE, lambda address: requests.post(address, {"card": "4242424242424242"}, **ONCE))
        stripe.delivered()
        client = a_client(url)
        product = client.v1.products.create({"name": "Robotics"})
        price = client.v1.prices.create({"product": product.id, "unit_amount": 12000, "currency": "usd"})
        other = sessions_of(client, {"price": price.id, "quantity": 1}, lambda address: requests.post(f"{address}/complete", **ONCE))
        until(lambda: len([body for body, _ in theirs.got if b"checkout.session" in body]) == 2)

    assert differences(mine, other) == {
        # Stripe's refusal has no code that its page on them lists; ours has none, emulate's one of its own.
        "expire what is paid.code": (None, "checkout_session_not_open"),
        "expire what has expired.code": (None, "checkout_session_not_open"),
        "no quantity.code": ("parameter_invalid_integer", None),
    }
    for kind in ("checkout.session.completed", "checkout.session.expired"):
        assert differences(*[sent(shop, kind) for shop in shops]) == {}
