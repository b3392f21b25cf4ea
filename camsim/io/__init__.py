"""Files: pictures, arrays and where outputs go, without harm to what is there."""
