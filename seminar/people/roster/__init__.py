"""The roster: who works where, as the district's student information system tells it in OneRoster 1.1 or 1.2.

`files` opens a set and `rows` reads its lines; `reading` puts what we need of them (`org_rows`, `term_rows`, `staff_rows`,
`user_rows`) into the staging tables of `staged`, `settling` finds who is known already and refuses what can't be, `outcome` says
what would become new, change or end, and `applying` does it in one transaction. `importing` has the verbs that pages, commands
and the nightly round call.

Laws: students, guardians and passwords are never stored; a refused row ends nobody; appointments given by hand are never ended
by a roster; a person who leaves is ended, never deleted; more than a tenth of the staff is ended only when told twice; the same
set a second time changes nothing.
"""
