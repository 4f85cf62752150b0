"""The commands of the account at Stripe: what it needs, and whether it is like the test server."""

import sys

import click

from tracker import config
from tracker.command import STRIPE_KEY, Context, as_json_option, fail, show
from tracker.intake.stripe import check, connect
from tracker.intake.stripe.gateway import Gateway, StripeRefusedError, StripeUnreachableError
from tracker.local import testserver
from tracker.local.server import LocalServerError


@click.group("stripe")
def stripe_group() -> None:
    """The account at Stripe."""


@stripe_group.command("connect")
@click.option("--create-endpoint", is_flag=True, help="Make the endpoint at Stripe; its secret is shown once.")
@as_json_option
@click.pass_obj
def stripe_connect(context: Context, create_endpoint: bool, as_json: bool) -> None:
    """Say what a Stripe account needs and, with a key, what of it is there; exit 1 where something is missing."""
    settings = context.settings()
    wish = connect.Wish(settings.site, len(settings.stripe_webhook_secrets), settings.is_live)
    if not settings.stripe_secret_key:
        if create_endpoint:
            config.require(settings, STRIPE_KEY)
        show({"needs": connect.needs(wish), "findings": []}, as_json, connect.needs(wish))
        return
    gateway = Gateway(settings.stripe_secret_key, settings.stripe_api_base)
    try:
        if create_endpoint:
            name, secret = connect.create_endpoint(gateway, wish)
            show({"id": name, "secret": secret}, as_json, f"{name} delivers to {wish.url}\n{secret}")
            return
        found = connect.look(gateway, wish)
    except (StripeUnreachableError, StripeRefusedError) as error:
        fail(str(error))
        return
    rows = "\n".join(f"{one.state:<9}{one.what:<36}{one.words}".rstrip() for one in found)
    show({"needs": connect.needs(wish), "findings": found}, as_json, f"{connect.needs(wish)}\n{rows}")
    sys.exit(1 if any(one.state == "missing" for one in found) else 0)


@stripe_group.command("check")
@as_json_option
@click.pass_obj
def stripe_check(context: Context, as_json: bool) -> None:
    """With a test key: walk a reader's journey at Stripe and compare its objects with the test server's."""
    settings = context.settings()
    config.require(settings, STRIPE_KEY)
    if settings.is_live:
        fail("STRIPE_SECRET_KEY is a live key: this makes and ends a subscription, so it takes a test key only", 2)
    theirs = check.walk(Gateway(settings.stripe_secret_key, settings.stripe_api_base))
    try:
        with testserver.running() as (url, key):
            found = check.compare(theirs, check.walk(Gateway(key, url)))
    except LocalServerError as error:
        fail(str(error), 2)
        return
    rows = [f"{'ok' if one.is_ok else 'differs':<9}{one.kind:<24}{one.words}".rstrip() for one in found]
    rows += [f"left      {words}" for words in theirs.left]
    show({"objects": found, "left": theirs.left}, as_json, "\n".join(rows))
    sys.exit(0 if all(one.is_ok for one in found) and not theirs.left else 1)


COMMANDS = (stripe_group,)
