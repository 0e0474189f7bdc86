"""The failures a user can cause; `experiments` prints them as one line, without a traceback."""


class BordersimError(Exception):
    """A failure that is expected and explained: where, value, rule, cure."""


class SettingsError(BordersimError):
    """A setting is unknown, of the wrong type, out of range, or does not fit its neighbours."""
