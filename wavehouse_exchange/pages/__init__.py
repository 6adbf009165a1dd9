"""The pages: a static site of all variables, made from the published warehouse."""
