"""Reading QR codes from pictures that may be hostile: ``reader`` is used, ``sandbox`` is the confined process."""
