"""Packs that are fetched only when a person asks: what is offered, the licence accepted, the files checked."""
