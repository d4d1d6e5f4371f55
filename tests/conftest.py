"""Shared by the tests of all rooms: a broker as the centre starts it, and how thoroughly properties are tried."""

import hypothesis

hypothesis.settings.register_profile("ekamling", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("ekamling")

pytest_plugins = ["tests.databases"]
