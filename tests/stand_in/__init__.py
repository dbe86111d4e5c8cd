"""A server that stands for Stripe, in tests and in the demo: Checkout in payment mode, refunds, disputes, signed webhooks.

In a test, with `tests.stand_in.running` (see `Stripe` there for what it can be told to do):

    with running_stand_in(webhook_url=None, secret="whsec_…") as stripe:
        client = StripeClient(stripe.key, base_addresses={"api": stripe.url})
        stripe.pay(session.id)
        for event in stripe.events("checkout.session.completed"):
            body, headers = stripe.signed(event)

For the demo, in a process of its own: `python -m tests.stand_in --port P --webhook-url URL --webhook-secret S [--state FILE]`.

It follows Stripe's documentation, which each module names. Stripe's own test mode was not reached from here; `test_against_others.py`
holds it against two servers that other people wrote. Time is real time, as Stripe's is: no clock of ours is passed in.
"""
