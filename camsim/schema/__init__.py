"""Frozen values on pydantic: a field states type, default, bounds, meaning, unit and scale, once for all uses."""
