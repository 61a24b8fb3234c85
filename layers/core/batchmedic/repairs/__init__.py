"""How a repair goes: consider, apply, verify, undo, tidy. Each step may be cut off anywhere and begun again."""
