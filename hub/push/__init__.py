"""Sending to people who have no page open: Web Push, FCM, mail, agencies, the worker."""
