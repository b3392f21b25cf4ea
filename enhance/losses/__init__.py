"""Losses by name: content, VGG features, adversarial, and the critic's gradient."""
