"""The nouns of the lab: rig, protocol, quantities, records, clock."""
