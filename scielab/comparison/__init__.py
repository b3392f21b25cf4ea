"""One picture against its reference: record, map, page, and two folders pair by pair."""
