"""Pure models: flow to the field and, later, kinetics of the exchange."""
