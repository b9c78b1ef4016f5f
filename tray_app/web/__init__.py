"""The dashboard's server side: pages, sessions, the live feed, and JSON for what a person can see and do."""
