"""What the eye receives: the meaning of a picture's numbers, opponent colours, and their blur."""
