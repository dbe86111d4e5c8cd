"""Reading a set into the staging tables, row by row, in batches: memory doesn't grow with the rows.

Of users.csv only the staff is kept. In 1.1 a row says itself what the person does; in 1.2 roles.csv says so, and is read first.
"""

from datetime import date

from seminar.people.roster.org_rows import read_orgs
from seminar.people.roster.shelf import Reading, Source
from seminar.people.roster.staff_rows import read_roles, read_users_of_1_1
from seminar.people.roster.staged import RosterImport
from seminar.people.roster.term_rows import read_terms
from seminar.people.roster.user_rows import read_users_of_1_2


def stage(one: RosterImport, source: Source, *, today: date) -> None:
    """Read all of the set. Raises WrongSet where it is wrong as a whole; the caller rolls back then."""
    reading = Reading(one, source, today)
    for finding in source.findings:
        reading.note(finding)
    places = read_orgs(reading)
    read_terms(reading)
    if source.version == "1.1":
        read_users_of_1_1(reading, places)
    else:
        others = read_roles(reading, places)
        read_users_of_1_2(reading, others)
    reading.findings.flush()
    one.passed_over = reading.passed_over
