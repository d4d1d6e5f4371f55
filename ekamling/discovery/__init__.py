"""Finding cameras in a network, before anything is known of them."""
