"""Consent forms (전자동의서): what is asked, what is answered, and the evidence of it."""
