"""From a working database to what the public reads: releases, history, contracts."""
