"""The judgement over time: what `sequences.py` is made of."""
