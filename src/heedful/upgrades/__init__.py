"""Workspace files of earlier versions, brought up to date with their comments, and with a backup."""
