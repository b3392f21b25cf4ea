"""Applying a trained model to any picture, and handing it to other runtimes."""
