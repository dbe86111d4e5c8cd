"""What Stripe documents, asked of the stand-in by Stripe's own library."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
import stripe as sdk

from tests.stand_in.events import API_VERSION
from tests.stand_in.running import running_stand_in
from tests.waiting import until

SECRET = "whsec_of_the_tests"


@pytest.fixture(scope="module")
def stripe():
    with running_stand_in(secret=SECRET) as started:
        yield started


@pytest.fixture(scope="module")
def client(stripe):
    return sdk.StripeClient(stripe.key, base_addresses={"api": stripe.url}, max_network_retries=0)


def asked(cents=12000, **more):
    line = {"price_data": {"currency": "usd", "unit_amount": cents, "product_data": {"name": "Robotics"}}, "quantity": 1}
    back = {"success_url": "http://shop.example/paid?session={CHECKOUT_SESSION_ID}", "cancel_url": "http://shop.example/back"}
    return {"mode": "payment", "line_items": [line], "metadata": {"order": "7"}, "client_reference_id": "ref-7", **back, **more}


@pytest.fixture
def session(client):
    return client.v1.checkout.sessions.create(asked(payment_intent_data={"metadata": {"order": "7"}}))


@pytest.fixture
def paid(stripe, client, session):
    return client.v1.checkout.sessions.retrieve(stripe.pay(session.id)["id"])


def test_it_answers_in_the_version_of_the_library():
    assert sdk.api_version == API_VERSION


def test_a_session_that_is_paid_has_an_intent_and_a_charge(stripe, client, session):
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_total, session.metadata["order"], session.client_reference_id) == (12000, "7", "ref-7")

    stripe.pay(session.id)
    found = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge", "line_items"]})

    assert (found.status, found.payment_status, found.url) == ("complete", "paid", None)
    intent, charge = found.payment_intent, found.payment_intent.latest_charge
    assert (intent.status, intent.amount_received, intent.metadata["order"]) == ("succeeded", 12000, "7")
    assert (charge.amount, charge.amount_refunded, charge.disputed, charge.payment_intent) == (12000, 0, False, intent.id)
    assert [line.description for line in found.line_items.data] == ["Robotics"]
    by_intent = client.v1.checkout.sessions.list({"payment_intent": intent.id})
    assert [each.id for each in by_intent.data] == [session.id]


def test_paying_twice_charges_once(stripe, session):
    stripe.pay(session.id)
    stripe.pay(session.id)
    intent = stripe.charge(session.id)["payment_intent"]
    assert len([charge for charge in stripe.objects("charge") if charge["payment_intent"] == intent]) == 1


def test_a_session_lives_from_thirty_minutes_to_a_day(client):
    now = int(time.time())
    for seconds in (29 * 60, 24 * 3600 + 5):
        with pytest.raises(sdk.InvalidRequestError) as refused:
            client.v1.checkout.sessions.create(asked(expires_at=now + seconds))
        assert (refused.value.http_status, refused.value.param) == (400, "expires_at")
    assert client.v1.checkout.sessions.create(asked(expires_at=now + 31 * 60)).expires_at == now + 31 * 60


def test_what_expired_is_never_paid(stripe, client, session):
    assert client.v1.checkout.sessions.expire(session.id).status == "expired"
    stripe.pay(session.id)
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "unpaid"
    with pytest.raises(sdk.InvalidRequestError, match="status of `expired`"):
        client.v1.checkout.sessions.expire(session.id)


def test_time_passing_expires_a_session_and_says_so(stripe, client, session):
    stripe.expire(session.id)
    assert client.v1.checkout.sessions.retrieve(session.id).status == "expired"
    assert [event["data"]["object"]["id"] for event in stripe.events("checkout.session.expired")].count(session.id) == 1


def test_a_declined_card_can_be_followed_by_a_good_one(stripe, client, session):
    assert stripe.decline(session.id)["status"] == "open"
    intent = client.v1.payment_intents.retrieve(client.v1.checkout.sessions.retrieve(session.id).payment_intent)
    assert (intent.status, intent.last_payment_error.code) == ("requires_payment_method", "card_declined")
    assert stripe.pay(session.id)["payment_intent"] == intent.id


@pytest.mark.parametrize(("verb", "status", "kind"), [("settle", "paid", "succeeded"), ("fail", "unpaid", "failed")])
def test_money_from_a_bank_comes_later_or_never(stripe, session, verb, status, kind):
    assert (stripe.pay_by_bank(session.id)["status"], stripe.pay_by_bank(session.id)["payment_status"]) == ("complete", "unpaid")
    assert getattr(stripe, verb)(session.id)["payment_status"] == status
    getattr(stripe, verb)(session.id)
    told = stripe.events(f"checkout.session.async_payment_{kind}")
    assert [event["data"]["object"]["id"] for event in told].count(session.id) == 1


def test_no_more_is_refunded_than_was_paid(client, paid):
    refunding = {"payment_intent": paid.payment_intent}
    assert client.v1.refunds.create({**refunding, "amount": 5000, "metadata": {"order": "7"}}).status == "succeeded"
    with pytest.raises(sdk.InvalidRequestError, match="greater than unrefunded amount"):
        client.v1.refunds.create({**refunding, "amount": 7001})
    assert client.v1.refunds.create(refunding).amount == 7000
    with pytest.raises(sdk.InvalidRequestError) as refused:
        client.v1.refunds.create(refunding)
    assert refused.value.code == "charge_already_refunded"
    charge = client.v1.payment_intents.retrieve(paid.payment_intent, {"expand": ["latest_charge"]}).latest_charge
    assert (charge.amount_refunded, charge.refunded) == (12000, True)
    assert [refund.amount for refund in client.v1.refunds.list(refunding).data] == [7000, 5000]


def test_what_a_bank_sends_back_was_not_refunded(stripe, client, paid):
    stripe.next_refunds("failed")
    said = client.v1.refunds.create({"payment_intent": paid.payment_intent})
    assert (said.status, client.v1.refunds.retrieve(said.id).status) == ("succeeded", "failed")
    assert stripe.charge(paid.id)["amount_refunded"] == 0
    stripe.next_refunds("pending")
    slow = client.v1.refunds.create({"payment_intent": paid.payment_intent})
    assert (slow.status, stripe.refund_succeeds(slow.id)["status"]) == ("pending", "succeeded")


def test_nothing_is_refunded_of_a_disputed_charge_unless_it_was_won(stripe, client, paid):
    opened = stripe.dispute(paid.id)
    with pytest.raises(sdk.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": paid.payment_intent})
    assert (refused.value.code, client.v1.disputes.retrieve(opened["id"]).status) == ("charge_disputed", "needs_response")
    assert stripe.close_dispute(opened["id"], won=True)["status"] == "won"
    assert client.v1.refunds.create({"payment_intent": paid.payment_intent}).amount == 12000


def test_a_key_gives_the_same_answer_and_refuses_another_question(stripe, client, paid):
    half = {"payment_intent": paid.payment_intent, "amount": 6000}
    first = client.v1.refunds.create(half, {"idempotency_key": "half"})
    again = client.v1.refunds.create(half, {"idempotency_key": "half"})
    assert (again.id, again.last_response.headers["Idempotent-Replayed"]) == (first.id, "true")
    assert stripe.charge(paid.id)["amount_refunded"] == 6000
    with pytest.raises(sdk.IdempotencyError):
        client.v1.refunds.create({**half, "amount": 1}, {"idempotency_key": "half"})
    with pytest.raises(sdk.IdempotencyError, match="endpoint"):
        client.v1.checkout.sessions.create(asked(), {"idempotency_key": "half"})


def test_a_refusal_is_kept_for_its_key_and_a_wrong_parameter_is_not(stripe, client, session):
    with pytest.raises(sdk.InvalidRequestError, match="URL"):
        client.v1.checkout.sessions.create(asked(success_url="nowhere"), {"idempotency_key": "typo"})
    assert client.v1.checkout.sessions.create(asked(), {"idempotency_key": "typo"}).status == "open"
    stripe.decline(session.id)
    intent = client.v1.checkout.sessions.retrieve(session.id).payment_intent
    for _ in range(2):
        with pytest.raises(sdk.InvalidRequestError, match="successful charge") as refused:
            client.v1.refunds.create({"payment_intent": intent}, {"idempotency_key": "too-early"})
        stripe.pay(session.id)
    assert refused.value.headers["Idempotent-Replayed"] == "true"


def test_a_key_in_use_is_told_to_come_again(stripe, client):
    stripe.delay_next(0.4, calls="POST")
    first = threading.Thread(target=client.v1.checkout.sessions.create, args=(asked(), {"idempotency_key": "busy"}))
    first.start()
    until(lambda: "busy" in stripe.api.keys.running)
    with pytest.raises(sdk.StripeError) as refused:
        client.v1.checkout.sessions.create(asked(), {"idempotency_key": "busy"})
    first.join()
    assert (refused.value.http_status, refused.value.error.code) == (409, "idempotency_key_in_use")


def test_an_answer_that_was_lost_is_there_for_the_next_try(stripe, client):
    before = len(stripe.objects("checkout.session"))
    stripe.drop_next(when="after", calls="POST")
    with pytest.raises(sdk.APIConnectionError):
        client.v1.checkout.sessions.create(asked(), {"idempotency_key": "lost"})
    assert client.v1.checkout.sessions.create(asked(), {"idempotency_key": "lost"}).status == "open"
    assert len(stripe.objects("checkout.session")) == before + 1


def test_a_500_before_the_work_did_nothing_and_one_after_it_is_kept(stripe, client):
    before = len(stripe.objects("checkout.session"))
    for when, made in (("before", 0), ("after", 1)):
        stripe.fail_next(when=when)
        with pytest.raises(sdk.APIError):
            client.v1.checkout.sessions.create(asked(), {"idempotency_key": when})
        assert len(stripe.objects("checkout.session")) == before + made
    with pytest.raises(sdk.APIError) as kept:
        client.v1.checkout.sessions.create(asked(), {"idempotency_key": "after"})
    assert kept.value.headers["Idempotent-Replayed"] == "true"
    assert client.v1.checkout.sessions.create(asked(), {"idempotency_key": "before"}).status == "open"


def test_without_a_test_key_nobody_is_let_in(stripe):
    for key in ("sk_live_1", "pk_test_1"):
        with pytest.raises(sdk.AuthenticationError):
            sdk.StripeClient(key, base_addresses={"api": stripe.url}).v1.charges.list()


class Webhook(BaseHTTPRequestHandler):
    """Of a shop: it keeps what the library says is signed by the secret, and answers the statuses that it was given."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        event = self.server.stripe.construct_event(body, self.headers["Stripe-Signature"], SECRET)
        self.server.got.append((event.type, event.data.object.id, event.id))
        self.send_response(self.server.answers.pop() if self.server.answers else 200)
        self.end_headers()

    def log_message(self, *_args):
        pass


