"""Training: a configuration made real, one step for every backend, runs that go on exactly."""
