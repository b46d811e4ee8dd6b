"""Strangers who do their worst, and a learner beside them."""
