"""The image processor: from raw counts to a picture."""
