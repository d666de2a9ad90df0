"""The numpy-only runtime: apply(State, inputs) of every operator. Trials score with it; packages carry a copy."""
