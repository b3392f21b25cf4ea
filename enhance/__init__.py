"""Networks that undo what a camera did."""
