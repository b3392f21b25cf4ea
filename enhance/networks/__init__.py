"""Networks: generators, critics, their layers, and reading them from files safely."""
