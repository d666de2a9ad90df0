"""fit(inputs, target) -> State of every operator. Packages carry a copy of what their winner needs, for `refit`."""
