"""One module for each resource of the API; each names its `OPERATIONS`."""