@pytest.fixture
def shop():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    server.got, server.answers, server.stripe = [], [], sdk.StripeClient("sk_test_1")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_events_are_signed_sent_again_until_answered_and_come_in_the_order_that_a_test_wants(shop):
    address = f"http://127.0.0.1:{shop.server_address[1]}/stripe/webhook"
    with running_stand_in(webhook_url=address, secret=SECRET) as stripe:
        client = sdk.StripeClient(stripe.key, base_addresses={"api": stripe.url})
        session = client.v1.checkout.sessions.create(asked())
        shop.answers = [503]
        paid = stripe.pay(session.id)
        stripe.delivered()
        kinds = [kind for kind, _id, _event in shop.got]
        assert sorted(kinds) == ["checkout.session.completed", "payment_intent.succeeded", "payment_intent.succeeded"]
        assert len({event for _kind, _id, event in shop.got}) == 2

        stripe.hold()
        shop.got.clear()
        stripe.refund(session.id, 100)
        created, refunded = stripe.waiting()
        assert stripe.deliver(refunded) + stripe.deliver(created, times=2) == [200, 200, 200]
        assert [kind for kind, _id, _event in shop.got] == ["charge.refunded", "refund.created", "refund.created"]
        assert client.v1.events.retrieve(created["id"]).data.object.payment_intent == paid["payment_intent"]


