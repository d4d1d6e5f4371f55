"""Single sign-on: people of the government sign in by their own provider, over OpenID Connect."""
