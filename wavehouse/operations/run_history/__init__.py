"""What ran: a record of each run, its page, and what dbt reads of it."""