def test_it_is_told_over_http_too(stripe, session):
    def told(verb, **arguments):
        return requests.post(f"{stripe.url}/_control/{verb}", json=arguments, timeout=5)

    assert told("pay", session=session.id).json()["payment_status"] == "paid"
    assert told("close_dispute", dispute=told("dispute", payment=session.id).json()["id"], won=False).json()["status"] == "lost"
    assert [event["data"]["object"]["charge"] for event in told("events", kind="charge.dispute.closed").json()].count(
        stripe.charge(session.id)["id"]
    )
    assert [told("pays").status_code, told("pay").status_code, told("pay", session="cs_test_1").status_code] == [404, 400, 404]


def test_what_it_knows_outlives_it(tmp_path):
    with running_stand_in(state=tmp_path / "stripe.json") as stripe:
        client = sdk.StripeClient(stripe.key, base_addresses={"api": stripe.url})
        session = client.v1.checkout.sessions.create(asked(), {"idempotency_key": "one"})
        stripe.pay(session.id)
    with running_stand_in(state=tmp_path / "stripe.json") as stripe:
        client = sdk.StripeClient(stripe.key, base_addresses={"api": stripe.url})
        assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
        assert client.v1.checkout.sessions.create(asked(), {"idempotency_key": "one"}).id == session.id
        assert [event["type"] for event in stripe.waiting()] == ["payment_intent.succeeded", "checkout.session.completed"]


