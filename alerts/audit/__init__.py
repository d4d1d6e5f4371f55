"""The record of changes as proof: sealed, signed, taken out, and checked by who trusts nobody but a key."""
