"""What is of PostgreSQL alone isn't there on SQLite: a city runs on PostgreSQL (product.md, how big)."""

from tests.databases import KIND

collect_ignore = [] if KIND == "postgresql" else ["test_plans.py", "test_database_lost.py"]
