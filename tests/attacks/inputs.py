"""What is typed by somebody who means no good, and by nobody at all; a seed plays it again.

What could come back and run carries the marker `q7z`, so that it is known again wherever it is shown, mailed or exported.
"""

import io
import re
import zipfile
from dataclasses import dataclass
from random import Random
from urllib.parse import quote, quote_from_bytes

from inventory.equipment_sheet import COLUMNS
from seminar.ground.sheets import writing
from tests.attacks.openings import Field, Opening
from tests.people.rosters import a_set, texts, zipped
from tests.pictures import a_png

MARKUP = [
    "<q7z>",
    "<script>q7z</script>",
    "</textarea></title></script><q7z>",
    "\"><q7z a='",
    "' onq7z='1",
    '" onq7z="1',
    "<!--<q7z>",
    "javascript:q7z()",
    "//evil.example/q7z",
    "https://evil.example/q7z",
]
TEMPLATES = [
    "q7z{{7*191}}q7z",
    "q7z${7*191}q7z",
    "q7z#{7*191}q7z",
    "{% raw %}",
    "%(x)s%s%n",
    "{0}",
    "{person.__class__}",
    "{title}",
    "%(name)s",
]
SQL = ["'; DROP TABLE person; --", "' OR '1'='1", '") OR 1=1 --', "1 UNION SELECT 1", "\\", "%", "_", "%_\\%"]
FORMULAS = ["=1+1", "+q7z", "-q7z", "@SUM(A1)", "\t=q7z", "\r=q7z", '=HYPERLINK("https://evil.example/q7z")']
HEADERS = ["a\r\nX-q7z: 1", "a\nBcc: q7z@evil.example", "%0d%0aX-q7z: 1", "a\r\n\r\n<q7z>", "a\u2028X-q7z: 1", "a\x85X-q7z: 1"]
CHARACTERS = [
    "\x00",
    "\x1b[31m",
    "\u202eq",
    "\ufeff",
    "\u2028",
    "\ud800",
    "\udfff\ud800",
    "\U0010ffff",
    "İ",
    "ﬃ",
    "ß",
    "é漢🖨",
    "a\u0301" * 50,
    "\u200b",
]
NUMBERS = ["0", "-0", "-1", "1.5", "2147483647", "2147483648", "9223372036854775808", "-9223372036854775809", "1e309", "NaN", "Infinity"]
NUMBERS += ["0x10", "٣", "１", "1_000", "9" * 400, "9" * 5000, " 7 ", "true", "null"]
DAYS = ["0001-01-01", "9999-12-31", "2027-02-30", "10000-01-01", "-0001-01-01", "2027-W10-1", "2027-060", "20270301", "2000-01-01"]
DAYS += ["2100-12-31", "2027-03-14T02:30", "2027-11-07T01:30", "0001-01-01T00:00", "9999-12-31T23:59", "24:00", "99:99", "23:59:60"]
LONG = ["x" * 100_000, "é漢🖨" * 700, "a " * 20_000, "\n" * 1000, "," * 3000, "q7z@" + "x" * 300 + ".example"]
PATHS = [
    "../../../etc/passwd",
    "..\\..\\x",
    "file:///etc/passwd",
    "http://127.0.0.1:9/q7z",
    "http://[::1",
    "https://q7z.example:99999/",
    "/\\evil.example/q7z",
]
SHAPES = ['{"$gt":""}', "[1,2]", '{"id":"\\ud800","rawId":[],"response":{"clientDataJSON":"AA","signature":1}}', '{"a":' * 200, "[" * 2000]
ADDRESSES = [
    "q7z@evil.example,<b@c.example>",
    '"<q7z>"@x.example',
    "a@b",
    "q7z@x.example\n",
    "ada@a.example",
    "é@ü.example",
    "@",
    "a@@b.example",
]
NASTY = [*MARKUP, *TEMPLATES, *SQL, *FORMULAS, *HEADERS, *CHARACTERS, *NUMBERS, *DAYS, *LONG, *PATHS, *SHAPES, *ADDRESSES]
LIKELY = {
    "number": ["1", "2", "5", "30"],
    "date": ["2027-03-01", "2027-03-02", "2027-06-01", "2027-08-20"],
    "datetime-local": ["2027-03-02T16:00", "2027-03-02T18:00"],
    "time": ["08:00", "16:00"],
    "email": ["somebody@a.example", "q7z<q7z>@a.example"],
    "url": ["https://q7z.example/<q7z>"],
    "color": ["#12594b"],
}
NOT_ASKED_FOR = [
    "id",
    "district_id",
    "person_id",
    "role",
    "state",
    "is_admin",
    "may_sign_in",
    "password_hash",
    "q7z",
    "once",
    "_method",
    "",
    "a[b][]",
]
MARKED = [*MARKUP, *TEMPLATES[:3], *FORMULAS, *HEADERS[:2]]
# A form that no page shows now is sent so many of the names that any form has.
NAMES_AT_ONCE = 12


