"""What happened: one record for each request, and the figures made from them."""
