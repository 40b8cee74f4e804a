"""The CLI, the configuration and the supervisor: bolts the parts of a rig together."""
