"""The chance of each pair where each thing is in one pair at most."""

import numpy as np


def pair_chances(odds: np.ndarray, rounds: int = 60) -> np.ndarray:
    """Give the chance of each pair where each row and each column is in one pair at most.

    Args:
        odds: the logarithm of the odds of each pair, beside those of being in none.
        rounds: after how many rounds of messages to stop at the latest.
    """
    weights = np.exp(odds)
    back = np.ones_like(weights)
    for _ in range(rounds):
        support = weights * back
        forth = weights / (1 + support.sum(axis=1, keepdims=True) - support)
        before = back
        back = 1 / (1 + forth.sum(axis=0, keepdims=True) - forth)
        if np.abs(back - before).max() < 1e-6:
            break
    support = weights * back
    return np.asarray(support / (1 + support.sum(axis=1, keepdims=True)))
