"""How any call is made; knows nothing of WhatsApp."""
