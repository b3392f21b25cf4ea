"""What the fuzz tests of all doors share: how cases are made, carried out and judged."""
