"""Tests here speak to the server by themselves; what needs Locust is installed by `make load` only."""

collect_ignore = ["__main__.py", "harness.py", "profile.py", "soak.py"]  # they patch sockets for the whole process
