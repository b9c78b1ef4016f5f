"""The program as long as it stays: listener, account, tools, and their state as one value."""
