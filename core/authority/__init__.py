"""Who may do what, and why not: one evaluator, asked by the flow, buttons, cards and commands."""
