"""The docs site, one page: dbt's manifest as readers need it, with the guide in it."""
