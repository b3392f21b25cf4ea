"""Every stage of a camera on one page."""
