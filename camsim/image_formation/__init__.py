"""The image that lens and pixels form of a scene: exact, as cosine series."""
