"""The scielab command."""