@dataclass(frozen=True)
class File:
    name: str
    kind: str
    content: bytes


def _files() -> list[File]:
    sheet = (
        "Model,Tag,Badges,Skill,Notes\n" + "".join(f'"{one}","{one}","{one}","{one}","{one}"\n' for one in [*MARKUP, *FORMULAS[:4]])
    ).encode()
    rows = [[headings[0] for headings in COLUMNS.values()], *([one] * len(COLUMNS) for one in [*MARKUP, *FORMULAS, *SQL])]
    people = "sourcedId,status,dateLastModified,enabledUser,username,givenName,familyName,email,primaryOrgSourcedId\n"
    people += "".join(f'q{n},active,,true,q{n},"{one}","{one}",q{n}@a.example,s1\n' for n, one in enumerate(MARKUP))
    calendar = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20270405\r\nSUMMARY:<q7z>\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    bomb, slip = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 30_000_000)
        archive.writestr("users.csv", b"0" * 30_000_000)
    with zipfile.ZipFile(slip, "w") as archive:
        archive.writestr("../../../q7z.csv", people)
        archive.writestr("/etc/q7z/users.csv", people)
    laughs = b'<?xml version="1.0"?><!DOCTYPE z [<!ENTITY a "q7z"><!ENTITY x SYSTEM "file:///etc/passwd">]><svg onload="q7z()">&x;&a;</svg>'
    return [
        File("things.csv", "text/csv", sheet),
        File("<q7z>.csv", "text/html", b"\xff\xfe" + "Model\tTag\n<q7z>\t<q7z>\n".encode("utf-16-le")),
        File("things.xlsx", "application/zip", writing.as_xlsx("Q", rows)),
        File("../../q7z.xlsx", "", writing.as_xlsx("Q", rows)[:900]),
        File("bomb.zip", "application/zip", bomb.getvalue()),
        File("slip.zip", "application/zip", slip.getvalue()),
        File("set.zip", "application/zip", zipped(texts(a_set()) | {"users.csv": people.encode()})),
        File("q7z.svg", "image/svg+xml", laughs),
        File("logo.png", "image/png", a_png()),
        File("logo.png", "image/png", a_png()[:60] + b"\xff" * 60),
        File("q7z\r\nX-q7z: 1.png", "text/html", b"<q7z>"),
        File("days.ics", "text/calendar", calendar.encode()),
        File("days.ics", "text/calendar", calendar.replace("20270405", "99999999").encode()),
        File("old.xls", "", b"\xd0\xcf\x11\xe0" + b"\x00" * 600),
        File("empty.csv", "text/csv", b""),
        File("", "", b""),
        File("q.json", "application/json", b'{"a":' * 500),
        File("nul.csv", "text/csv", b"Model,Tag\n\x00,\x00\n" * 50),
        File("wide.csv", "text/csv", b"," * 200_000),
    ]


FILES = _files()
Pairs = list[tuple[str, str | File]]


@dataclass(frozen=True)
class Asked:
    """What is sent, ready for a test client."""

    method: str
    path: str
    query: str
    body: bytes
    content_type: str


UNSURE = ("checkbox", "radio", "pressed")


def anything(of: Random) -> str:
    return "".join(chr(of.choice((of.randrange(0x80), of.randrange(0x3000), of.randrange(0x110000)))) for _ in range(of.randrange(40)))


