"""Arguments: from what was typed to options that `smtpsensor.app` runs on. One file per command."""
