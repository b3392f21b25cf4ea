"""Test charts in linear light."""
