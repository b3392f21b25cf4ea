"""Restoration without networks: what a model has to beat beside bicubic enlargement."""
