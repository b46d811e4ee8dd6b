"""The session's truth: kept in the database by one child process, and told to the platform."""
