"""Scripts for those who work on Steelyard; the product never imports them."""
