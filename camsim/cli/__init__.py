"""The camsim command, and what the three command lines share."""
