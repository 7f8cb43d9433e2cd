"""What is read: one short class per object of an Opsgenie account. Knows no HTTP detail."""
