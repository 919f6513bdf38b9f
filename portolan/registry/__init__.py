"""The registry: YAML files loaded into frozen types, each entry with its file and line."""
