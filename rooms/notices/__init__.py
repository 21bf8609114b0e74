"""Notices: class notes (알림장), newsletters (가정통신문), consent forms (전자동의서), document requests."""
