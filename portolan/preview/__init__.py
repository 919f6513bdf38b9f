"""Looking at the site while its sources are edited: pages rendered on request, and again when a file is saved."""
