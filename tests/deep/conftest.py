"""What is of PostgreSQL alone isn't there on SQLite: a city runs on PostgreSQL (product.md, how big)."""

from tests.databases import KIND

collect_ignore = ["test_backup_of_a_file.py"] if KIND == "postgresql" else ["test_plans.py", "test_database_lost.py"]
