"""Nothing here has a database, so that one run of it is enough; the rest comes with SQLite's."""

from tests.databases import KIND

collect_ignore = ["test_against_others.py", "test_stand_in.py"] if KIND == "postgresql" else []
