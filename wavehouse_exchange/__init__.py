"""What comes into a warehouse and goes out of it: landing, onboarding, exports, pages.

`wavehouse` builds, checks, generates, publishes and attacks; this package is around it, and is
imported there only where a command needs it.
"""
