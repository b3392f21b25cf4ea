"""Where training pairs come from, and how batches are made of them."""
