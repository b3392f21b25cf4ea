"""The Camera Designer: a page in a browser where a camera is changed and its picture seen at once."""
