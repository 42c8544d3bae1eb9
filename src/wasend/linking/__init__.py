"""Linking a number to a session, and watching that it stays linked; each part is imported when it is used."""
