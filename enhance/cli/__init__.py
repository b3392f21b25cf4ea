"""The enhance command."""
