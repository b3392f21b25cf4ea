"""Models crossed with cameras: who wins, by how much, and on which evidence."""