def press(session, **typed):
    return requests.post(session.url, data=typed, allow_redirects=False, timeout=5)


def test_the_page_says_what_it_is_and_takes_a_payment(session):
    page = requests.get(session.url, timeout=5).text
    assert "No card is charged" in page and "Pay $120.00" in page and "Robotics" in page
    assert "Pagar $120.00" in requests.get(session.url, headers={"Accept-Language": "es-MX,es"}, timeout=5).text
    for card, sentence in (("hello", "Enter a card number"), ("4000 0000 0000 0002", "Your card was declined")):
        refused = press(session, method="card", card=card)
        assert (refused.status_code, sentence in refused.text, f'value="{card}"' in refused.text) == (422, True, True)
    for _ in range(2):
        answer = press(session, method="card", card="4242 4242 4242 4242")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"http://shop.example/paid?session={session.id}")


def test_a_page_that_was_open_when_its_session_was_expired_charges_nothing(stripe, client, session):
    client.v1.checkout.sessions.expire(session.id)
    assert requests.get(session.url, timeout=5).status_code == 410
    assert "You did it" in press(session, method="card", card="4242424242424242").text
    assert client.v1.checkout.sessions.retrieve(session.id).payment_intent is None


def test_what_is_typed_or_named_is_text_on_the_page(client):
    line = {"price_data": {"currency": "usd", "unit_amount": 900, "product_data": {"name": "<b>Saws</b>"}}, "quantity": 2}
    session = client.v1.checkout.sessions.create(asked(line_items=[line]))
    page = press(session, card='"><script>').text
    assert "&lt;b&gt;Saws&lt;/b&gt; × 2" in page and "<script>" not in page and "Pay $18.00" in page
