"""Losses by name: content, features of networks, adversarial, and the critic's gradient."""
