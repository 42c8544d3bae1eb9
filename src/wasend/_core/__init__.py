"""How any call is made; knows nothing of the service that is called."""
