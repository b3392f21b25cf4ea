"""Training losses for Keras 3 that see what the eye sees."""
