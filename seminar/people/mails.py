"""The mails of people: links to set a password, and the weekly digest of all the others."""

from datetime import UTC, datetime
from typing import Any

from seminar.ground.mail_kinds import AT_ONCE, DIGEST, NEVER, MailKind
from seminar.ground.refusal import N_

_LINK: dict[str, Any] = {"token": "a-made-up-link-that-opens-nothing", "until_at": datetime(2027, 3, 16, 23, 30, tzinfo=UTC)}

MAILS = [
    MailKind(
        name="invitation",
        group="account",
        title=N_("Your invitation"),
        event=N_("The program manager adds somebody, or invites them again"),
        recipient=N_("Who was added"),
        key=N_("The link that it carries"),
        page="sign-in/link/{token}",
        link=N_("Set your password"),
        example=_LINK,
        ways=(AT_ONCE,),
        why=N_("Nobody gets in without it."),
    ),
    MailKind(
        name="reset",
        group="account",
        title=N_("A new password"),
        event=N_("Somebody asks for a new password with this address"),
        recipient=N_("Whose address it is"),
        key=N_("The link that it carries"),
        page="sign-in/link/{token}",
        link=N_("Set your password"),
        example=_LINK,
        ways=(AT_ONCE,),
        why=N_("Nobody gets in without it."),
    ),
    MailKind(
        name="address",
        group="account",
        title=N_("Is this your address?"),
        event=N_("Somebody gives a further email address as theirs"),
        recipient=N_("That address"),
        key=N_("The link that it carries"),
        page="sign-in/address/{token}",
        link=N_("Confirm the address"),
        example=_LINK,
        ways=(AT_ONCE,),
        why=N_("Without it nobody knows whose address it is."),
    ),
    MailKind(
        name="address_confirmed",
        group="account",
        title=N_("An address was added to your account"),
        event=N_("A further email address is confirmed"),
        recipient=N_("Whose account it is"),
        key=N_("What was changed, and when"),
        page="my/account/addresses",
        link=N_("Your addresses"),
        example={"email": "tessa.nguyen@home.example"},
        ways=(AT_ONCE,),
        why=N_("It says so when somebody else gets in."),
    ),
    MailKind(
        name="address_primary",
        group="account",
        title=N_("Your mail goes to another address"),
        event=N_("Another address becomes the one that mail goes to"),
        recipient=N_("The address before"),
        key=N_("What was changed, and when"),
        page="my/account/addresses",
        link=N_("Your addresses"),
        example={"email": "tessa.nguyen@home.example"},
        ways=(AT_ONCE,),
        why=N_("It says so when somebody else gets in."),
    ),
    MailKind(
        name="sign_in_changed",
        group="account",
        title=N_("How you sign in was changed"),
        event=N_(
            "A password, a passkey, a second step or recovery codes are set, added, removed or reset, a copied passkey is refused, or two"
            " records become one"
        ),
        recipient=N_("Whose account it is"),
        key=N_("What was changed, and when"),
        page="my/account",
        link=N_("Your account"),
        example={"what": N_("A passkey was added.")},
        ways=(AT_ONCE,),
        why=N_("It says so when somebody else gets in."),
    ),
    MailKind(
        name=DIGEST,
        group="account",
        title=N_("The weekly digest"),
        event=N_("The morning of the weekday that the person chose, when something waits for it"),
        recipient=N_("Who wants a kind of mail once a week"),
        key=N_("The newest mail in it"),
        page="my/account/mail",
        link=N_("Choose your mails"),
        example={},
        ways=(AT_ONCE, NEVER),
        why=N_("It is made of the mails that somebody wants once a week."),
    ),
]
