"""What each endpoint answers, in modules by what is asked for."""
