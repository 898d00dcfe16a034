"""An assessment in OSCAL (NIST, 1.2): catalog, assessment plan and assessment results, as JSON."""
