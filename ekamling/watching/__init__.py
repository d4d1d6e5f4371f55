"""A look over the shoulder of one camera's loop, in a browser page on the same machine."""
