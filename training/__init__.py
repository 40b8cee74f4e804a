"""How the starter pack was trained: recipes, never imported by the rig."""
