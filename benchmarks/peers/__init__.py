"""The same pages by other generators: their data, their templates, and whether their pages equal ours."""
