"""The AWS services around KMS, moto behind them."""