def nasty(field: Field, of: Random) -> str | File:
    if field.kind == "file" and of.random() < 0.7:
        return of.choice(FILES)
    kind = of.randrange(4)
    if kind == 0:
        return of.choice(field.values) + of.choice(LIKELY.get(field.kind, [""])) + of.choice(MARKED)
    return anything(of) if kind == 1 else of.choice(NASTY if kind == 2 else MARKED)


def likely(field: Field, of: Random) -> str | File:
    """What a person would type; a text that nobody filled in is a marker too, so that what is saved is looked for later."""
    if field.kind == "file":
        return of.choice(FILES)
    if field.kind in LIKELY:
        return of.choice([*filter(None, field.values), *LIKELY[field.kind]])
    if field.kind in ("text", "textarea", "search", "password") and of.random() < 0.5:
        return of.choice(MARKED)
    return of.choice(field.values)


def pairs_of(opening: Opening, of: Random) -> Pairs:
    """One field is spoiled, or some, or all; each is sent once, several times or not at all, and now and then with what isn't asked."""
    fields = of.sample(opening.fields, min(NAMES_AT_ONCE, len(opening.fields))) if opening.is_unseen else opening.fields
    spoiled, which = of.choice(("none", "one", "one", "some", "all")), of.randrange(len(fields) or 1)
    pairs: Pairs = []
    for n, field in enumerate(fields):
        if spoiled == "all" or (spoiled == "one" and n == which) or (spoiled == "some" and of.random() < 0.5):
            pairs += [(field.name, nasty(field, of)) for _ in range(of.choice((1, 1, 1, 1, 1, 0, 2, 3)))]
        elif field.kind not in UNSURE or of.random() < 0.75:
            pairs.append((field.name, likely(field, of)))
    if of.random() < 0.12:
        pairs.append((of.choice(NOT_ASKED_FOR), of.choice(NASTY)))
    return pairs


def asked_of(opening: Opening, of: Random) -> Asked:
    pairs, arguments = pairs_of(opening, of), dict(opening.arguments)
    if arguments and (not pairs or of.random() < 0.16):
        arguments[of.choice(sorted(arguments))] = of.choice((of.choice(NASTY), anything(of)))
    path = path_of(opening, arguments)
    if opening.method == "GET":
        return Asked("GET", path, _encoded(pairs), b"", "")
    kind = of.choice(("as asked",) * 12 + ("query too", "json", "cut", "none", "multipart"))
    return _posted(path, pairs, kind, opening.takes_files)


def path_of(opening: Opening, arguments: dict[str, str]) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: _quoted(arguments[found[1]])[:3000], opening.rule)


def _posted(path: str, pairs: Pairs, kind: str, takes_files: bool) -> Asked:
    if kind == "json":
        return Asked("POST", path, "", b'{"a": ["q7z", null, 1e999], "b": ' + b"[" * 500, "application/json")
    if kind == "none":
        return Asked("POST", path, "", b"", "")
    query = _encoded(pairs) if kind == "query too" else ""
    if takes_files or kind == "multipart":
        body = _multipart(pairs)
        return Asked("POST", path, query, body[: len(body) // 2] if kind == "cut" else body, "multipart/form-data; boundary=q7zq7z")
    body = _encoded(pairs).encode()
    return Asked("POST", path, query, body[: len(body) // 2] if kind == "cut" else body, "application/x-www-form-urlencoded")


def _quoted(value: str) -> str:
    """As its bytes, also where they are no text, such as half of a pair of surrogates."""
    return quote_from_bytes(value.encode("utf-8", "surrogatepass"), safe="")


def _encoded(pairs: Pairs) -> str:
    return "&".join(f"{_quoted(name)}={_quoted(value.name if isinstance(value, File) else value)}" for name, value in pairs)


def _multipart(pairs: Pairs) -> bytes:
    parts = []
    for name, value in pairs:
        head = f'--q7zq7z\r\nContent-Disposition: form-data; name="{quote(name, safe="[]-_ ")}"'
        if isinstance(value, File):
            named = value.name.replace('"', "%22").replace("\r\n", "%0D%0A")
            parts.append(f'{head}; filename="{named}"\r\nContent-Type: {value.kind}\r\n\r\n'.encode() + value.content)
        else:
            parts.append(f"{head}\r\n\r\n".encode() + value.encode("utf-8", "surrogatepass"))
    return b"\r\n".join([*parts, b"--q7zq7z--\r\n"])
