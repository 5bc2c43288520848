"""Routes. Each router has the whole path as its prefix, so that metrics have it too."""
