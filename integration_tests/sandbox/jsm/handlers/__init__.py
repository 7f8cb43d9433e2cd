"""What each endpoint of the migrated account answers, group by group."""
